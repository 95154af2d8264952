//! When a snapshot is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use mink::aggregate::AggregateHandlers;
use mink::command::Clock;
use mink::prelude::*;
use mink::registry::Registry;
use mink::repository::{LoadError, SnapshotError};

use super::until;

#[event]
struct Noted {
    text: String,
}

#[command]
struct Note {
    id: u64,
    text: String,
}

macro_rules! notebook {
    ($name:ident, $command:ident, $($policy:tt)*) => {
        #[command]
        struct $command { id: u64, text: String }

        #[derive(Aggregate, Default, serde::Serialize, serde::Deserialize, Shape)]
        #[aggregate(snapshot $($policy)*)]
        struct $name { notes: Vec<String> }

        #[handlers]
        impl $name {
            fn note(&self, command: $command) -> Noted {
                Noted { text: command.text }
            }
            fn noted(&mut self, event: &Noted) {
                self.notes.push(event.text.clone());
            }
        }
    };
}

notebook!(ByCount, NoteByCount, (every = 5));
notebook!(ByAge, NoteByAge, (after = "1h"));
notebook!(BySize, NoteBySize, (bytes = 100));
notebook!(OnDemand, NoteOnDemand,);

#[derive(Aggregate, Default)]
struct Never {
    notes: u64,
}

#[handlers]
impl Never {
    fn note(&self, command: Note) -> Noted {
        Noted { text: command.text }
    }
    fn noted(&mut self, _: &Noted) {
        self.notes += 1;
    }
}

fn registry() -> Registry {
    Registry::by_hand()
        .event::<Noted>()
        .aggregate::<ByCount>()
        .command::<NoteByCount>()
        .aggregate::<ByAge>()
        .command::<NoteByAge>()
        .aggregate::<BySize>()
        .command::<NoteBySize>()
        .aggregate::<OnDemand>()
        .command::<NoteOnDemand>()
        .aggregate::<Never>()
        .command::<Note>()
        .build()
}

#[derive(Clone, Default)]
struct SetClock(Arc<AtomicI64>);

impl SetClock {
    fn at(&self, minute: i64) {
        self.0.store(minute, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(self.0.load(Ordering::Relaxed))
    }
}

async fn open(cached: usize) -> (Mink, SetClock) {
    let clock = SetClock::default();
    let app = Mink::builder()
        .url("memory://")
        .registry(registry())
        .cached_aggregates(cached)
        .clock(clock.clone())
        .open()
        .await
        .unwrap();
    (app, clock)
}

/// Loads it, and tells from which version on events were read.
async fn load<A: AggregateHandlers>(app: &Mink) -> (u64, bool) {
    let before = app.snapshot_stats().used;
    let loaded = app.load::<A>(1).await.unwrap();
    (loaded.version(), app.snapshot_stats().used > before)
}

fn text() -> String {
    "a".to_owned()
}

#[tokio::test]
async fn a_snapshot_is_taken_after_so_many_events_with_a_cache_and_without() {
    for cached in [0, 10] {
        let (app, _) = open(cached).await;
        for version in 1..=14 {
            let (id, text) = (1, text());
            app.dispatch(NoteByCount { id, text }).await.unwrap();
            until(&app, |stats| stats.taken == version / 5).await;
        }
        assert_eq!(load::<ByCount>(&app).await, (14, true));
        let stats = app.snapshot_stats();
        assert_eq!((stats.taken, stats.failed, stats.left_out), (2, 0, 0));
    }
}

#[tokio::test]
async fn a_snapshot_is_taken_when_the_last_one_is_old_and_there_is_something_new() {
    let (app, clock) = open(10).await;
    let note = || NoteByAge {
        id: 1,
        text: text(),
    };
    for minute in [0, 30, 59] {
        clock.at(minute);
        app.dispatch(note()).await.unwrap();
    }
    assert_eq!(load::<ByAge>(&app).await, (3, false));
    clock.at(60);
    app.dispatch(note()).await.unwrap();
    until(&app, |stats| stats.taken == 1).await;
    clock.at(500);
    assert_eq!(load::<ByAge>(&app).await, (4, true));
    app.dispatch(note()).await.unwrap();
    until(&app, |stats| stats.taken == 2).await;
    clock.at(559);
    app.dispatch(note()).await.unwrap();
    let stats = app.snapshot_stats();
    assert_eq!((stats.taken, stats.needless), (2, 0));
}

#[tokio::test]
async fn a_snapshot_is_taken_after_events_of_so_many_bytes() {
    let (app, _) = open(10).await;
    let note = |length| NoteBySize {
        id: 1,
        text: "x".repeat(length),
    };
    app.dispatch(note(80)).await.unwrap();
    assert_eq!(load::<BySize>(&app).await, (1, false));
    app.dispatch(note(1)).await.unwrap();
    until(&app, |stats| stats.taken == 1).await;
    app.dispatch(note(80)).await.unwrap();
    assert_eq!(load::<BySize>(&app).await, (3, true));
    app.dispatch(note(80)).await.unwrap();
    until(&app, |stats| stats.taken == 2).await;
}

#[tokio::test]
async fn a_snapshot_is_taken_when_it_is_asked_for() {
    let (app, _) = open(10).await;
    let missing = app.snapshot::<OnDemand>(1).await.unwrap_err();
    assert!(matches!(
        missing,
        SnapshotError::Load(LoadError::NotFound { .. })
    ));
    for _ in 0..200 {
        let (id, text) = (1, text());
        app.dispatch(NoteOnDemand { id, text }).await.unwrap();
    }
    assert_eq!(load::<OnDemand>(&app).await, (200, false));
    let taken = app.snapshot::<OnDemand>(1).await.unwrap();
    assert!(taken.written && taken.bytes > 200, "{taken:?}");
    assert_eq!(taken.version, 200);
    assert_eq!(load::<OnDemand>(&app).await, (200, true));
    let again = app.snapshot::<OnDemand>(1).await.unwrap();
    assert!(!again.written && again.version == 200, "{again:?}");
}

#[tokio::test]
async fn a_long_history_without_a_snapshot_gets_one_when_it_is_loaded() {
    let (app, _) = open(10).await;
    let notes: Vec<_> = (0..1000).map(|_| Noted { text: text() }).collect();
    app.append::<ByCount>(1, ExpectedVersion::NoStream, notes)
        .await
        .unwrap();
    assert_eq!(load::<ByCount>(&app).await, (1000, false));
    until(&app, |stats| stats.taken == 1).await;
    assert_eq!(load::<ByCount>(&app).await, (1000, true));
}

#[tokio::test]
async fn time_travel_begins_at_a_snapshot_only_when_that_is_early_enough() {
    let (app, _) = open(10).await;
    for _ in 0..10 {
        let (id, text) = (1, text());
        app.dispatch(NoteOnDemand { id, text }).await.unwrap();
    }
    app.snapshot::<OnDemand>(1).await.unwrap();
    let (id, text) = (1, text());
    app.dispatch(NoteOnDemand { id, text }).await.unwrap();
    for (version, used) in [(0, false), (9, false), (10, true), (11, true)] {
        let before = app.snapshot_stats().used;
        let loaded = app.load_at_version::<OnDemand>(1, version).await.unwrap();
        assert_eq!(loaded.notes.len() as u64, version);
        assert_eq!(app.snapshot_stats().used > before, used, "{version}");
    }
}

#[tokio::test]
async fn an_aggregate_without_a_policy_has_no_snapshots() {
    let (app, _) = open(10).await;
    for _ in 0..300 {
        let (id, text) = (1, text());
        app.dispatch(Note { id, text }).await.unwrap();
    }
    assert_eq!(load::<Never>(&app).await, (300, false));
    assert_eq!(app.delete_all_snapshots().await.unwrap(), 0);
}

#[tokio::test]
async fn snapshots_are_deleted_one_by_one_or_all_of_a_tenant() {
    let (app, _) = open(10).await;
    let acme = app.tenant("acme").unwrap();
    for app in [&app, &acme] {
        for id in [1, 2, 3] {
            let text = text();
            app.dispatch(NoteOnDemand { id, text }).await.unwrap();
            app.snapshot::<OnDemand>(id).await.unwrap();
        }
    }
    assert!(app.delete_snapshot::<OnDemand>(1).await.unwrap());
    assert!(!app.delete_snapshot::<OnDemand>(1).await.unwrap());
    assert_eq!(load::<OnDemand>(&app).await, (1, false));
    assert_eq!(app.delete_all_snapshots().await.unwrap(), 2);
    assert_eq!(load::<OnDemand>(&acme).await, (1, true));
}
