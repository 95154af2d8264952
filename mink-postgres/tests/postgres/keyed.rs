//! Idempotency keys that several transactions want at the same time.

use std::time::Duration;

use mink_runtime::storage::{
    Contended, IdempotencyRecord, KeyDigest, Keys, NewReservation, Reservation,
};
use sqlx::Connection;
use uuid::Uuid;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn keyed(key: &str, appends: Vec<Append>) -> Arc<Commit> {
    let record = IdempotencyRecord {
        tenant: TenantId::default(),
        key: KeyDigest::of(key),
        command: "PlaceOrder".into(),
        fingerprint: [7; 32],
        answer: key.to_owned().into(),
        keep_for: HOUR,
        owner: None,
    };
    Arc::new(Commit::new(appends).with_idempotency(record))
}

fn order(name: &str) -> Vec<Append> {
    vec![append(name, ExpectedVersion::Any, vec![event("{}")])]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_another_transaction_is_writing_is_busy_and_its_neighbours_are_not() {
    let database = Database::create().await;
    let store = open(&database).await;
    for first in [
        keyed("key", Vec::new()),
        keyed("other key", order("Order-1")),
    ] {
        let key = first.idempotency.as_ref().unwrap().key;
        let name = if first.appends.is_empty() {
            "key"
        } else {
            "other key"
        };
        let mut tx = store.begin().await.unwrap();
        store.append_in(&mut tx, &first).await.unwrap();
        let batch = [
            one("Order-2", ExpectedVersion::Any),
            keyed(name, order("Order-3")),
            keyed(&format!("{name} beside"), order("Order-4")),
        ];
        let answers = store.commit(&batch).await;
        assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
        assert!(
            matches!(&answers[1], Err(CommitError::Busy { what: Contended::Key(held) }) if *held == key),
            "{answers:?}"
        );
        tx.commit().await.unwrap();
        let late = submit(&store, &batch[1]).await;
        assert!(
            matches!(&late, Err(CommitError::Answered(stored)) if stored.answer == *name),
            "{late:?}"
        );
    }
    assert_eq!(version(&store, "Order-3").await, 0);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_comes_free_when_the_transaction_that_writes_it_is_rolled_back() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut tx = store.begin().await.unwrap();
    let first = keyed("key", order("Order-1"));
    store.append_in(&mut tx, &first).await.unwrap();
    tx.rollback().await.unwrap();
    let second = keyed("key", order("Order-2"));
    submit(&store, &second).await.unwrap();
    assert_eq!(version(&store, "Order-1").await, 0);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_in_a_transaction_of_ones_own_waits_for_a_key_and_hears_its_answer() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut first = store.begin().await.unwrap();
    store
        .append_in(&mut first, &keyed("key", Vec::new()))
        .await
        .unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move {
            let mut second = store.begin().await.unwrap();
            let answer = store
                .append_in(&mut second, &keyed("key", order("Order-1")))
                .await;
            second.commit().await.unwrap();
            answer
        }
    });
    until_somebody_waits(&database).await;
    first.commit().await.unwrap();
    let answer = waiting.await.unwrap();
    assert!(
        matches!(&answer, Err(CommitError::Answered(stored)) if stored.answer == *"key"),
        "{answer:?}"
    );
    assert_eq!(version(&store, "Order-1").await, 0, "and wrote nothing");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_waits_for_the_commit_that_is_taking_its_key() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut tx = store.begin().await.unwrap();
    store
        .append_in(&mut tx, &keyed("key", Vec::new()))
        .await
        .unwrap();
    let wish = NewReservation {
        tenant: TenantId::default(),
        key: KeyDigest::of("key"),
        command: "PlaceOrder".into(),
        fingerprint: [7; 32],
        owner: Uuid::from_u128(1),
        hold_for: HOUR,
    };
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.reserve_key(&wish).await.unwrap() }
    });
    until_somebody_waits(&database).await;
    tx.commit().await.unwrap();
    let answer = waiting.await.unwrap();
    assert!(
        matches!(&answer, Reservation::Answered(stored) if stored.answer == *"key"),
        "{answer:?}"
    );
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_row_is_being_released_is_busy() {
    let database = Database::create().await;
    let store = open(&database).await;
    let wish = NewReservation {
        tenant: TenantId::default(),
        key: KeyDigest::of("key"),
        command: "PlaceOrder".into(),
        fingerprint: [7; 32],
        owner: Uuid::from_u128(1),
        hold_for: Duration::ZERO,
    };
    store.reserve_key(&wish).await.unwrap();
    let mut foreign = outsider(&database).await;
    let mut tx = foreign.begin().await.unwrap();
    sqlx::query("DELETE FROM mink.keys")
        .execute(&mut *tx)
        .await
        .unwrap();
    let commit = keyed("key", order("Order-1"));
    let answer = submit(&store, &commit).await;
    assert!(
        matches!(
            &answer,
            Err(CommitError::Busy {
                what: Contended::Key(_)
            })
        ),
        "{answer:?}"
    );
    assert_eq!(store.sweep_keys(10).await.unwrap(), 0, "nor swept twice");
    tx.commit().await.unwrap();
    submit(&store, &commit).await.unwrap();
    store.close().await;
}

/// Waits until a session of this database waits for a lock.
async fn until_somebody_waits(database: &Database) {
    let mut conn = outsider(database).await;
    loop {
        let waits: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_stat_activity a \
             WHERE a.datname = current_database() AND a.wait_event_type = 'Lock')",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        if waits {
            return;
        }
        tokio::task::yield_now().await;
    }
}
