//! Rows that were changed behind the store's back.

use futures_util::StreamExt;
use mink_runtime::id::StreamId;
use mink_runtime::pipeline::DecodeFault;
use mink_runtime::repository::LoadError;
use mink_runtime::storage::{StorageError, StreamQuery};
use mink_stress::domain::Ledger;

use crate::{Ground, write};

/// Damages the second of three events and says whether loading tells of it as it should.
async fn is_told(at: &Ground, name: &str, set: &str, expected: fn(&LoadError) -> bool) {
    let sound = format!("{name}.sound");
    at.app.dispatch(write(name, 3)).await.unwrap();
    at.app.dispatch(write(&sound, 2)).await.unwrap();
    at.sql(&format!(
        "UPDATE EVENTS SET {set} WHERE stream = 'Ledger-{name}' AND version = 2"
    ))
    .await;
    let error = at.app.load::<Ledger>(name).await.unwrap_err();
    assert!(expected(&error), "{set}: {error:?}");
    let text = error.to_string();
    assert!(text.contains(&format!("Ledger-{name}")), "{set}: {text}");
    assert!(!text.contains("SECRET"), "{set}: {text}");

    // a command to the damaged aggregate decides nothing, and nothing of it is lost
    assert!(at.app.dispatch(write(name, 1)).await.is_err());
    let stream = StreamId::of("Ledger", name).unwrap();
    let info = at.app.storage().stream_info(at.app.tenant_id(), &stream);
    assert_eq!(info.await.unwrap().unwrap().version, 3);
    // and all others go on
    at.app.dispatch(write(&sound, 1)).await.unwrap();
    assert_eq!(at.app.load::<Ledger>(&sound).await.unwrap().parts, 3);
    // the feed comes to an end, with the event as it is or an error, and does not panic
    let fed = at.app.feed().read().collect::<Vec<_>>().await;
    assert!(!fed.is_empty());
}

fn is_payload(error: &LoadError) -> bool {
    matches!(error, LoadError::Decode(error) if matches!(error.fault, DecodeFault::Payload { .. }) && error.version == 2)
}

fn is_corrupt(error: &LoadError) -> bool {
    matches!(error, LoadError::Storage(StorageError::Corrupt { .. }))
}

fn is_unknown(error: &LoadError) -> bool {
    matches!(error, LoadError::Decode(error) if error.fault == DecodeFault::UnknownType)
}

fn is_future(error: &LoadError) -> bool {
    matches!(error, LoadError::Decode(error) if error.fault == DecodeFault::FromTheFuture { known: 1 })
}

fn is_format(error: &LoadError) -> bool {
    matches!(error, LoadError::Decode(error) if matches!(error.fault, DecodeFault::UnknownFormat { .. }))
}

/// Nested deeper than any parser should follow.
fn deep() -> String {
    format!("{}{}", "[".repeat(50_000), "]".repeat(50_000))
}

fn hostile() -> Vec<String> {
    vec![
        "'{}'".into(),
        "'[]'".into(),
        "'null'".into(),
        "'\"SECRET\"'".into(),
        "'{\"tag\":\"SECRET\",\"of\":-1,\"filler\":\"\",\"sum\":\"\"}'".into(),
        "'{\"tag\":1e999,\"of\":1,\"filler\":\"\",\"sum\":\"\"}'".into(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_tells_of_a_truncated_or_hostile_payload() {
    let mut payloads = hostile();
    payloads.extend([
        "'{\"tag\":\"SECRET'".into(),
        "''".into(),
        format!("'{}'", deep()),
    ]);
    let at = Ground::sqlite().await;
    for (number, payload) in payloads.iter().enumerate() {
        let set = format!("payload = {payload}");
        is_told(&at, &format!("damaged{number}"), &set, is_payload).await;
    }
    at.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_tells_of_another_type_version_and_format() {
    let at = Ground::sqlite().await;
    let damages = [
        (
            "event_type = 'Foreign'",
            is_unknown as fn(&LoadError) -> bool,
        ),
        ("schema_version = 2", is_future),
        ("format = 'cbor', payload = x'93c0ff'", is_format),
        ("payload = x'ff00fe'", is_corrupt_or_payload),
    ];
    for (number, (set, expected)) in damages.into_iter().enumerate() {
        is_told(&at, &format!("damaged{number}"), set, expected).await;
    }
    is_told_to_who_reads_it(&at, "metadata", "metadata = 'SECRET'").await;
    at.close().await;
}

/// Damages what an aggregate is not made of: it is loaded all the same, and who reads the event is told.
async fn is_told_to_who_reads_it(at: &Ground, name: &str, set: &str) {
    at.app.dispatch(write(name, 3)).await.unwrap();
    at.sql(&format!(
        "UPDATE EVENTS SET {set} WHERE stream = 'Ledger-{name}' AND version = 2"
    ))
    .await;
    assert_eq!(at.app.load::<Ledger>(name).await.unwrap().parts, 3);
    let stream = StreamId::of("Ledger", name).unwrap();
    let query = StreamQuery::new(at.app.tenant_id().clone(), stream);
    let error = at.app.storage().read_stream(&query).await.unwrap_err();
    assert!(
        matches!(error, StorageError::Corrupt { .. }),
        "{set}: {error:?}"
    );
    assert!(!error.to_string().contains("SECRET"), "{set}: {error}");
}

fn is_corrupt_or_payload(error: &LoadError) -> bool {
    is_corrupt(error) || is_payload(error)
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_tells_of_a_hostile_payload() {
    // its column takes well-formed JSON only, so nothing truncated can be in it
    let at = Ground::postgres().await;
    for (number, payload) in hostile().iter().enumerate() {
        let set = format!("payload = {payload}");
        is_told(&at, &format!("damaged{number}"), &set, is_payload).await;
    }
    at.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_tells_of_another_type_version_and_format() {
    let at = Ground::postgres().await;
    let damages = [
        (
            "event_type = 'Foreign'",
            is_unknown as fn(&LoadError) -> bool,
        ),
        ("schema_version = 2", is_future),
        (
            r"format = 'cbor', payload = NULL, payload_bytes = '\x93c0ff'",
            is_format,
        ),
        ("schema_version = 1099511627776", is_corrupt),
    ];
    for (number, (set, expected)) in damages.into_iter().enumerate() {
        is_told(&at, &format!("damaged{number}"), set, expected).await;
    }
    is_told_to_who_reads_it(&at, "metadata", "metadata = '\"SECRET\"'").await;
    is_told_to_who_reads_it(&at, "time", "recorded_at = 'infinity'").await;
    at.close().await;
}
