use std::sync::Arc;

use mink_runtime::id::{Category, StreamId, TenantId};
use mink_runtime::storage::{
    Commit, Direction, ExpectedVersion, Storage, StorageError, StreamList, StreamQuery,
};
use mink_sqlite::SqliteStore;

use crate::{append, event, one, query, stream, submit, url};

async fn store_of(events: usize) -> SqliteStore {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let events = (0..events).map(|_| event("{}")).collect();
    let commit = Commit::new(vec![append("A-1", ExpectedVersion::NoStream, events)]);
    submit(&store, &Arc::new(commit)).await.unwrap();
    store
}

async fn versions(store: &SqliteStore, query: &StreamQuery) -> Vec<u64> {
    let page = store.read_stream(query).await.unwrap();
    assert_eq!(page.version, 10);
    page.events.iter().map(|event| event.version).collect()
}

#[tokio::test]
async fn a_page_keeps_to_its_range_direction_and_limit() {
    let store = store_of(10).await;
    let range = |from, to, limit| StreamQuery {
        from,
        to,
        limit,
        ..query("A-1")
    };
    assert_eq!(versions(&store, &range(3, 5, 10)).await, [3, 4, 5]);
    assert_eq!(versions(&store, &range(0, u64::MAX, 2)).await, [1, 2]);
    assert_eq!(versions(&store, &range(11, u64::MAX, 2)).await, [0; 0]);
    assert_eq!(
        versions(&store, &range(u64::MAX, u64::MAX, 2)).await,
        [0; 0]
    );
    let backwards = StreamQuery {
        direction: Direction::Backwards,
        ..range(1, 9, 3)
    };
    assert_eq!(versions(&store, &backwards).await, [9, 8, 7]);
    let missing = store.read_stream(&query("A-2")).await.unwrap_err();
    assert!(matches!(missing, StorageError::StreamNotFound { stream } if stream.as_str() == "A-2"));
}

#[tokio::test]
async fn many_streams_are_answered_in_the_order_asked() {
    let store = store_of(10).await;
    let mut queries: Vec<_> = (0..40).map(|n| query(&format!("A-{n}"))).collect();
    queries.push(StreamQuery {
        direction: Direction::Backwards,
        limit: 1,
        ..query("A-1")
    });
    let pages = store.read_streams(&queries).await.unwrap();
    let found: Vec<_> = (0..pages.len()).filter(|n| pages[*n].is_some()).collect();
    assert_eq!(found, [1, 40]);
    assert_eq!(pages[1].as_ref().unwrap().events.len(), 10);
    assert_eq!(pages[40].as_ref().unwrap().events[0].version, 10);
}

#[tokio::test]
async fn streams_are_listed_by_the_bytes_of_their_names() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let names = [
        "B-1",
        "A_-2",
        "A_-10",
        "AX-1",
        "A_",
        "é-1",
        "\u{10FFFF}-1",
        "a-1",
    ];
    for name in names {
        submit(&store, &one(name, ExpectedVersion::NoStream))
            .await
            .unwrap();
    }
    let mut sorted = names;
    sorted.sort_unstable();
    let list = async |edit: &dyn Fn(&mut StreamList)| -> Vec<StreamId> {
        let mut list = StreamList::new(TenantId::default());
        edit(&mut list);
        let found = store.list_streams(&list).await.unwrap();
        found.into_iter().map(|info| info.stream).collect()
    };
    assert_eq!(list(&|_| {}).await, sorted.map(stream));
    assert_eq!(
        list(&|l| l.category = Some(Category::new("A_").unwrap())).await,
        ["A_", "A_-10", "A_-2"].map(stream)
    );
    assert_eq!(
        list(&|l| l.prefix = Some("A_-".into())).await,
        ["A_-10", "A_-2"].map(stream)
    );
    assert_eq!(
        list(&|l| {
            l.after = Some(stream("A_"));
            l.limit = 2;
        })
        .await,
        ["A_-10", "A_-2"].map(stream)
    );
    assert_eq!(
        list(&|l| l.prefix = Some("\u{10FFFF}".into())).await,
        [stream("\u{10FFFF}-1")]
    );
    assert_eq!(list(&|l| l.tenant = TenantId::new("t").unwrap()).await, []);
}

#[tokio::test]
async fn json_payloads_and_metadata_are_open_to_sql() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    let mut placed = event(r#"{"country":"Japan","lines":[{"sku":"x"}]}"#);
    placed.metadata.user_id = Some("u1".into());
    let commit = Commit::new(vec![append("A-1", ExpectedVersion::Any, vec![placed])]);
    submit(&store, &Arc::new(commit)).await.unwrap();
    let found: (String, String, String) = sqlx::query_as(
        "SELECT json_extract(payload, '$.country'), payload ->> '$.lines[0].sku', metadata ->> 'user_id' FROM mink_events",
    )
    .fetch_one(store.pool())
    .await
    .unwrap();
    assert_eq!(found, ("Japan".into(), "x".into(), "u1".into()));
}

#[tokio::test]
async fn no_read_sorts_or_scans() {
    let store = store_of(1).await;
    for sql in [
        include_str!("../../src/read/stream_forwards.sql"),
        include_str!("../../src/read/stream_backwards.sql"),
        include_str!("../../src/read/visit.sql"),
        include_str!("../../src/read/from_snapshot.sql"),
        concat!(
            include_str!("../../src/read/feed.sql"),
            include_str!("../../src/read/filter_tenant.sql"),
            include_str!("../../src/read/filter_streams.sql"),
            include_str!("../../src/read/feed_order.sql")
        ),
        concat!(
            include_str!("../../src/read/list.sql"),
            include_str!("../../src/read/list_order.sql")
        ),
        include_str!("../../src/read/event.sql"),
        include_str!("../../src/append/select_stored.sql"),
        include_str!("../../src/append/select_keys.sql"),
        include_str!("../../src/keys/sweep.sql"),
    ] {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .fetch_all(store.pool())
                .await
                .unwrap();
        for (_, _, _, step) in &plan {
            // Tables of the statement's own making.
            let own = [
                "json_each",
                "SCAN run",
                "SCAN stream",
                "SCAN u",
                "SCAN usable",
                "wanted",
                "(subquery",
            ];
            let scans = step.starts_with("SCAN") && !own.iter().any(|own| step.contains(own));
            assert!(!step.contains("TEMP B-TREE") && !scans, "{sql}\n{plan:?}");
        }
    }
}
