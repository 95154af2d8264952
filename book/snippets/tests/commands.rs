//! Commands, from their ids to what becomes of them.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use mink::bus::{BusOptions, DispatchError};
use mink::command::Command as _;
use mink::metadata::Metadata;
use mink::prelude::*;
use mink::repository::LoadError;
use mink::storage::CommitError;

// ANCHOR: ids
#[command]
pub struct OpenSeat {
    pub id: u32, // a field called `id`
}

#[command]
pub struct BookSeat {
    pub seat_id: u32, // the only field that ends in `_id`
    pub guest: String,
}

#[command(id = "seat")]
pub struct MoveGuest {
    pub seat: u32, // named on the command
    pub guest_id: String,
    pub reason_id: u8,
}

#[command]
pub struct CloseSeat {
    #[mink(id)]
    pub number: u32, // marked on the field
}

#[command]
pub struct FreeSeat(pub u32); // the only field of a tuple
// ANCHOR_END: ids

#[event]
pub struct SeatOpened;

#[event]
pub struct SeatBooked {
    pub guest: String,
}

#[event]
pub struct SeatFreed;

#[event]
pub struct SeatClosed;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum SeatError {
    #[error("the seat is taken")]
    Taken,
    #[error("there is no such seat")]
    NoSuchSeat,
}

#[derive(Aggregate, Default)]
pub struct Seat {
    open: bool,
    guest: Option<String>,
    bookings: u32,
}

#[handlers]
impl Seat {
    fn open(&self, _: OpenSeat) -> Option<SeatOpened> {
        (!self.open).then_some(SeatOpened)
    }
    fn book(&self, command: BookSeat) -> Result<SeatBooked, SeatError> {
        match (self.open, &self.guest) {
            (false, _) => Err(SeatError::NoSuchSeat),
            (true, Some(_)) => Err(SeatError::Taken),
            (true, None) => Ok(SeatBooked {
                guest: command.guest,
            }),
        }
    }
    fn move_guest(&self, command: MoveGuest) -> (SeatFreed, SeatBooked) {
        let guest = command.guest_id;
        (SeatFreed, SeatBooked { guest })
    }
    fn close(&self, _: CloseSeat) -> SeatClosed {
        SeatClosed
    }
    fn free(&self, _: FreeSeat) -> SeatFreed {
        SeatFreed
    }

    fn opened(&mut self, _: &SeatOpened) {
        self.open = true;
    }
    fn booked(&mut self, event: &SeatBooked) {
        self.guest = Some(event.guest.clone());
        self.bookings += 1;
    }
    fn freed(&mut self, _: &SeatFreed) {
        self.guest = None;
    }
    fn closed(&mut self, _: &SeatClosed) {
        self.open = false;
    }
}

fn book(seat_id: u32) -> BookSeat {
    BookSeat {
        seat_id,
        guest: "Ada".into(),
    }
}

// a seat that is open
async fn opened() -> Mink {
    let app = Mink::open("memory://").await.unwrap();
    app.dispatch(OpenSeat { id: 7 }).await.unwrap();
    app
}

#[test]
fn the_id_is_found_by_these_rules() {
    assert_eq!(OpenSeat { id: 7 }.aggregate_id(), "7");
    assert_eq!(book(7).aggregate_id(), "7");
    let moved = MoveGuest {
        seat: 7,
        guest_id: "Bob".into(),
        reason_id: 0,
    };
    assert_eq!(moved.aggregate_id(), "7");
    assert_eq!(CloseSeat { number: 7 }.aggregate_id(), "7");
    assert_eq!(FreeSeat(7).aggregate_id(), "7");
}

#[tokio::test]
async fn a_receipt_says_what_was_done() {
    let app = opened().await;
    // ANCHOR: receipt
    let receipt = app.dispatch(book(7)).await.unwrap();
    assert_eq!(receipt.stream().as_str(), "Seat-7");
    assert_eq!(receipt.version(), 2);
    assert_eq!(receipt.event::<SeatBooked>().unwrap().guest, "Ada");
    assert_eq!(receipt.event_ids().len(), 1);
    // ANCHOR_END: receipt
    // ANCHOR: nothing
    let receipt = app.dispatch(OpenSeat { id: 7 }).await.unwrap();
    assert!(receipt.events().is_empty());
    assert_eq!(receipt.version(), 2);
    // ANCHOR_END: nothing
}

// ANCHOR: errors
async fn answer(app: &Mink, command: BookSeat) -> &'static str {
    match app.dispatch(command).await {
        Ok(_) => "booked",
        Err(DispatchError::Rejected(SeatError::Taken)) => "somebody was faster",
        Err(DispatchError::Rejected(SeatError::NoSuchSeat)) => "no such seat",
        Err(error) if error.is_outcome_unknown() => "look again in a minute",
        Err(_) => "try again later",
    }
}
// ANCHOR_END: errors

#[tokio::test]
async fn a_refusal_is_typed() {
    let app = opened().await;
    assert_eq!(answer(&app, book(8)).await, "no such seat");
    assert_eq!(answer(&app, book(7)).await, "booked");
    assert_eq!(answer(&app, book(7)).await, "somebody was faster");
    app.clone().shutdown().await.unwrap();
    assert_eq!(answer(&app, book(7)).await, "try again later");
}

#[test]
fn only_an_unknown_outcome_may_have_happened() {
    let unknown = DispatchError::<SeatError>::from(CommitError::OutcomeUnknown {
        reason: "connection reset".into(),
    });
    assert!(unknown.is_outcome_unknown());
    assert!(!DispatchError::<SeatError>::from(CommitError::StorageFull).is_outcome_unknown());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_second_decides_anew() {
    let app = opened().await;
    // ANCHOR: race
    // 20 tasks want the same seat at the same time
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { app.dispatch(book(7)).await })
        })
        .collect();
    let (mut booked, mut refused) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => booked += 1,
            Err(DispatchError::Rejected(SeatError::Taken)) => refused += 1,
            Err(other) => panic!("no other answer is right: {other}"),
        }
    }
    assert_eq!((booked, refused), (1, 19));
    // ANCHOR_END: race
    assert_eq!(app.load::<Seat>(7).await.unwrap().bookings, 1);
}

#[tokio::test]
async fn the_number_of_attempts_is_an_option() {
    // ANCHOR: retries
    let app = Mink::builder()
        .url("memory://")
        .bus_options(BusOptions {
            conflict_retries: 8,
            ..BusOptions::default()
        })
        .open()
        .await
        .unwrap();
    // ANCHOR_END: retries
    app.dispatch(OpenSeat { id: 1 }).await.unwrap();
}

#[tokio::test]
async fn a_tenant_sees_its_own_data() {
    let app = opened().await;
    // ANCHOR: tenant
    let acme = app.tenant("acme").unwrap();
    assert!(matches!(
        acme.load::<Seat>(7).await,
        Err(LoadError::NotFound { .. })
    ));
    acme.dispatch(OpenSeat { id: 7 }).await.unwrap();
    assert_eq!(acme.load::<Seat>(7).await.unwrap().version(), 1);
    // ANCHOR_END: tenant
}

#[tokio::test]
async fn metadata_comes_from_the_handle() {
    let app = opened().await;
    // ANCHOR: metadata
    let request = app.with_metadata(Metadata {
        correlation_id: Some("request-17".into()),
        user_id: Some("ada".into()),
        ..Metadata::default()
    });
    let receipt = request.dispatch(book(7)).await.unwrap();
    let stored = app.event(receipt.event_ids()[0]).await.unwrap().unwrap();
    assert_eq!(stored.metadata.user_id.as_deref(), Some("ada"));
    assert_eq!(
        stored.metadata.correlation_id.as_deref(),
        Some("request-17")
    );
    assert!(stored.metadata.causation_id.is_some()); // the command's own id
    // ANCHOR_END: metadata
}

#[tokio::test]
async fn a_program_that_only_passes_errors_on_uses_one_type() {
    // ANCHOR: one_error
    async fn evening() -> mink::Result<()> {
        let app = Mink::open("memory://").await?;
        app.dispatch(OpenSeat { id: 7 }).await?;
        app.dispatch(book(7)).await?;
        app.shutdown().await
    }
    // ANCHOR_END: one_error
    evening().await.unwrap();
}

#[tokio::test]
async fn what_happened_elsewhere_is_appended_without_a_command() {
    let app = Mink::open("memory://").await.unwrap();
    // ANCHOR: append
    let receipt = app
        .append::<Seat>(7, ExpectedVersion::NoStream, (SeatOpened, SeatFreed))
        .await
        .unwrap();
    assert_eq!(receipt.version(), 2);
    // ANCHOR_END: append
    // ANCHOR: batch
    let committed = app
        .batch()
        .append::<Seat>(8, ExpectedVersion::NoStream, SeatOpened)
        .unwrap()
        .append::<Seat>(7, ExpectedVersion::Exact(2), SeatClosed)
        .unwrap()
        .commit()
        .await
        .unwrap();
    assert_eq!(committed.streams.len(), 2);
    // ANCHOR_END: batch
}

#[tokio::test]
async fn several_commands_are_decided_in_turn_and_committed_together() {
    let app = opened().await;
    // ANCHOR: session
    let mut seat = app.session::<Seat>(7).await.unwrap();
    for command in [book(7), book(7)] {
        if let Err(refused) = seat.execute(command).await {
            assert_eq!(refused.to_string(), "the seat is taken"); // the others are committed
        }
    }
    seat.execute(FreeSeat(7)).await.unwrap();
    let receipt = seat.commit().await.unwrap();
    assert_eq!(receipt.events().len(), 2); // booked, freed
    // ANCHOR_END: session
    assert_eq!(receipt.version(), 3);
}
