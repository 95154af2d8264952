use mink::event::Event;
use mink::prelude::*;

#[event]
struct Plain {
    amount: u64,
}

#[event]
struct Unit;

#[event]
struct Pair(u8, String);

#[event]
struct Newtype(u8);

#[event(name = "order.placed", version = 3)]
enum Placed {
    Online { at: String },
    InShop(u32),
    Unknown,
}

#[event]
struct r#Move {
    r#type: String,
}

fn stored<E: Event + PartialEq + std::fmt::Debug>(event: &E, json: &str) {
    assert_eq!(serde_json::to_string(event).unwrap(), json);
    assert_eq!(&serde_json::from_str::<E>(json).unwrap(), event);
    assert_eq!(&event.clone(), event);
}

#[test]
fn every_kind_of_type_is_stored_as_serde_stores_it() {
    stored(&Plain { amount: 1 }, r#"{"amount":1}"#);
    stored(&Unit, "null");
    stored(&Pair(1, "a".to_owned()), r#"[1,"a"]"#);
    stored(&Newtype(1), "1");
    stored(
        &Placed::Online {
            at: "now".to_owned(),
        },
        r#"{"Online":{"at":"now"}}"#,
    );
    stored(&Placed::InShop(1), r#"{"InShop":1}"#);
    stored(&Placed::Unknown, r#""Unknown""#);
    stored(
        &r#Move {
            r#type: "far".to_owned(),
        },
        r#"{"type":"far"}"#,
    );
}

#[test]
fn the_stored_name_is_the_types_unless_declared() {
    assert_eq!((Plain::NAME, Plain::VERSION), ("Plain", 1));
    assert_eq!((Placed::NAME, Placed::VERSION), ("order.placed", 3));
    assert_eq!(r#Move::NAME, "Move");
}

#[event]
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, Shape)]
struct AllDerivedBelow {
    amount: u64,
}

#[event]
#[derive(Clone, PartialEq, PartialOrd)]
struct SomeDerivedBelow {
    #[serde(rename = "sum")]
    amount: u64,
}

#[event]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SerdeAttributes {
    unit_price: u64,
    #[serde(default, alias = "old_note")]
    note: Option<String>,
    #[serde(skip)]
    cached: u8,
}

#[test]
fn derives_below_the_attribute_are_not_doubled() {
    stored(&AllDerivedBelow { amount: 1 }, r#"{"amount":1}"#);
    stored(&SomeDerivedBelow { amount: 1 }, r#"{"sum":1}"#);
    stored(
        &SerdeAttributes {
            unit_price: 1,
            note: None,
            cached: 0,
        },
        r#"{"unitPrice":1,"note":null}"#,
    );
}

#[event]
struct Conditional {
    always: u8,
    #[cfg(any())]
    never: NoSuchType,
    #[cfg(not(any()))]
    #[mink(encrypt)]
    yes: u8,
}

#[event]
#[cfg(any())]
struct NotHere {
    what: NoSuchType,
}

#[test]
fn conditional_fields_and_types_are_followed() {
    stored(
        &Conditional { always: 1, yes: 2 },
        r#"{"always":1,"yes":2}"#,
    );
    assert_eq!(
        format!("{:?}", Conditional { always: 1, yes: 2 }),
        "Conditional { always: 1, yes: <encrypted> }"
    );
}

macro_rules! declared_by_a_macro {
    ($name:ident, $field:ident) => {
        #[event(encrypt = "secret")]
        struct $name {
            $field: u8,
            secret: String,
        }
    };
}
declared_by_a_macro!(Generated, count);

#[test]
fn an_event_may_come_out_of_a_macro() {
    let event = Generated {
        count: 1,
        secret: "s".to_owned(),
    };
    assert_eq!(Generated::NAME, "Generated");
    stored(&event, r#"{"count":1,"secret":"s"}"#);
}
