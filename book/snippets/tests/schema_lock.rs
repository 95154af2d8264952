//! What the schema lock says, and its functions.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

mod support;

use std::path::Path;

use mink::registry::Registry;
use mink::schema::SchemaFaults;
use mink::testing::{SchemaLockFiles, accept_schema_lock, check_schema_lock};

mod released {
    use mink::prelude::*;

    #[event(version = 2, upcast(1 => add_channel))]
    pub struct OrderPlaced {
        pub customer: String,
        pub amount: u64,
        pub channel: String,
    }

    fn add_channel(mut old: mink::serde_json::Value) -> mink::serde_json::Value {
        old["channel"] = "shop".into();
        old
    }
}

mod renamed {
    use mink::prelude::*;

    #[event(version = 2, upcast(1 => same))]
    pub struct OrderPlaced {
        pub customer: String,
        pub cents: u64,
        pub channel: String,
    }

    fn same(old: mink::serde_json::Value) -> mink::serde_json::Value {
        old
    }
}

mod with_note {
    use mink::prelude::*;

    #[event(version = 2, upcast(1 => same))]
    pub struct OrderPlaced {
        pub customer: String,
        pub amount: u64,
        pub channel: String,
        pub note: Option<String>,
    }

    fn same(old: mink::serde_json::Value) -> mink::serde_json::Value {
        old
    }
}

fn released() -> Registry {
    Registry::by_hand().event::<released::OrderPlaced>().build()
}

/// The text with the places of this file as they would be in a shop.
fn text(faults: &SchemaFaults) -> String {
    let text = faults.to_string();
    let at = text.find("snippets/tests/schema_lock.rs:").unwrap();
    let start = text[..at].rfind(' ').unwrap() + 1;
    let end = at + text[at..].find(": event").unwrap();
    text.replace(&text[start..end], "src/orders.rs:12")
}

#[test]
fn the_book_shows_what_the_lock_holds_and_says() {
    let directory = tempfile::tempdir().unwrap();
    let files = SchemaLockFiles::new(directory.path(), "mink-schema.lock");
    let missing = check_schema_lock(&released(), &files).unwrap_err();
    support::assert_shown("schema_lock_missing.txt", &text(&missing));

    accept_schema_lock(&released(), &files).unwrap();
    let lock = std::fs::read_to_string(files.lock()).unwrap();
    support::assert_shown("schema_lock_file.txt", &lock);
    let payloads = files.corpus().directory().join("OrderPlaced.v2.json");
    support::assert_shown(
        "schema_lock_corpus.txt",
        &std::fs::read_to_string(payloads).unwrap(),
    );

    let renamed = Registry::by_hand().event::<renamed::OrderPlaced>().build();
    let refused = check_schema_lock(&renamed, &files).unwrap_err();
    assert!(!refused.can_be_accepted());
    support::assert_shown("schema_lock_renamed.txt", &text(&refused));

    let with_note = Registry::by_hand()
        .event::<with_note::OrderPlaced>()
        .build();
    let asked = check_schema_lock(&with_note, &files).unwrap_err();
    assert!(asked.can_be_accepted());
    support::assert_shown("schema_lock_added.txt", &text(&asked));
}

// ANCHOR: by_hand
mod two_shops {
    use super::released::OrderPlaced;
    use mink::registry::Registry;

    fn registry() -> Registry {
        Registry::by_hand().event::<OrderPlaced>().build()
    }

    mink::schema_lock_test!(registry = registry(), lock = "schemas/shop.lock");
}
// ANCHOR_END: by_hand

// ANCHOR: check
fn check(root: &Path, registry: &Registry) -> Result<(), SchemaFaults> {
    let files = SchemaLockFiles::new(root, "mink-schema.lock");
    check_schema_lock(registry, &files)
}
// ANCHOR_END: check

#[test]
fn a_program_can_check_for_itself() {
    let directory = tempfile::tempdir().unwrap();
    assert!(check(directory.path(), &released()).is_err());
    let files = SchemaLockFiles::new(directory.path(), "mink-schema.lock");
    accept_schema_lock(&released(), &files).unwrap();
    assert_eq!(check(directory.path(), &released()), Ok(()));
}

#[tokio::test]
async fn a_program_starts_with_what_its_lock_pins() {
    use mink::prelude::*;

    let (url, registry) = ("memory://", released());
    // ANCHOR: at_start
    let app = Mink::builder()
        .url(url)
        .registry(registry)
        .schema_lock(include_str!("../schemas/shop.lock"))
        .open()
        .await
        .unwrap();
    // ANCHOR_END: at_start
    app.shutdown().await.unwrap();
}

// ANCHOR: compare
#[test]
fn two_versions_are_compared() {
    use mink::schema::{Compatibility, SchemaRegistry};

    let [old, new] = [
        Registry::by_hand().event::<released::OrderPlaced>().build(),
        Registry::by_hand()
            .event::<with_note::OrderPlaced>()
            .build(),
    ]
    .map(|registry| registry.schemas().remove(0).schema);

    let mut schemas = SchemaRegistry::default();
    schemas.register("OrderPlaced", 2, old).unwrap();
    schemas.register("OrderPlaced", 3, new).unwrap();
    let changes = schemas.check_compatibility("OrderPlaced", 2, 3).unwrap();
    assert_eq!(changes.compatibility(), Compatibility::Backward);
    assert_eq!(
        changes.to_string(),
        "`note` (text?) was added, and may be missing\n"
    );
}
// ANCHOR_END: compare
