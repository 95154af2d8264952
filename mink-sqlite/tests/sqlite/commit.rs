use std::sync::Arc;

use mink_runtime::id::{EventId, Position, TenantId};
use mink_runtime::storage::{
    Append, Commit, CommitError, ExpectedVersion, FeedFilter, Format, Storage,
};
use mink_sqlite::SqliteStore;

use crate::{append, event, one, query, stream, submit, version};

#[tokio::test]
async fn a_batch_answers_each_commit_by_itself() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    submit(&store, &one("A-1", ExpectedVersion::NoStream))
        .await
        .unwrap();
    let answers = store
        .commit(&[
            one("A-1", ExpectedVersion::NoStream),
            one("B-1", ExpectedVersion::NoStream),
            Arc::new(Commit::new(vec![])),
            Arc::new(Commit::new(vec![append(
                "C-1",
                ExpectedVersion::Any,
                vec![event("not json")],
            )])),
            one("D-1", ExpectedVersion::Exact(0)),
        ])
        .await;
    assert!(matches!(&answers[0], Err(CommitError::Conflict(c)) if c.actual == 1));
    assert_eq!(answers[1].as_ref().unwrap().streams[0].version, 1);
    assert!(matches!(answers[2], Err(CommitError::NoEvents { .. })));
    assert!(matches!(answers[3], Err(CommitError::Refused { .. })));
    assert!(answers[4].is_ok());
    assert_eq!(store.head().await.unwrap(), Position(3));
}

#[tokio::test]
async fn every_number_of_events_and_streams_is_written_whole_and_in_order() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let mut total = 0;
    for (streams, events) in [
        (1, 1),
        (1, 100),
        (3, 5),
        (64, 1),
        (65, 2),
        (130, 3),
        (2, 333),
    ] {
        let batch: Vec<_> = (0..streams)
            .map(|n| {
                let name = format!("S{streams}x{events}-{n}");
                let events = (0..events).map(|i| event(&format!("{i}"))).collect();
                Arc::new(Commit::new(vec![append(
                    &name,
                    ExpectedVersion::NoStream,
                    events,
                )]))
            })
            .collect();
        for answer in store.commit(&batch).await {
            assert_eq!(answer.unwrap().streams[0].version, events);
        }
        total += streams * events;
        for n in 0..streams {
            let page = store
                .read_stream(&query(&format!("S{streams}x{events}-{n}")))
                .await
                .unwrap();
            let read: Vec<_> = page.events.iter().map(|e| e.payload.clone()).collect();
            let expected: Vec<_> = (0..events).map(|i| format!("{i}")).collect();
            assert_eq!(read, expected);
        }
    }
    let feed = store
        .read_feed(Position::START, &FeedFilter::all(), 10_000)
        .await
        .unwrap();
    let positions: Vec<_> = feed.events.iter().map(|e| e.position.0).collect();
    assert_eq!(positions, (1..=total).collect::<Vec<_>>());
    assert_eq!(feed.next, feed.head);
}

#[tokio::test]
async fn a_resubmitted_commit_is_recognised_whatever_it_expects() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    for (name, expected) in [
        ("A-1", ExpectedVersion::Any),
        ("B-1", ExpectedVersion::NoStream),
        ("C-1", ExpectedVersion::Exact(0)),
    ] {
        let commit = one(name, expected);
        let first = submit(&store, &commit).await.unwrap();
        submit(&store, &one(name, ExpectedVersion::Any))
            .await
            .unwrap();
        let again = submit(&store, &commit).await.unwrap();
        assert!(!first.recognised && again.recognised);
        assert_eq!(again.streams, first.streams);
        assert_eq!(version(&store, name).await, 2);
    }
}

#[tokio::test]
async fn a_resubmitted_commit_does_not_fail_its_neighbours() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let old = one("A-1", ExpectedVersion::Any);
    submit(&store, &old).await.unwrap();
    let answers = store
        .commit(&[
            one("B-1", ExpectedVersion::NoStream),
            old,
            one("C-1", ExpectedVersion::NoStream),
        ])
        .await;
    let recognised: Vec<_> = answers.into_iter().map(|a| a.unwrap().recognised).collect();
    assert_eq!(recognised, [false, true, false]);
    assert_eq!(store.head().await.unwrap(), Position(3));
}

#[tokio::test]
async fn an_id_that_is_stored_elsewhere_or_twice_in_the_batch_is_refused_alone() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let shared = event("{}");
    let with = |name: &str, events| {
        Arc::new(Commit::new(vec![append(
            name,
            ExpectedVersion::NoStream,
            events,
        )]))
    };
    submit(&store, &with("A-1", vec![shared.clone()]))
        .await
        .unwrap();
    let twice = event("{}");
    let answers = store
        .commit(&[
            with("B-1", vec![event("{}"), shared.clone()]),
            with("C-1", vec![twice.clone()]),
            with("D-1", vec![twice.clone()]),
            with("E-1", vec![event("{}")]),
        ])
        .await;
    assert!(matches!(&answers[0], Err(CommitError::EventIdReused { id, .. }) if *id == shared.id));
    assert!(answers[1].is_ok());
    assert!(matches!(&answers[2], Err(CommitError::EventIdReused { id, .. }) if *id == twice.id));
    assert!(answers[3].is_ok());
    assert_eq!(store.head().await.unwrap(), Position(3));
}

#[tokio::test]
async fn two_tenants_use_equal_streams_and_ids_and_never_meet() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let shared = event("{}");
    let commit = Commit::new(
        ["", "acme"]
            .map(|tenant| Append {
                tenant: TenantId::try_from(tenant.to_owned()).unwrap(),
                stream: stream("A-1"),
                expected: ExpectedVersion::NoStream,
                events: vec![shared.clone()],
            })
            .into(),
    );
    let done = submit(&store, &Arc::new(commit)).await.unwrap();
    assert_eq!(done.streams.len(), 2);
    let acme = TenantId::new("acme").unwrap();
    let found = store.event(&acme, shared.id).await.unwrap().unwrap();
    assert_eq!((found.tenant, found.version), (acme.clone(), 1));
    assert_eq!(
        store.position_of(&acme, shared.id).await.unwrap(),
        Some(Position(2))
    );
    assert_eq!(store.event(&acme, EventId::new()).await.unwrap(), None);
}

#[tokio::test]
async fn what_was_written_comes_back_byte_for_byte() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let mut json = event("{ \"b\":1.10,\t\"a\" :\"\\u0000 é 🦡\" }\n");
    json.metadata.user_id = Some("u%_'\"".into());
    json.metadata.custom.insert("k".into(), "v".into());
    json.schema_version = u32::MAX;
    let mut binary = event("");
    binary.format = Format::Binary("cbor".into());
    binary.payload = bytes::Bytes::from_static(&[0, 255, 0, b'x', 0]);
    let mut empty = binary.clone();
    empty.id = EventId::new();
    empty.payload = bytes::Bytes::new();
    let events = vec![json, binary, empty];
    let name = "Ünusual %_'\"\n🦡-1";
    submit(
        &store,
        &Arc::new(Commit::new(vec![append(
            name,
            ExpectedVersion::NoStream,
            events.clone(),
        )])),
    )
    .await
    .unwrap();
    let page = store.read_stream(&query(name)).await.unwrap();
    for (wrote, read) in events.iter().zip(&page.events) {
        assert_eq!(read.id, wrote.id);
        assert_eq!(read.stream, stream(name));
        assert_eq!(*read.event_type, *wrote.event_type);
        assert_eq!(read.schema_version, wrote.schema_version);
        assert_eq!(read.format, wrote.format);
        assert_eq!(read.payload, wrote.payload);
        assert_eq!(read.metadata, wrote.metadata);
        assert_eq!(read.recorded_at, wrote.recorded_at);
    }
}

#[tokio::test]
async fn a_payload_that_is_not_its_format_is_refused_without_being_told() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    for payload in [
        &b"{\"secret\":"[..],
        b"secret",
        b"\"secret\xff\"",
        b"{\"a\":1} secret",
        b"",
    ] {
        let mut bad = event("{}");
        bad.payload = bytes::Bytes::copy_from_slice(payload);
        let commit = Commit::new(vec![append("A-1", ExpectedVersion::Any, vec![bad])]);
        let error = submit(&store, &Arc::new(commit)).await.unwrap_err();
        assert!(matches!(error, CommitError::Refused { .. }));
        assert!(error.to_string().contains("A-1"), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert_eq!(store.head().await.unwrap(), Position::START);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_future_is_dropped_goes_on_and_leaves_the_store_usable() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&crate::url(dir.path())).await.unwrap();
    for n in 0..50 {
        let commit = [one(&format!("A-{n}"), ExpectedVersion::NoStream)];
        let mut future = store.commit(&commit);
        let poll = futures_util::poll!(&mut future);
        assert!(poll.is_pending());
        drop(future);
    }
    let last = one("B-1", ExpectedVersion::NoStream);
    submit(&store, &last).await.unwrap();
    loop {
        let moved = store.feed_moved();
        if store.head().await.unwrap() == Position(51) {
            break;
        }
        moved.await;
    }
}
