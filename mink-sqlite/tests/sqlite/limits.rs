use std::sync::Arc;

use mink_runtime::storage::{Commit, CommitError, ExpectedVersion, Storage};
use mink_sqlite::SqliteStore;

use crate::{append, event, one, query, submit, url};

fn large(name: &str) -> Arc<Commit> {
    let payload = format!("\"{}\"", "x".repeat(100_000));
    Arc::new(Commit::new(vec![append(
        name,
        ExpectedVersion::Any,
        vec![event(&payload)],
    )]))
}

#[tokio::test]
async fn a_full_disk_refuses_whole_commits_and_takes_more_once_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let small = SqliteStore::builder(&url(dir.path())).max_bytes(1_000_000);
    let store = small.open().await.unwrap();
    let mut stored = 0;
    let refused = loop {
        let commit = large("A-1");
        match submit(&store, &commit).await {
            Ok(_) => stored += 1,
            Err(CommitError::StorageFull) => break commit,
            Err(other) => panic!("{other:?}"),
        }
        assert!(stored < 20, "the limit holds");
    };
    assert!(stored > 5);
    let page = store.read_stream(&query("A-1")).await.unwrap();
    assert_eq!((page.version, page.events.len() as u64), (stored, stored));

    let answers = store
        .commit(&[large("B-1"), one("C-1", ExpectedVersion::NoStream)])
        .await;
    assert!(matches!(answers[0], Err(CommitError::StorageFull)));
    assert!(answers[1].is_ok(), "{:?}", answers[1]);

    let mut tx = store.begin().await.unwrap();
    let error = store.append_in(&mut tx, &large("D-1")).await.unwrap_err();
    assert!(matches!(error, CommitError::StorageFull), "{error:?}");
    drop(tx);
    store.close().await;

    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    let done = submit(&store, &refused).await.unwrap();
    assert!(!done.recognised);
    assert_eq!(done.streams[0].version, stored + 1);
}
