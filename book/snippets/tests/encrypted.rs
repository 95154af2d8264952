//! A declared encryption: what it does today.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

mod support;

use mink::prelude::*;

// ANCHOR: declared
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, Shape)]
pub struct Address {
    pub street: String,
    pub zip: String,
}

#[event(encrypt = "email, address.street")]
pub struct CustomerRegistered {
    pub name: String,
    pub email: String,
    pub address: Address,
}

#[event]
pub struct PhoneChanged {
    #[mink(encrypt)]
    pub phone: String,
}
// ANCHOR_END: declared

#[command(encrypt = "email")]
pub struct RegisterCustomer {
    pub customer_id: u64,
    pub email: String,
}

#[derive(Aggregate, Default)]
pub struct Customer;

#[handlers]
impl Customer {
    fn register(&self, command: RegisterCustomer) -> CustomerRegistered {
        registered(&command.email)
    }
    fn registered(&mut self, _: &CustomerRegistered) {}
    fn phone_changed(&mut self, _: &PhoneChanged) {}
}

fn registered(email: &str) -> CustomerRegistered {
    CustomerRegistered {
        name: "Ada".into(),
        email: email.into(),
        address: Address {
            street: "1 Mill Lane".into(),
            zip: "90210".into(),
        },
    }
}

#[test]
fn debug_masks_what_is_encrypted() {
    let event = registered("ada@example.org");
    let command = RegisterCustomer {
        customer_id: 7,
        email: "ada@example.org".into(),
    };
    support::assert_shown("debug_masks.txt", &format!("{event:#?}\n{command:#?}"));
}

#[test]
fn paths_are_those_of_the_stored_form() {
    assert_eq!(CustomerRegistered::ENCRYPTED, ["email", "address.street"]);
    assert_eq!(PhoneChanged::ENCRYPTED, ["phone"]);
}

#[tokio::test]
async fn without_a_key_the_program_does_not_start() {
    let refused = Mink::open("memory://").await.err().unwrap();
    support::assert_shown("encryption_refused.txt", &refused.to_string());
}

#[tokio::test]
async fn a_test_may_ask_for_clear_text_by_name() {
    // ANCHOR: clear_text
    let app = Mink::builder()
        .url("memory://")
        .store_encrypted_fields_in_clear_text()
        .open()
        .await
        .unwrap();
    // ANCHOR_END: clear_text
    let receipt = app
        .dispatch(RegisterCustomer {
            customer_id: 7,
            email: "ada@example.org".into(),
        })
        .await
        .unwrap();
    assert_eq!(receipt.version(), 1);
}
