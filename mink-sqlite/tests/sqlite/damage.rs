use std::ops::ControlFlow;

use mink_runtime::id::{Position, TenantId};
use mink_runtime::storage::{
    ExpectedVersion, FeedFilter, Storage, StorageError, StoredEvent, StreamList,
};
use mink_sqlite::SqliteStore;

use crate::{one, query, submit, url};

async fn damaged(edit: &'static str) -> SqliteStore {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    submit(&store, &one("A-1", ExpectedVersion::NoStream))
        .await
        .unwrap();
    sqlx::raw_sql(edit).execute(store.pool()).await.unwrap();
    store
}

#[tokio::test]
async fn a_damaged_event_is_a_typed_error_that_says_where_and_not_what() {
    for edit in [
        "UPDATE mink_events SET event_id = x'53454352'",
        "UPDATE mink_events SET metadata = 'SECRET'",
        "UPDATE mink_events SET metadata = '[\"SECRET\"]'",
        "UPDATE mink_events SET metadata = CAST(x'5345435245ff' AS TEXT)",
        "UPDATE mink_events SET event_type = CAST(x'5345435245ff' AS TEXT)",
        "UPDATE mink_events SET schema_version = -1",
        "UPDATE mink_events SET schema_version = 1 << 40",
        "UPDATE mink_events SET recorded_at = 9223372036854775807",
        "UPDATE mink_events SET payload = 12",
    ] {
        let store = damaged(edit).await;
        let error = store.read_stream(&query("A-1")).await.unwrap_err();
        assert!(matches!(error, StorageError::Corrupt { .. }), "{edit}");
        let text = error.to_string();
        assert!(
            text.contains("`A-1`, version 1") || text.contains("`A-1`: version 1"),
            "{text}"
        );
        assert!(!text.contains("SECRE"), "{text}");
        let error = store
            .read_feed(Position::START, &FeedFilter::all(), 10)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("position 1"), "{error}");
    }
}

#[tokio::test]
async fn a_visit_says_of_a_damaged_event_what_a_reader_of_its_page_hears() {
    for edit in [
        "event_id = x'53454352'",
        "event_type = CAST(x'5345435245ff' AS TEXT)",
        "format = CAST(x'5345435245ff' AS TEXT)",
        "schema_version = -1",
        "schema_version = 1 << 40",
        "payload = 12",
        "version = 2.5 * 0 - 3",
    ] {
        let store = SqliteStore::open("sqlite::memory:").await.unwrap();
        for _ in 0..3 {
            submit(&store, &one("A-1", ExpectedVersion::Any))
                .await
                .unwrap();
        }
        let sql = format!("UPDATE mink_events SET {edit} WHERE version = 2");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(store.pool())
            .await
            .unwrap();
        let mut seen = Vec::new();
        let mut see = |event: StoredEvent<'_>| {
            seen.push(event.version);
            ControlFlow::Continue(())
        };
        let visited = store.visit_stream(&query("A-1"), &mut see).await;
        match store.read_stream(&query("A-1")).await {
            Err(error) => {
                assert_eq!(visited.unwrap_err().to_string(), error.to_string());
                assert_eq!(seen, [1], "{edit}");
            }
            // Below every version that is asked for, the event is in nobody's sight.
            Ok(_) => assert_eq!(seen, [1, 3], "{edit}"),
        }
    }
}

#[tokio::test]
async fn a_damaged_version_or_name_is_a_typed_error() {
    let store = damaged("UPDATE mink_streams SET version = -3").await;
    for error in [
        store.read_stream(&query("A-1")).await.unwrap_err(),
        store
            .visit_stream(&query("A-1"), &mut |_| ControlFlow::Continue(()))
            .await
            .unwrap_err(),
        store
            .stream_info(&TenantId::default(), &query("A-1").stream)
            .await
            .unwrap_err(),
        store
            .list_streams(&StreamList::new(TenantId::default()))
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(&error, StorageError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains("A-1"), "{error}");
    }
    assert!(
        submit(&store, &one("A-1", ExpectedVersion::Any))
            .await
            .is_err()
    );

    let store = damaged("UPDATE mink_events SET version = -3, stream = ''").await;
    let error = store
        .read_feed(Position::START, &FeedFilter::all(), 10)
        .await
        .unwrap_err();
    assert!(matches!(error, StorageError::Corrupt { .. }));
}

#[tokio::test]
async fn pages_overwritten_on_disk_are_a_typed_error() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    for _ in 0..200 {
        submit(&store, &one("A-1", ExpectedVersion::Any))
            .await
            .unwrap();
    }
    store.close().await;
    let path = dir.path().join("shop.db");
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in &mut bytes[4096 * 3..] {
        *byte = 0xA5;
    }
    std::fs::write(&path, bytes).unwrap();
    let error = match SqliteStore::open(&url(dir.path())).await {
        Ok(store) => store.read_stream(&query("A-1")).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, StorageError::Corrupt { .. }), "{error:?}");
}
