//! The store's options as settings of a program.

use mink_runtime::config::{Given, Origin, StoreSection, StoreSettings, Written};
use mink_runtime::storage::StorageError;

use super::*;

fn section() -> Box<dyn StoreSettings> {
    StoreSection::linked()["sqlite"].begin()
}

fn set(settings: &mut Box<dyn StoreSettings>, key: &str, value: &str) {
    let given = Given {
        written: Written::Untyped(value.to_owned()),
        origin: Origin::Builder,
    };
    settings.set(key, &given).unwrap().unwrap();
}

#[tokio::test]
async fn every_option_is_a_setting_and_starts_from_its_default() {
    let mut settings = section();
    let values: Vec<_> = settings
        .keys()
        .into_iter()
        .map(|(key, _)| (key, settings.value(key)))
        .collect();
    let is = |text: &str| Some(text.to_owned());
    assert_eq!(
        values,
        [
            ("durability", is("full")),
            ("read_connections", is("4")),
            ("migrate", is("true")),
            ("busy_timeout", is("5s")),
            ("max_bytes", None),
        ]
    );
    for (key, value, shown) in [
        ("durability", "normal", "normal"),
        ("read_connections", "8", "8"),
        ("migrate", "false", "false"),
        ("busy_timeout", "2s", "2s"),
        ("max_bytes", "1 MiB", "1.0 MiB"),
    ] {
        set(&mut settings, key, value);
        assert_eq!(settings.value(key), is(shown));
    }
}

#[tokio::test]
async fn a_store_is_opened_as_it_is_configured() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = section();
    set(&mut settings, "migrate", "false");
    let refused = settings.open(&url(directory.path())).await;
    assert!(matches!(
        refused.err().unwrap(),
        StorageError::Unavailable { .. }
    ));
    let mut settings = section();
    set(&mut settings, "max_bytes", "256 KiB");
    let store = settings.open(&url(directory.path())).await.unwrap();
    let large = event(&format!("\"{}\"", "x".repeat(300_000)));
    let commit = Commit::new(vec![append("A-1", ExpectedVersion::Any, vec![large])]);
    let answers = store.commit(&[Arc::new(commit)]).await;
    assert!(matches!(answers[0], Err(CommitError::StorageFull)));
}
