//! What becomes of a stream that is no longer wanted.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use mink::app::ChangeError;
use mink::archive::{Archive, FileArchive};
use mink::prelude::*;
use mink::repository::LoadError;

#[event]
pub struct Paid {
    pub cents: i64,
}

// ANCHOR: carried
#[event]
pub struct BalanceCarried {
    pub cents: i64,
    pub payments: u64,
}

#[derive(Aggregate, Default, PartialEq)]
pub struct Ledger {
    pub cents: i64,
    pub payments: u64,
}

#[handlers]
impl Ledger {
    fn paid(&mut self, event: &Paid) {
        self.cents += event.cents;
        self.payments += 1;
    }
    fn balance_carried(&mut self, event: &BalanceCarried) {
        self.cents = event.cents; // sets, and adds nothing
        self.payments = event.payments;
    }
}
// ANCHOR_END: carried

async fn a_ledger() -> Mink {
    let app = Mink::open("memory://").await.unwrap();
    let payments: Vec<_> = (1..=4).map(|cents| Paid { cents }).collect();
    app.append::<Ledger>(2024, ExpectedVersion::NoStream, payments)
        .await
        .unwrap();
    app
}

#[tokio::test]
async fn an_aggregate_is_deleted_and_undeleted() -> mink::Result<()> {
    let app = a_ledger().await;
    // ANCHOR: delete
    let ledger = app.lifecycle::<Ledger>(2024)?; // also of `app.tenant("acme")?`

    ledger.delete().await?;
    let error = app.load::<Ledger>(2024).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "stream `Ledger-2024` is deleted: undelete it with `app.lifecycle::<A>(id)?.undelete()`"
    );
    ledger.undelete().await?;
    // ANCHOR_END: delete
    assert_eq!(app.load::<Ledger>(2024).await?.version(), 4);
    Ok(())
}

#[tokio::test]
async fn a_version_is_expected() -> mink::Result<()> {
    let app = a_ledger().await;
    // ANCHOR: expecting
    let seen = app.load::<Ledger>(2024).await?;
    let ledger = app.lifecycle::<Ledger>(2024)?.expecting(seen.version());
    app.append::<Ledger>(2024, ExpectedVersion::Any, Paid { cents: 5 })
        .await?; // somebody else

    let error = ledger.truncate_before(4).await.unwrap_err();
    assert!(matches!(error, ChangeError::Change(_))); // a conflict
    // ANCHOR_END: expecting
    Ok(())
}

#[tokio::test]
async fn a_ledger_goes_into_an_archive_and_comes_back() -> mink::Result<()> {
    let app = a_ledger().await;
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("archive");
    // ANCHOR: archive
    let archive = FileArchive::new(&directory);
    let moved = app
        .lifecycle::<Ledger>(2024)?
        .archive_before(4, &archive)
        .await?;
    assert_eq!((moved.events, moved.first), (3, 4));
    // ANCHOR_END: archive
    let (id, error) = (2024, app.load::<Ledger>(2024).await.unwrap_err());
    type A = Ledger;
    // ANCHOR: restore
    assert!(matches!(error, LoadError::Archived { first: 4, .. }));
    app.lifecycle::<A>(id)?.restore(&archive).await?;
    // ANCHOR_END: restore
    let hint = "app.lifecycle::<A>(id)?.restore(&archive)";
    assert!(error.to_string().contains(hint));
    assert!(include_str!("lifecycle.rs").contains(&format!("    {hint}.await?;\n")));
    assert_eq!(app.load::<Ledger>(2024).await?.cents, 10);
    // ANCHOR: remove
    let stream = app.stream_of::<Ledger>(2024)?;
    for part in archive.parts(app.tenant_id(), &stream).await? {
        archive.remove(&part).await?;
    }
    // ANCHOR_END: remove
    Ok(())
}

#[tokio::test]
async fn a_ledger_is_compacted() -> mink::Result<()> {
    let app = a_ledger().await;
    // ANCHOR: compact
    let compacted = app
        .lifecycle::<Ledger>(2024)?
        .compact(|ledger| BalanceCarried {
            cents: ledger.cents,
            payments: ledger.payments,
        })
        .await?;
    assert_eq!((compacted.events, compacted.first), (4, 5));

    let ledger = app.load::<Ledger>(2024).await?;
    assert_eq!((ledger.cents, ledger.payments), (10, 4));
    // ANCHOR_END: compact
    Ok(())
}
