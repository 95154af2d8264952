use mink::event::Event;
use mink::prelude::*;

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
struct Address {
    street: String,
    zip: String,
}

fn address() -> Address {
    Address {
        street: "Main".to_owned(),
        zip: "12345".to_owned(),
    }
}

#[event(encrypt = "email, address.zip")]
struct Masked {
    name: String,
    email: String,
    address: Address,
    #[mink(encrypt)]
    phone: String,
}

#[test]
fn encrypted_fields_are_listed_by_path() {
    assert_eq!(Masked::ENCRYPTED, ["email", "address.zip", "phone"]);
}

#[test]
fn debug_masks_every_field_that_holds_something_encrypted() {
    let event = Masked {
        name: "Ada".to_owned(),
        email: "ada@example.com".to_owned(),
        address: address(),
        phone: "1".to_owned(),
    };
    assert_eq!(
        format!("{event:?}"),
        "Masked { name: \"Ada\", email: <encrypted>, address: <encrypted>, phone: <encrypted> }"
    );
}

#[event(encrypt = "Mailed.email")]
enum Changed {
    Mailed {
        email: String,
        by: String,
    },
    Moved(#[mink(encrypt)] Address),
    #[serde(rename = "called")]
    Called {
        #[mink(encrypt)]
        phone: String,
        by: String,
    },
    Left,
}

#[test]
fn debug_masks_within_the_variant_that_the_path_names() {
    assert_eq!(
        Changed::ENCRYPTED,
        ["Mailed.email", "Moved", "called.phone"]
    );
    let by = || "Bo".to_owned();
    let mailed = Changed::Mailed {
        email: "a@b.c".to_owned(),
        by: by(),
    };
    let called = Changed::Called {
        phone: "1".to_owned(),
        by: by(),
    };
    assert_eq!(
        format!("{mailed:?}"),
        "Mailed { email: <encrypted>, by: \"Bo\" }"
    );
    assert_eq!(
        format!("{called:?}"),
        "Called { phone: <encrypted>, by: \"Bo\" }"
    );
    assert_eq!(
        format!("{:?}", Changed::Moved(address())),
        "Moved(<encrypted>)"
    );
    assert_eq!(format!("{:?}", Changed::Left), "Left");
}

#[event(encrypt = "email")]
#[serde(tag = "kind")]
enum Tagged {
    Mailed { email: String, by: String },
    Left { by: String },
}

#[test]
fn debug_masks_in_every_variant_that_has_the_field() {
    let mailed = Tagged::Mailed {
        email: "a@b.c".to_owned(),
        by: "Bo".to_owned(),
    };
    let left = Tagged::Left {
        by: "Bo".to_owned(),
    };
    assert_eq!(
        format!("{mailed:?} {left:?}"),
        "Mailed { email: <encrypted>, by: \"Bo\" } Left { by: \"Bo\" }"
    );
}

#[event(encrypt = "email")]
#[derive(Debug, Clone)]
struct DerivesDebug {
    email: String,
}

#[test]
fn a_debug_derived_by_habit_still_masks() {
    let event = DerivesDebug {
        email: "a@b.c".to_owned(),
    };
    assert_eq!(format!("{event:?}"), "DerivesDebug { email: <encrypted> }");
}

#[event(encrypt = "email", derive(none))]
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct InClearByName {
    email: String,
}

#[test]
fn derive_none_leaves_debug_to_the_author() {
    let event = InClearByName {
        email: "a@b.c".to_owned(),
    };
    assert_eq!(format!("{event:?}"), "InClearByName { email: \"a@b.c\" }");
}

#[event(encrypt = "type")]
struct Raw {
    r#type: String,
}

#[event(encrypt = "eMail")]
#[serde(rename_all = "camelCase")]
struct Renamed {
    e_mail: String,
}

#[test]
fn paths_are_stored_names() {
    let raw = Raw {
        r#type: "x".to_owned(),
    };
    let renamed = Renamed {
        e_mail: "x".to_owned(),
    };
    assert_eq!(
        format!("{raw:?} {renamed:?}"),
        "Raw { type: <encrypted> } Renamed { e_mail: <encrypted> }"
    );
}
