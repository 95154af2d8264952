//! One event in place of many.

use mink::app::ChangeError;
use mink::archive::FileArchive;
use mink::prelude::*;
use mink::storage::{Change, LifecycleError, StreamChange};

use crate::domain::{
    Account, Again, Carried, Deposited, Rounded, another, carry, changed, deposit, deposits,
    events, feed, in_memory,
};

#[tokio::test]
async fn a_summary_that_loses_something_is_refused_and_nothing_changes() {
    let app = in_memory().await;
    deposits(&app, "1", 3).await;
    let before = events(&app, "1").await;
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    let less = |account: &Account| Rounded {
        cents: account.cents,
    };
    let adds = |account: &Account| Again {
        cents: account.cents,
        deposits: account.deposits,
    };
    let error = lifecycle.compact(less).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Rounded` does not stand for `Account-1` at version 3: the method that evolves from it must make the same state from nothing and from the state itself. Let it set every field rather than add to any, and the event carry them all"
    );
    let error = lifecycle.compact(adds).await.unwrap_err();
    assert!(
        matches!(
            error,
            ChangeError::NotASummary {
                version: 3,
                event_type: "Again",
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(events(&app, "1").await, before);
}

#[tokio::test]
async fn a_compacted_aggregate_is_compacted_again_only_when_something_happened_since() {
    let app = in_memory().await;
    deposits(&app, "1", 3).await;
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    assert_eq!(lifecycle.compact(carry).await.unwrap(), changed(3, 4));
    assert_eq!(lifecycle.compact(carry).await.unwrap(), changed(0, 4));
    deposit(&app, "1", 4).await;
    assert_eq!(lifecycle.compact(carry).await.unwrap(), changed(2, 6));
    let account = app.load::<Account>("1").await.unwrap();
    assert_eq!((account.cents, account.deposits), (10, 4));
    let (feed, skipped) = feed(&app).await;
    assert_eq!((feed.len(), skipped), (1, 5));
    assert_eq!(feed[0].position.0, 6);
}

#[tokio::test]
async fn a_compaction_that_was_cut_off_behind_its_summary_is_finished_without_another() {
    let app = in_memory().await;
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::new(folder.path());
    deposits(&app, "1", 3).await;
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    lifecycle.compact_into(&archive, carry).await.unwrap();
    // as it is when the process is killed between the two
    lifecycle.restore(&archive).await.unwrap();
    assert_eq!(events(&app, "1").await.len(), 4);
    let between = app.load::<Account>("1").await.unwrap();
    assert_eq!((between.cents, between.deposits), (6, 3));

    let error = lifecycle.clone().expecting(2).compact(carry).await;
    assert!(
        matches!(error, Err(ChangeError::Change(LifecycleError::Conflict(_)))),
        "{error:?}"
    );
    // the version that the caller of the first run saw
    let again = lifecycle.clone().expecting(3).compact(carry).await;
    assert_eq!(again.unwrap(), changed(3, 4));
    assert_eq!(app.load::<Account>("1").await.unwrap().version(), 4);
}

#[tokio::test]
async fn an_event_that_carries_a_copy_of_a_summarys_metadata_is_none() {
    let app = in_memory().await;
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::new(folder.path());
    deposits(&app, "1", 3).await;
    app.lifecycle::<Account>("1")
        .unwrap()
        .compact(carry)
        .await
        .unwrap();
    let metadata = events(&app, "1").await[0].metadata.clone();
    let importing = app.with_metadata(metadata);
    let event = || Carried {
        cents: 1,
        deposits: 1,
    };
    importing
        .append::<Account>("2", ExpectedVersion::NoStream, (event(), event()))
        .await
        .unwrap();
    let lifecycle = app.lifecycle::<Account>("2").unwrap();
    lifecycle.archive_before(2, &archive).await.unwrap();
    assert!(app.load::<Account>("2").await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aggregate_that_moves_in_between_is_compacted_as_it_then_is() {
    let app = in_memory().await;
    deposits(&app, "1", 3).await;
    let node = another(&app).await;
    let first = std::sync::atomic::AtomicBool::new(true);
    let summary = |account: &Account| {
        if first.swap(false, std::sync::atomic::Ordering::Relaxed) {
            let (node, runtime) = (node.clone(), tokio::runtime::Handle::current());
            std::thread::spawn(move || runtime.block_on(deposit(&node, "1", 4)))
                .join()
                .unwrap();
        }
        carry(account)
    };
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    assert_eq!(lifecycle.compact(summary).await.unwrap(), changed(4, 5));
    assert_eq!(app.load::<Account>("1").await.unwrap().cents, 10);
}

#[derive(Aggregate, Default, PartialEq, serde::Serialize, serde::Deserialize, Shape)]
#[aggregate(snapshot)]
struct Purse {
    cents: u64,
}

#[handlers]
impl Purse {
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }
    fn carried(&mut self, event: &Carried) {
        self.cents = event.cents;
    }
}

#[tokio::test]
async fn snapshots_change_no_answer_of_a_compacted_aggregate() {
    let registry = mink::registry::Registry::by_hand()
        .event::<Deposited>()
        .event::<Carried>()
        .aggregate::<Purse>()
        .build();
    let builder = Mink::builder().url("memory://").registry(registry);
    let app = builder.open().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::new(folder.path());
    let deposits = (0..4).map(|_| Deposited { cents: 5 }).collect::<Vec<_>>();
    app.append::<Purse>("1", ExpectedVersion::NoStream, deposits)
        .await
        .unwrap();
    app.snapshot::<Purse>("1").await.unwrap();
    let lifecycle = app.lifecycle::<Purse>("1").unwrap();
    let carry = |purse: &Purse| Carried {
        cents: purse.cents,
        deposits: 0,
    };
    lifecycle.compact_into(&archive, carry).await.unwrap();
    for _ in 0..2 {
        let purse = app.load::<Purse>("1").await.unwrap();
        assert_eq!((purse.cents, purse.version()), (20, 5));
        app.delete_all_snapshots().await.unwrap();
    }
    app.snapshot::<Purse>("1").await.unwrap();
    // the summary itself may be archived too: the snapshot covers it
    lifecycle.archive_all(&archive).await.unwrap();
    assert_eq!(app.load::<Purse>("1").await.unwrap().cents, 20);
    app.delete_all_snapshots().await.unwrap();
    assert!(app.load::<Purse>("1").await.is_err());
    lifecycle.restore(&archive).await.unwrap();
    assert_eq!(app.load::<Purse>("1").await.unwrap().cents, 20);
    // an older snapshot with a gap behind it is none
    let truncate = StreamChange {
        tenant: app.tenant_id().clone(),
        stream: lifecycle.stream().clone(),
        expected: ExpectedVersion::Exact(5),
        change: Change::TruncateBefore(5),
    };
    app.storage().change_stream(&truncate).await.unwrap();
    assert_eq!(app.load::<Purse>("1").await.unwrap().cents, 20);
}
