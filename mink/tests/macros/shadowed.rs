//! Names of the prelude mean something else here; generated code does not care.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "the names are the point"
)]

use mink::prelude::{Aggregate, Shape, command, event, handlers};

struct Result;
struct Option;
enum Choice {
    Some,
    None,
    Ok,
    Err,
}
use Choice::{Err, None, Ok, Some};
struct Vec;
struct String;
struct Box;
struct Clone;
struct Debug;
struct Default;
struct PartialEq;
struct Send;
struct Event;
struct Command;
mod core {}
mod std {}
mod serde {}
mod inventory {}
macro_rules! panic {
    () => {};
}
macro_rules! line {
    () => {};
}

#[derive(
    ::core::clone::Clone,
    ::core::cmp::PartialEq,
    ::core::fmt::Debug,
    ::serde::Serialize,
    ::serde::Deserialize,
    Shape,
)]
struct Nested {
    zip: u32,
}

#[event(version = 2, encrypt = "name, nested.zip", upcast(1 => same))]
struct Shadowed {
    name: u32,
    nested: Nested,
}

#[event]
enum EitherWay {
    Yes(u8),
    No { why: u8 },
}

fn same(value: serde_json::Value) -> serde_json::Value {
    value
}

use ::serde_json;

#[command(encrypt = "nested.zip")]
struct Shadow {
    id: u32,
    nested: Nested,
}

#[derive(Aggregate, ::core::default::Default)]
struct Shade {
    count: u32,
}

#[handlers]
impl Shade {
    async fn shade(&self, command: Shadow) -> (Shadowed, EitherWay) {
        (
            Shadowed {
                name: command.id,
                nested: command.nested,
            },
            EitherWay::Yes(1),
        )
    }
    fn shaded(&mut self, _: &Shadowed) {
        self.count += 1;
    }
    fn either(&mut self, _: &EitherWay) {}
}

#[test]
fn shadowed_names_do_not_reach_generated_code() {
    let event = Shadowed {
        name: 1,
        nested: Nested { zip: 2 },
    };
    ::core::assert_eq!(
        ::std::format!("{event:?}"),
        "Shadowed { name: <encrypted>, nested: <encrypted> }"
    );
}
