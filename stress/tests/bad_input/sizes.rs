//! Events and names at and beyond their limits.

use mink_runtime::bus::{CommandFault, DispatchError};
use mink_runtime::id::{InvalidName, Position};
use mink_runtime::repository::LoadError;
use mink_runtime::storage::{CommitError, FeedFilter};
use mink_stress::domain::Ledger;

use crate::{Ground, write, write_of};

async fn an_event_over_the_limit_is_refused_alone(at: Ground) {
    let large = "x".repeat(10 * 1024 * 1024);
    let refused = at.app.dispatch(write_of("large", 1, &large));
    let neighbour = at.app.dispatch(write("small", 1));
    let (refused, neighbour) = futures_util::future::join(refused, neighbour).await;
    let Err(DispatchError::Failed(CommandFault::Commit(CommitError::EventTooLarge {
        bytes,
        limit,
        ..
    }))) = refused
    else {
        panic!("{refused:?}");
    };
    assert!(bytes > 10 * 1024 * 1024);
    assert_eq!(limit, 1024 * 1024);
    neighbour.unwrap();
    assert!(matches!(
        at.app.load::<Ledger>("large").await,
        Err(LoadError::NotFound { .. })
    ));
    // what is just below the limit is kept
    let nearly = "x".repeat(1024 * 1024 - 200);
    at.app
        .dispatch(write_of("nearly", 1, &nearly))
        .await
        .unwrap();
    assert_eq!(at.app.load::<Ledger>("nearly").await.unwrap().parts, 1);
    at.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_over_the_limit_is_refused_alone_on_sqlite() {
    an_event_over_the_limit_is_refused_alone(Ground::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_over_the_limit_is_refused_alone_on_postgres() {
    an_event_over_the_limit_is_refused_alone(Ground::postgres().await).await;
}

async fn every_name_is_its_own_stream_or_refused(at: Ground) {
    let names = [
        "100%",
        "100_",
        "1000",
        "100x",
        "it's",
        "\"quoted\"",
        "; DROP TABLE mink_events; --",
        "a\nb",
        "a\r\nb",
        "a\tb",
        "\\",
        "\\x41",
        "{}",
        "$1",
        "?",
        ":name",
        "🦦",
        "e\u{301}",
        "é",
        " ",
        "a ",
        "a",
        "A",
        "-",
        "--",
        "\u{202e}rtl",
        "null",
    ];
    for (count, name) in (1..).zip(names) {
        at.app.dispatch(write(name, count)).await.unwrap();
    }
    for (count, name) in (1..).zip(names) {
        let loaded = at.app.load::<Ledger>(name).await.unwrap();
        assert_eq!(loaded.parts, count, "{name:?}");
    }
    for (name, told) in [
        ("x".repeat(10_000), true),
        ("a\0b".into(), false),
        (String::new(), false),
    ] {
        let error = at.app.dispatch(write(&name, 1)).await.unwrap_err();
        let DispatchError::Failed(CommandFault::Load(LoadError::InvalidName(error))) = error else {
            panic!("{error:?}");
        };
        assert_eq!(
            matches!(error, InvalidName::TooLong { .. }),
            told,
            "{error:?}"
        );
    }
    let storage = at.app.storage();
    let events: usize = (1..=names.len()).sum();
    assert_eq!(storage.head().await.unwrap().0, events as u64);
    let filter = FeedFilter::all();
    let page = storage.read_feed(Position::START, &filter, 1000).await;
    assert_eq!(page.unwrap().events.len(), events);
    at.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_is_its_own_stream_or_refused_on_sqlite() {
    every_name_is_its_own_stream_or_refused(Ground::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_is_its_own_stream_or_refused_on_postgres() {
    every_name_is_its_own_stream_or_refused(Ground::postgres().await).await;
}
