use super::events::{first, second};
use super::support::Repository;

const PLACED: &str = "mink-schema-corpus/OrderPlaced.v1.json";

#[test]
fn a_payload_from_a_real_store_is_read_with_the_others() {
    let repository = Repository::with(&first::registry());
    repository.write(
        "mink-schema-corpus/from the old shop.json",
        r#"{"event": "OrderPlaced", "version": 1, "payloads": [{"customer": "c-1", "amount": 7, "legacy": true}]}"#,
    );
    assert_eq!(repository.check(&first::registry()), Ok(()));
    repository.accept(&second::registry()).unwrap();
    assert_eq!(repository.check(&second::registry()), Ok(()));
}

#[test]
fn a_byte_order_mark_in_front_of_a_file_changes_nothing() {
    let repository = Repository::with(&first::registry());
    for file in [PLACED, "mink-schema.lock"] {
        let marked = format!("\u{feff}{}", repository.contents()[file]);
        repository.write(file, &marked);
    }
    assert_eq!(repository.check(&first::registry()), Ok(()));
}

#[test]
fn a_payload_that_cannot_be_read_is_named_and_not_shown() {
    let repository = Repository::with(&first::registry());
    repository.write(
        "mink-schema-corpus/OrderPlaced.v1.real.json",
        r#"{"event": "OrderPlaced", "version": 1, "payloads": [{"customer": "c", "amount": 1}, {"customer": "bob@example.com", "amount": "bob"}]}"#,
    );
    let refusal = repository.refusal(&first::registry());
    assert_eq!(
        refusal,
        "this program and its schema lock do not fit:\n\n\
         - mink-schema-corpus/OrderPlaced.v1.real.json: payload 2, event `OrderPlaced` v1, was stored like this and can \
         no longer be read: the payload does not fit the type: string where u64 was expected at line 1 column 47\n"
    );
}

#[test]
fn a_payload_that_was_deleted_is_missed() {
    let repository = Repository::with(&first::registry());
    repository.remove(PLACED);
    let refusal = repository.refusal(&first::registry());
    assert!(
        refusal.contains("the corpus has no payload of event `OrderPlaced` v1"),
        "{refusal}"
    );
    // the program knows the current form, and makes it again
    repository.accept(&first::registry()).unwrap();
    assert!(repository.names().contains(&PLACED.to_owned()));
}

#[test]
fn a_payload_of_an_old_version_cannot_be_made_again() {
    let repository = Repository::with(&first::registry());
    repository.accept(&second::registry()).unwrap();
    repository.remove(PLACED);
    let refusal = repository.refusal(&second::registry());
    assert!(
        refusal.contains("take its file from version control again"),
        "{refusal}"
    );
    assert!(repository.accept(&second::registry()).is_err());
}

#[test]
fn a_file_that_is_none_and_a_payload_of_nobody_are_faults() {
    let repository = Repository::with(&first::registry());
    repository.write("mink-schema-corpus/a.json", "{");
    repository.write(
        "mink-schema-corpus/b.json",
        r#"{"event": "Nobody", "version": 1, "payloads": [null]}"#,
    );
    repository.write(
        "mink-schema-corpus/c.json",
        r#"{"event": "OrderPlaced", "version": 1, "payloads": []}"#,
    );
    repository.write(
        "mink-schema-corpus/d.json",
        r#"{"event": "OrderPlaced", "version": 1, "format": "msgpack", "payloads": ["0g"]}"#,
    );
    repository.write("mink-schema-corpus/README.md", "not one of them");
    let refusal = repository.refusal(&first::registry());
    for expected in [
        "mink-schema-corpus/a.json: it is not",
        "mink-schema-corpus/b.json: nothing declares an event `Nobody`",
        "mink-schema-corpus/c.json: it holds no payload",
        "mink-schema-corpus/d.json: payload 1: in the format `msgpack` a payload is text in hexadecimal",
    ] {
        assert!(refusal.contains(expected), "{expected} in:\n{refusal}");
    }
    assert!(!refusal.contains("README"), "{refusal}");
    assert!(repository.accept(&first::registry()).is_err());
}

#[test]
fn an_event_of_which_no_payload_can_be_made_asks_for_an_example() {
    use mink::prelude::*;

    #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
    #[serde(try_from = "String", into = "String")]
    #[mink(shape = String)]
    struct Country(String);
    impl TryFrom<String> for Country {
        type Error = &'static str;
        fn try_from(text: String) -> Result<Self, Self::Error> {
            if text.len() == 2 {
                Ok(Self(text))
            } else {
                Err("two letters")
            }
        }
    }
    impl From<Country> for String {
        fn from(country: Country) -> Self {
            country.0
        }
    }
    #[event]
    struct Shipped {
        to: Country,
    }

    let registry = mink::registry::Registry::by_hand()
        .event::<Shipped>()
        .build();
    let repository = Repository::empty();
    let refused = repository.accept(&registry).unwrap_err().to_string();
    assert!(refused.contains("#[mink(example = ...)]"), "{refused}");
    assert_eq!(repository.names(), [""; 0]);

    // or a stored payload
    std::fs::create_dir(repository.files().corpus().directory()).unwrap();
    repository.write(
        "mink-schema-corpus/shipped.json",
        r#"{"event": "Shipped", "version": 1, "payloads": [{"to": "CH"}]}"#,
    );
    repository.accept(&registry).unwrap();
    assert_eq!(repository.check(&registry), Ok(()));
}
