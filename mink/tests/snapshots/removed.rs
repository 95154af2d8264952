//! Aggregates whose first events are no longer in their stream.

use mink::prelude::*;
use mink::registry::Registry;
use mink::repository::{LoadError, TimeTravelError};
use mink::storage::{Change, StorageError, StreamChange};

#[event]
struct Added {
    number: u64,
}

#[event]
struct Totalled {
    sum: u64,
}

#[command]
struct Add {
    id: u64,
    number: u64,
}

#[command]
struct AddPlain {
    id: u64,
    number: u64,
}

macro_rules! sum {
    ($name:ident, $command:ident, $(#[$policy:meta])*) => {
        #[derive(Aggregate, Default, serde::Serialize, serde::Deserialize, Shape)]
        $(#[$policy])*
        struct $name {
            sum: u64,
        }

        #[handlers]
        impl $name {
            fn add(&self, command: $command) -> Added {
                Added { number: self.sum + command.number }
            }
            fn added(&mut self, event: &Added) {
                self.sum = event.number;
            }
            fn totalled(&mut self, event: &Totalled) {
                self.sum = event.sum;
            }
        }
    };
}

sum!(Kept, Add, #[aggregate(snapshot)]);
sum!(Plain, AddPlain,);

/// Five events, 1 to 5, under each aggregate.
async fn open() -> Mink {
    let registry = Registry::by_hand()
        .event::<Added>()
        .event::<Totalled>()
        .command::<Add>()
        .command::<AddPlain>()
        .aggregate::<Kept>()
        .aggregate::<Plain>()
        .build();
    let builder = Mink::builder().url("memory://").registry(registry);
    let app = builder.open().await.unwrap();
    let (id, number) = (1, 1);
    for _ in 0..5 {
        app.dispatch(Add { id, number }).await.unwrap();
        app.dispatch(AddPlain { id, number }).await.unwrap();
    }
    app
}

async fn change(app: &Mink, change: Change) {
    for stream in [app.stream_of::<Kept>(1), app.stream_of::<Plain>(1)] {
        let change = StreamChange {
            tenant: app.tenant_id().clone(),
            stream: stream.unwrap(),
            expected: ExpectedVersion::StreamExists,
            change: change.clone(),
        };
        app.storage().change_stream(&change).await.unwrap();
    }
}

#[tokio::test]
async fn a_truncated_aggregate_begins_with_the_first_event_that_is_left() {
    let app = open().await;
    change(&app, Change::TruncateBefore(4)).await;
    let kept = app.load::<Kept>(1).await.unwrap();
    let plain = app.load::<Plain>(1).await.unwrap();
    assert_eq!((kept.sum, kept.version()), (5, 5));
    assert_eq!((plain.sum, plain.version()), (5, 5));
    let mut history = app.history::<Plain>(1).unwrap();
    assert_eq!(history.next().await.unwrap().unwrap().event.version, 4);
    for version in [0, 1, 2] {
        let error = app.load_at_version::<Plain>(1, version).await.unwrap_err();
        assert!(
            matches!(error, TimeTravelError::BeforeFirst { first: 4, .. }),
            "{version}: {error}"
        );
    }
    assert_eq!(app.load_at_version::<Kept>(1, 4).await.unwrap().sum, 4);
}

#[tokio::test]
async fn an_aggregate_without_any_event_left_keeps_its_version() {
    let app = open().await;
    change(&app, Change::TruncateBefore(6)).await;
    let kept = app.load::<Kept>(1).await.unwrap();
    let plain = app.load::<Plain>(1).await.unwrap();
    assert_eq!((kept.sum, kept.version()), (0, 5));
    assert_eq!((plain.sum, plain.version()), (0, 5));
    let (id, number) = (1, 7);
    let receipt = app.dispatch(AddPlain { id, number }).await.unwrap();
    assert_eq!(receipt.version(), 6);
}

#[tokio::test]
async fn an_archived_aggregate_is_refused_unless_a_snapshot_covers_what_is_away() {
    let app = open().await;
    app.snapshot::<Kept>(1).await.unwrap();
    let (before, events) = (6, 5);
    change(&app, Change::Archive { before, events }).await;
    let kept = app.load::<Kept>(1).await.unwrap();
    assert_eq!((kept.sum, kept.version()), (5, 5));
    let error = app.load::<Plain>(1).await.unwrap_err();
    assert!(
        matches!(error, LoadError::Archived { first: 6, .. }),
        "{error}"
    );
    let mut history = app.history::<Kept>(1).unwrap();
    let error = history.next().await.unwrap_err();
    assert!(matches!(error, LoadError::Archived { .. }), "{error}");
    assert!(app.load_at_version::<Kept>(1, 0).await.is_err());
}

#[tokio::test]
async fn an_aggregate_in_memory_that_lost_its_place_is_made_anew() {
    let app = open().await;
    // another process adds two events and takes away all but the last
    let other = Mink::builder()
        .shared_storage(app.storage().clone())
        .registry(app.registry().clone());
    let other = other.open().await.unwrap();
    let expected = ExpectedVersion::Exact(5);
    let totals = || vec![Totalled { sum: 100 }, Totalled { sum: 200 }];
    other.append::<Kept>(1, expected, totals()).await.unwrap();
    other.append::<Plain>(1, expected, totals()).await.unwrap();
    change(&other, Change::TruncateBefore(7)).await;
    let (id, number) = (1, 1);
    let kept = app.dispatch(Add { id, number }).await.unwrap();
    let plain = app.dispatch(AddPlain { id, number }).await.unwrap();
    assert_eq!((kept.version(), plain.version()), (8, 8));
    assert_eq!(kept.event::<Added>().unwrap().number, 201);
    assert_eq!(plain.event::<Added>().unwrap().number, 201);
}

#[tokio::test]
async fn a_deleted_aggregate_is_neither_loaded_nor_written_and_comes_back_as_it_was() {
    let app = open().await;
    change(&app, Change::Delete).await;
    let deleted = |error: &LoadError| {
        matches!(
            error,
            LoadError::Storage(StorageError::StreamDeleted { .. })
        )
    };
    assert!(deleted(&app.load::<Plain>(1).await.unwrap_err()));
    assert!(deleted(&app.load::<Kept>(1).await.unwrap_err()));
    let (id, number) = (1, 1);
    assert!(app.dispatch(Add { id, number }).await.is_err());
    change(&app, Change::Undelete).await;
    assert_eq!(app.load::<Kept>(1).await.unwrap().version(), 5);
    let receipt = app.dispatch(Add { id, number }).await.unwrap();
    assert_eq!(receipt.version(), 6);
}
