//! The rules of a command's fields are checked, and nothing registers them.
#![cfg(feature = "garde")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::collections::BTreeMap;

use mink::command::{FieldError, Validate, ValidationErrors};
use mink::prelude::*;

#[derive(
    Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, garde::Validate, mink::Shape,
)]
struct Address {
    #[garde(length(min = 1, max = 10))]
    zip: String,
}

#[command(id = "customer_id", encrypt = "contacts")]
#[derive(garde::Validate)]
struct Register {
    #[garde(skip)]
    customer_id: String,
    #[garde(range(min = 18))]
    age: u8,
    #[garde(dive)]
    addresses: Vec<Address>,
    #[garde(dive)]
    contacts: BTreeMap<String, Address>,
}

/// The derive may stand above.
#[derive(garde::Validate)]
#[command]
struct Rename {
    #[garde(skip)]
    customer_id: String,
    #[garde(length(min = 1))]
    name: String,
}

/// Rules by hand.
#[command(id = "customer_id")]
struct Move {
    customer_id: String,
    from: String,
    to: String,
}

impl Validate for Move {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        if self.from == self.to {
            errors.add("", "goes nowhere");
        }
        errors.into_result()
    }
}

#[command]
struct Leave {
    customer_id: String,
}

#[event]
struct Changed {}

#[derive(Aggregate, Default)]
struct Customer {}

#[handlers]
impl Customer {
    fn register(&self, _: Register) -> Changed {
        Changed {}
    }
    fn rename(&self, _: Rename) -> Changed {
        Changed {}
    }
    fn move_to(&self, _: Move) -> Changed {
        Changed {}
    }
    fn leave(&self, _: Leave) -> Changed {
        Changed {}
    }
    fn changed(&mut self, _: &Changed) {}
}

fn register(age: u8, zip: &str, contact: (&str, &str)) -> Register {
    let address = |zip: &str| Address {
        zip: zip.to_owned(),
    };
    Register {
        customer_id: "1".to_owned(),
        age,
        addresses: vec![address(zip)],
        contacts: BTreeMap::from([(contact.0.to_owned(), address(contact.1))]),
    }
}

async fn open() -> Mink {
    Mink::open("memory://").await.unwrap()
}

#[tokio::test]
async fn a_valid_command_is_handled() {
    let command = register(18, "1010", ("joe@example.com", "1020"));
    open().await.dispatch(command).await.unwrap();
}

#[tokio::test]
async fn every_broken_rule_is_told_by_its_fields_path_and_holds_no_value() {
    let command = register(7, "", ("joe@example.com", ""));
    let refused = open().await.dispatch(command).await.unwrap_err();
    let told: Vec<_> = refused
        .invalid()
        .unwrap()
        .fields()
        .iter()
        .map(|FieldError { path, message, .. }| format!("{path}: {message}"))
        .collect();
    assert_eq!(
        told,
        [
            "addresses[0].zip: length is lower than 1",
            "age: lower than 18",
            "contacts: length is lower than 1",
        ]
    );
    let shown = format!("{refused} {refused:?}");
    assert!(!shown.contains("joe") && !shown.contains('7'), "{shown}");
}

#[tokio::test]
async fn a_derive_above_the_attribute_counts_too() {
    let command = Rename {
        customer_id: "1".to_owned(),
        name: String::new(),
    };
    let refused = open().await.dispatch(command).await.unwrap_err();
    assert_eq!(refused.invalid().unwrap().of("name").count(), 1);
}

#[tokio::test]
async fn rules_by_hand_are_found_as_well() {
    let command = Move {
        customer_id: "1".to_owned(),
        from: "here".to_owned(),
        to: "here".to_owned(),
    };
    let refused = open().await.dispatch(command).await.unwrap_err();
    assert_eq!(refused.to_string(), "`Move` is not valid: goes nowhere");
}

#[test]
fn only_a_command_with_rules_has_any() {
    assert!(Register::RULES.is_some() && Rename::RULES.is_some() && Move::RULES.is_some());
    assert!(Leave::RULES.is_none());
}
