use std::sync::Arc;
use std::time::Duration;

use mink_runtime::id::TenantId;
use mink_runtime::storage::{
    Commit, CommitError, ExpectedVersion, IdempotencyRecord, KeyDigest, Keys, Storage, StorageError,
};
use mink_sqlite::SqliteStore;

use crate::{one, submit, url, version};

fn under(key: &str, commit: &Commit) -> Arc<Commit> {
    let record = IdempotencyRecord {
        tenant: TenantId::default(),
        key: KeyDigest::of(key),
        command: "Ship".into(),
        fingerprint: [7; 32],
        answer: "done".into(),
        keep_for: Duration::from_secs(3600),
        owner: None,
    };
    Arc::new(commit.clone().with_idempotency(record))
}

async fn answered(store: &SqliteStore, key: &str) -> bool {
    let answer = store
        .answer_of(&TenantId::default(), KeyDigest::of(key))
        .await;
    answer.unwrap().is_some()
}

#[tokio::test]
async fn a_key_is_taken_with_the_users_own_transaction_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    let commit = under("k", &one("A-1", ExpectedVersion::NoStream));
    let mut tx = store.begin().await.unwrap();
    store.append_in(&mut tx, &commit).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(!answered(&store, "k").await);

    let empty = under("empty", &Commit::new(Vec::new()));
    let mut tx = store.begin().await.unwrap();
    store.append_in(&mut tx, &commit).await.unwrap();
    store.append_in(&mut tx, &empty).await.unwrap();
    let other = under("k", &one("B-1", ExpectedVersion::NoStream));
    let error = store.append_in(&mut tx, &other).await.unwrap_err();
    assert!(matches!(error, CommitError::Answered(_)), "{error:?}");
    assert!(store.append_in(&mut tx, &commit).await.unwrap().recognised);
    assert!(store.append_in(&mut tx, &empty).await.unwrap().recognised);
    tx.commit().await.unwrap();
    assert!(answered(&store, "k").await && answered(&store, "empty").await);
    assert_eq!(version(&store, "A-1").await, 1);
    assert_eq!(version(&store, "B-1").await, 0);
    assert!(submit(&store, &empty).await.unwrap().recognised);
}

#[tokio::test]
async fn every_number_of_keys_is_written() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    for count in [1, 2, 3, 65, 130] {
        let batch: Vec<_> = (0..count)
            .map(|number| {
                let commit = match number % 2 {
                    0 => one(&format!("A-{count}-{number}"), ExpectedVersion::NoStream),
                    _ => Arc::new(Commit::new(Vec::new())),
                };
                under(&format!("{count} {number}"), &commit)
            })
            .collect();
        for answer in store.commit(&batch).await {
            assert!(!answer.unwrap().recognised);
        }
        for answer in store.commit(&batch).await {
            assert!(answer.unwrap().recognised);
        }
        for number in 0..count {
            assert!(answered(&store, &format!("{count} {number}")).await);
        }
    }
}

#[tokio::test]
async fn a_store_opened_for_reading_answers_and_sweeps_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    let commit = under("k", &one("A-1", ExpectedVersion::NoStream));
    submit(&store, &commit).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(&format!("{}?mode=ro", url(dir.path())))
        .await
        .unwrap();
    assert!(answered(&store, "k").await);
    let error = store.sweep_keys(1).await.unwrap_err();
    assert!(matches!(error, StorageError::ReadOnly { .. }), "{error:?}");
}

#[tokio::test]
async fn a_damaged_key_is_a_typed_error_that_says_where_and_not_what() {
    for edit in [
        "fingerprint = x'00'",
        "expires_at = 9223372036854775807",
        "commit_id = x'53454352'",
        "command = CAST(x'5345435245ff' AS TEXT)",
    ] {
        let store = SqliteStore::open("sqlite::memory:").await.unwrap();
        let commit = under("k", &one("A-1", ExpectedVersion::NoStream));
        submit(&store, &commit).await.unwrap();
        let sql = format!("UPDATE mink_keys SET {edit}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(store.pool())
            .await
            .unwrap();
        let error = store
            .answer_of(&TenantId::default(), KeyDigest::of("k"))
            .await
            .unwrap_err();
        assert!(matches!(error, StorageError::Corrupt { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains("idempotency key") && !text.contains("SECR"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_damaged_key_fails_the_commit_that_brings_it_and_no_neighbour() {
    for edit in ["fingerprint = x'00'", "commit_id = x'00'"] {
        let store = SqliteStore::open("sqlite::memory:").await.unwrap();
        let first = under("damaged", &one("A-1", ExpectedVersion::NoStream));
        submit(&store, &first).await.unwrap();
        let sql = format!("UPDATE mink_keys SET {edit}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(store.pool())
            .await
            .unwrap();
        let batch = [
            under("whole", &one("B-1", ExpectedVersion::NoStream)),
            under("damaged", &one("C-1", ExpectedVersion::NoStream)),
            one("D-1", ExpectedVersion::NoStream),
            under("damaged", &Commit::new(Vec::new())),
        ];
        let answers = store.commit(&batch).await;
        assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
        for damaged in [&answers[1], &answers[3]] {
            let error = damaged.as_ref().unwrap_err().to_string();
            assert!(error.contains("idempotency key"), "{error}");
        }
        let versions = [("B-1", 1), ("C-1", 0), ("D-1", 1)];
        for (stream, expected) in versions {
            assert_eq!(version(&store, stream).await, expected, "{stream}");
        }
        assert!(answered(&store, "whole").await);
    }
}
