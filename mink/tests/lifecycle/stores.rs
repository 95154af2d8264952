//! The same on every store.

use mink::app::ChangeError;
use mink::archive::FileArchive;
use mink::bus::{CommandFault, DispatchError};
use mink::prelude::*;
use mink::repository::LoadError;
use mink::storage::{Append, Commit, Format, LifecycleError, NewEvent, StorageError};

use crate::domain::{
    Account, Carried, Deposit, another, carry, changed, deposit, deposits, events, feed, registry,
};

/// A tenant and an id that no file could be named by.
const TENANT: &str = "Größe/../\u{202e}𝄞";
const ID: &str = "../Konto: *?\"<>|\\ \n\t%_é\u{301} CON";

async fn is_deleted_and_undeleted(app: &Mink) {
    deposits(app, "deleted", 2).await;
    let node = another(app).await;
    deposit(&node, "deleted", 1).await;
    let lifecycle = app.lifecycle::<Account>("deleted").unwrap();
    assert_eq!(lifecycle.delete().await.unwrap(), changed(0, 1));
    assert!(lifecycle.info().await.unwrap().deleted);
    let id = || "deleted".to_owned();
    let refused = app.dispatch(Deposit { id: id(), cents: 1 }).await;
    let Err(DispatchError::Failed(CommandFault::Load(error))) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        error.to_string(),
        "stream `Account-deleted` is deleted: undelete it with `app.lifecycle::<A>(id)?.undelete()`"
    );
    // a node that has it in memory meets the store
    let refused = node.dispatch(Deposit { id: id(), cents: 1 }).await;
    assert!(
        matches!(refused, Err(DispatchError::Failed(CommandFault::Commit(_)))),
        "{refused:?}"
    );
    let error = lifecycle.truncate_before(99).await.unwrap_err();
    assert!(
        matches!(
            error,
            ChangeError::Change(LifecycleError::BeyondTheEnd { version: 3, .. })
        ),
        "{error}"
    );
    assert_eq!(lifecycle.undelete().await.unwrap(), changed(0, 1));
    deposit(app, "deleted", 1).await;
    deposit(&node, "deleted", 1).await;
    assert_eq!(app.load::<Account>("deleted").await.unwrap().deposits, 5);
}

async fn is_truncated(app: &Mink) {
    deposits(app, "cut", 4).await;
    let cut = app.lifecycle::<Account>("cut").unwrap();
    assert_eq!(cut.truncate_before(4).await.unwrap(), changed(3, 4));
    assert_eq!(cut.truncate_before(4).await.unwrap(), changed(0, 4));
    // not the state that was in memory
    let receipt = {
        let id = "cut".to_owned();
        app.dispatch(Deposit { id, cents: 10 }).await.unwrap()
    };
    assert_eq!(receipt.version(), 5);
    let account = app.load::<Account>("cut").await.unwrap();
    assert_eq!((account.cents, account.deposits), (14, 2));
    let error = cut.expecting(4).truncate_before(5).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "stream `Account-cut` is at version 5, the writer expected version 4"
    );
}

/// Events of every format, with everything that metadata can hold.
async fn add_strange_ones(app: &Mink, id: &str) {
    let metadata = mink::metadata::Metadata {
        user_id: Some("Ada \"𝄞\"\u{0}\n".to_owned()),
        custom: [("\u{7f}".to_owned(), "\\".to_owned())].into(),
        ..Default::default()
    };
    let event = |format, payload: &'static [u8]| NewEvent {
        id: mink::id::EventId::new(),
        event_type: "Strange".into(),
        schema_version: 7,
        format,
        payload: payload.into(),
        metadata: metadata.clone(),
        recorded_at: chrono::DateTime::from_timestamp_micros(1_234_567_890_123_456).unwrap(),
    };
    let binary = |name: &'static str| Format::Binary(name.into());
    let commit = Commit::new(vec![Append {
        tenant: app.tenant_id().clone(),
        stream: app.stream_of::<Account>(id).unwrap(),
        expected: ExpectedVersion::StreamExists,
        events: vec![
            event(
                Format::Json,
                b" {\"a\" : 1.50,\"a\":\"\\u0000\\ud834\\udd1e\"}\r\n",
            ),
            event(binary("msgpack"), b"\x00\xff\n\x80"),
            event(binary("protobuf"), b""),
            event(binary("my-own"), b"{\"text\":\"as text\"}"),
        ],
    }]);
    let answer = app.storage().commit(&[commit.into()]).await.remove(0);
    assert_eq!(answer.unwrap().streams[0].version, 6);
}

async fn goes_into_an_archive_and_comes_back_byte_for_byte(app: &Mink) {
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::new(folder.path().join("not/yet/there"));
    let (ours, theirs) = (app.clone(), app.tenant(TENANT).unwrap());
    for app in [&ours, &theirs] {
        deposits(app, ID, 2).await;
        add_strange_ones(app, ID).await;
    }
    let before = (events(&ours, ID).await, feed(&ours).await);
    let others = (events(&theirs, ID).await, feed(&theirs).await);

    let lifecycle = ours.lifecycle::<Account>(ID).unwrap();
    let skipped_before = before.1.1;
    assert_eq!(
        lifecycle.archive_before(4, &archive).await.unwrap(),
        changed(3, 4)
    );
    assert_eq!(events(&ours, ID).await, before.0[3..]);
    let (feed_now, skipped) = feed(&ours).await;
    assert_eq!(skipped, skipped_before + 3);
    let gone: Vec<_> = before
        .1
        .0
        .iter()
        .filter(|e| !feed_now.contains(e))
        .collect();
    assert_eq!(gone.len(), 3, "the others keep their positions");
    assert_eq!(
        lifecycle.archive_all(&archive).await.unwrap(),
        changed(3, 7)
    );
    assert_eq!(
        lifecycle.archive_all(&archive).await.unwrap(),
        changed(0, 7)
    );
    let refused = ours.load::<Account>(ID).await.unwrap_err();
    assert!(
        matches!(refused, LoadError::Archived { first: 7, .. }),
        "{refused}"
    );
    let id = ID.to_owned();
    assert!(ours.dispatch(Deposit { id, cents: 1 }).await.is_err());
    assert_eq!(events(&theirs, ID).await, others.0);
    assert_eq!(feed(&theirs).await, others.1);
    let nothing = theirs.lifecycle::<Account>(ID).unwrap();
    assert_eq!(nothing.restore(&archive).await.unwrap(), changed(0, 1));

    assert_eq!(lifecycle.restore(&archive).await.unwrap(), changed(6, 1));
    assert_eq!((events(&ours, ID).await, feed(&ours).await), before);
    assert_eq!(lifecycle.restore(&archive).await.unwrap(), changed(0, 1));

    // what was truncated in the meantime stays away
    assert_eq!(
        lifecycle.archive_all(&archive).await.unwrap(),
        changed(6, 7)
    );
    assert_eq!(lifecycle.truncate_before(3).await.unwrap(), changed(2, 7));
    assert_eq!(lifecycle.restore(&archive).await.unwrap(), changed(4, 3));
    assert_eq!(events(&ours, ID).await, before.0[2..]);
}

async fn is_compacted(app: &Mink) {
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::new(folder.path());
    for id in ["compacted", "moved"] {
        deposits(app, id, 4).await;
    }
    let compacted = app.lifecycle::<Account>("compacted").unwrap();
    assert_eq!(compacted.compact(carry).await.unwrap(), changed(4, 5));
    let moved = app.lifecycle::<Account>("moved").unwrap();
    assert_eq!(
        moved.compact_into(&archive, carry).await.unwrap(),
        changed(4, 5)
    );
    for id in ["compacted", "moved"] {
        let left = events(app, id).await;
        assert_eq!(left.len(), 1);
        assert_eq!(&*left[0].event_type, Carried::NAME);
        for _ in 0..2 {
            deposit(app, id, 5).await;
        }
        let account = another(app).await.load::<Account>(id).await.unwrap();
        assert_eq!(
            (account.cents, account.deposits, account.version()),
            (20, 6, 7)
        );
        assert_eq!(
            app.load_at_version::<Account>(id, 5).await.unwrap().cents,
            10
        );
        let mut history = app.history::<Account>(id).unwrap();
        assert_eq!(history.next().await.unwrap().unwrap().state.cents, 10);
    }
    assert_eq!(moved.restore(&archive).await.unwrap(), changed(4, 1));
    let account = another(app).await.load::<Account>("moved").await.unwrap();
    assert_eq!((account.cents, account.deposits), (20, 6));
}

async fn is_not_there(app: &Mink) {
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::new(folder.path());
    let nobody = app.lifecycle::<Account>("nobody").unwrap();
    for answer in [
        nobody.delete().await,
        nobody.undelete().await,
        nobody.truncate_before(1).await,
        nobody.archive_before(1, &archive).await,
        nobody.archive_all(&archive).await,
        nobody.restore(&archive).await,
        nobody.compact(carry).await,
        nobody.compact_into(&archive, carry).await,
    ] {
        assert!(
            matches!(answer, Err(ChangeError::NotFound { .. })),
            "{answer:?}"
        );
    }
    deposits(app, "gone", 1).await;
    let gone = app.lifecycle::<Account>("gone").unwrap();
    gone.delete().await.unwrap();
    let error = gone.archive_all(&archive).await.unwrap_err();
    assert!(
        matches!(
            error,
            ChangeError::Storage(StorageError::StreamDeleted { .. })
        ),
        "{error}"
    );
}

async fn every_change(app: &Mink) {
    is_deleted_and_undeleted(app).await;
    is_truncated(app).await;
    goes_into_an_archive_and_comes_back_byte_for_byte(app).await;
    is_compacted(app).await;
    is_not_there(app).await;
}

#[tokio::test]
async fn every_change_in_memory() {
    every_change(&crate::domain::in_memory().await).await;
}

#[tokio::test]
async fn every_change_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("a.db").display());
    let app = Mink::builder().url(&url).registry(registry()).open().await;
    every_change(&app.unwrap()).await;
}

#[tokio::test]
async fn every_change_on_postgres() {
    let server = std::env::var("MINK_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!("this test needs a PostgreSQL server: run it with `cargo xtask test -p mink`, or set MINK_TEST_POSTGRES_URL to the URL of one")
    });
    let id = mink::id::EventId::new().to_string().replace('-', "");
    let schema = format!("lifecycle_{id}");
    let store = mink::postgres::PostgresStore::builder(&server).schema(&schema);
    let store = store.open().await.unwrap();
    let pool = store.pool().clone();
    let builder = Mink::builder().storage(store).registry(registry());
    every_change(&builder.open().await.unwrap()).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE")))
        .execute(&pool)
        .await
        .unwrap();
}
