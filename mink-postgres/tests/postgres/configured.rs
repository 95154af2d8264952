//! The store's options as settings of a program.

use mink_runtime::config::{Given, Origin, StoreSection, StoreSettings, Unfit, Written};
use mink_runtime::storage::StorageError;

use super::*;

fn section() -> Box<dyn StoreSettings> {
    StoreSection::linked()["postgres"].begin()
}

fn set(settings: &mut Box<dyn StoreSettings>, key: &str, value: &str) -> Result<(), Unfit> {
    let given = Given {
        written: Written::Untyped(value.to_owned()),
        origin: Origin::Builder,
    };
    settings.set(key, &given).unwrap()
}

#[test]
fn every_option_is_a_setting_and_starts_from_its_default() {
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
            ("schema", None),
            ("max_connections", is("10")),
            ("migrate", is("true")),
            ("tick_interval", is("10ms")),
            ("poll_interval", is("250ms")),
            ("acquire_timeout", is("30s")),
        ]
    );
}

#[test]
fn what_a_server_could_not_do_is_refused() {
    let mut settings = section();
    for (key, value) in [
        ("max_connections", "0"),
        ("tick_interval", "0s"),
        ("poll_interval", "5m"),
    ] {
        let outcome = set(&mut settings, key, value);
        assert!(matches!(outcome, Err(Unfit::Range(_))), "{key}");
    }
    let Err(Unfit::Meaning(reason)) = set(&mut settings, "schema", "secret word") else {
        panic!("it was taken");
    };
    assert!(!reason.contains("secret"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_opened_as_it_is_configured() {
    let database = Database::create().await;
    let mut settings = section();
    set(&mut settings, "schema", "shop").unwrap();
    set(&mut settings, "migrate", "false").unwrap();
    let refused = settings.open(&database.url()).await;
    assert!(matches!(
        refused.err().unwrap(),
        StorageError::SchemaTooOld { .. }
    ));
    let mut settings = section();
    set(&mut settings, "schema", "shop").unwrap();
    set(&mut settings, "max_connections", "1").unwrap();
    let store = settings.open(&database.url()).await.unwrap();
    assert_eq!(store.lanes(), 1);
    let mut outsider = outsider(&database).await;
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM shop.events")
        .fetch_one(&mut outsider)
        .await
        .unwrap();
    assert_eq!(events, 0);
    store.close().await;
}
