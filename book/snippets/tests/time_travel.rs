//! An aggregate as it was.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use chrono::{DateTime, Utc};
use mink::prelude::*;
use mink::repository::TimeTravelError;

#[event]
pub struct SeatsAdded {
    pub seats: u32,
}

#[event]
pub struct GuestSeated {
    pub guest: String,
}

#[derive(Aggregate, Default, serde::Serialize)]
pub struct Table {
    pub seats: u32,
    pub guests: Vec<String>,
}

#[handlers]
impl Table {
    fn seats_added(&mut self, event: &SeatsAdded) {
        self.seats += event.seats;
    }
    fn guest_seated(&mut self, event: &GuestSeated) {
        self.guests.push(event.guest.clone());
    }
}

async fn a_table() -> Mink {
    let app = Mink::open("memory://").await.unwrap();
    let guest = |guest: &str| GuestSeated {
        guest: guest.to_owned(),
    };
    app.append::<Table>(
        4,
        ExpectedVersion::NoStream,
        (SeatsAdded { seats: 2 }, guest("Ada"), guest("Bob")),
    )
    .await
    .unwrap();
    app
}

#[tokio::test]
async fn an_aggregate_is_shown_as_it_was_at_a_version() {
    let app = a_table().await;
    // ANCHOR: versions
    let table = app.load_at_version::<Table>(4, 2).await.unwrap();
    assert_eq!(table.guests, ["Ada"]);

    let error = app.load_at_version::<Table>(4, 9).await.unwrap_err();
    assert!(matches!(error, TimeTravelError::BeyondHead { head: 3, .. }));
    // ANCHOR_END: versions
}

#[tokio::test]
async fn an_aggregate_is_shown_as_of_a_time() {
    let app = a_table().await;
    // ANCHOR: time
    let table = app.load_at::<Table>(4, Utc::now()).await.unwrap();
    assert_eq!(table.version(), 3);

    let long_ago = DateTime::UNIX_EPOCH;
    let error = app.load_at::<Table>(4, long_ago).await.unwrap_err();
    assert!(matches!(error, TimeTravelError::NotYet { .. }));
    // ANCHOR_END: time
}

#[tokio::test]
async fn a_history_lends_the_state_after_each_event() -> mink::Result<()> {
    let app = a_table().await;
    // ANCHOR: history
    let mut history = app.history::<Table>(4)?;
    while let Some(step) = history.next().await? {
        let event = &step.event;
        println!(
            "{} {} at {}",
            event.version, event.event_type, event.recorded_at
        );
        println!(
            "  {} of {} seats",
            step.state.guests.len(),
            step.state.seats
        );
    }
    // ANCHOR_END: history
    Ok(())
}

#[tokio::test]
async fn a_difference_prints_itself() {
    let app = a_table().await;
    // ANCHOR: diff
    let diff = app.diff::<Table>(4, 1, 3).await.unwrap();
    assert_eq!(
        diff.to_string(),
        "Table-4, version 1 -> 3
  guests[0]: + \"Ada\"
  guests[1]: + \"Bob\""
    );
    // ANCHOR_END: diff
}
