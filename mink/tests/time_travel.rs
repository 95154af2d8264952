//! What an aggregate was, and how it came to be what it is.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use chrono::{DateTime, TimeDelta, Utc};
use mink::command::Clock;
use mink::prelude::*;
use mink::repository::{LoadError, TimeTravelError};
use mink::storage::StreamQuery;
use std::sync::atomic::{AtomicI64, Ordering};

#[event]
struct Deposited {
    cents: i64,
}

#[event]
struct Renamed {
    owner: String,
}

#[event]
struct TagAdded {
    tag: String,
}

#[event]
struct TagRemoved {
    tag: String,
}

#[derive(Aggregate, Default, Clone, Debug, PartialEq, serde::Serialize)]
struct Account {
    cents: i64,
    owner: Option<Owner>,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
struct Owner {
    name: String,
    #[serde(rename = "known as")]
    nick: String,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
struct Tag {
    text: String,
}

#[handlers]
impl Account {
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }
    fn renamed(&mut self, event: &Renamed) {
        self.owner = Some(Owner {
            name: event.owner.clone(),
            nick: event.owner.chars().take(2).collect(),
        });
    }
    fn tag_added(&mut self, event: &TagAdded) {
        self.tags.push(Tag {
            text: event.tag.clone(),
        });
    }
    fn tag_removed(&mut self, event: &TagRemoved) {
        self.tags.retain(|tag| tag.text != event.tag);
    }
}

#[derive(Clone)]
struct SetClock(std::sync::Arc<AtomicI64>);

impl SetClock {
    fn at(&self, second: i64) {
        self.0.store(second, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        second(self.0.load(Ordering::Relaxed))
    }
}

fn second(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

async fn open() -> (Mink, SetClock) {
    let clock = SetClock(std::sync::Arc::default());
    let app = Mink::builder()
        .url("memory://")
        .clock(clock.clone())
        .open()
        .await
        .unwrap();
    (app, clock)
}

async fn deposit(app: &Mink, cents: i64) {
    app.append::<Account>(1, ExpectedVersion::Any, Deposited { cents })
        .await
        .unwrap();
}

/// Versions 1 to 3: 10, 30, 60.
async fn three_deposits() -> Mink {
    let (app, _) = open().await;
    for cents in [10, 20, 30] {
        deposit(&app, cents).await;
    }
    app
}

#[tokio::test]
async fn an_aggregate_is_loaded_as_it_was_at_every_version() {
    let app = three_deposits().await;
    for (version, cents) in [(0, 0), (1, 10), (2, 30), (3, 60)] {
        let account = app.load_at_version::<Account>(1, version).await.unwrap();
        assert_eq!((account.version(), account.cents), (version, cents));
    }
}

#[tokio::test]
async fn a_version_that_was_not_reached_is_an_error_that_names_the_head() {
    let app = three_deposits().await;
    let error = app.load_at_version::<Account>(1, 4).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Account-1` is at version 3: it has not reached version 4"
    );
    assert!(matches!(error, TimeTravelError::BeyondHead { head: 3, .. }));
}

#[tokio::test]
async fn what_never_was_has_no_past() {
    let (app, _) = open().await;
    let not_found = |error| {
        matches!(
            error,
            TimeTravelError::Load(LoadError::NotFound { id, .. }) if id == "7"
        )
    };
    for version in [0, 1] {
        assert!(not_found(
            app.load_at_version::<Account>(7, version)
                .await
                .unwrap_err()
        ));
    }
    assert!(not_found(
        app.load_at::<Account>(7, second(0)).await.unwrap_err()
    ));
    assert!(not_found(app.diff::<Account>(7, 0, 0).await.unwrap_err()));
    let mut history = app.history::<Account>(7).unwrap();
    assert!(not_found(history.next().await.unwrap_err().into()));
    assert!(history.next().await.unwrap().is_none());
}

#[tokio::test]
async fn an_aggregate_is_loaded_as_of_a_time() {
    let (app, clock) = open().await;
    for (time, cents) in [(10, 1), (20, 2), (20, 4), (30, 8)] {
        clock.at(time);
        deposit(&app, cents).await;
    }
    for (time, version, cents) in [(10, 1, 1), (19, 1, 1), (20, 3, 7), (29, 3, 7), (99, 4, 15)] {
        let account = app.load_at::<Account>(1, second(time)).await.unwrap();
        assert_eq!((account.version(), account.cents), (version, cents));
    }
    let early = app.load_at::<Account>(1, second(9)).await.unwrap_err();
    assert!(matches!(early, TimeTravelError::NotYet { first, .. } if first == second(10)));
}

#[tokio::test]
async fn where_clocks_went_back_a_time_shows_the_history_up_to_the_first_later_event() {
    let (app, clock) = open().await;
    for (time, cents) in [(10, 1), (30, 2), (20, 4), (40, 8)] {
        clock.at(time);
        deposit(&app, cents).await;
    }
    for (time, version) in [(10, 1), (20, 1), (29, 1), (30, 3), (39, 3), (40, 4)] {
        let account = app.load_at::<Account>(1, second(time)).await.unwrap();
        assert_eq!(account.version(), version, "at {time}");
    }
}

#[tokio::test]
async fn a_history_tells_every_event_with_the_state_after_it() {
    let (app, clock) = open().await;
    for (time, cents) in [(10, 1), (20, 2)] {
        clock.at(time);
        deposit(&app, cents).await;
    }
    let steps: Vec<_> = app
        .history::<Account>(1)
        .unwrap()
        .steps()
        .try_collect()
        .await
        .unwrap();
    let told: Vec<_> = steps
        .iter()
        .map(|step| {
            let event = &step.event;
            assert!(event.metadata.correlation_id.is_some());
            (
                &*event.event_type,
                event.version,
                event.recorded_at,
                step.state.cents,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("Deposited", 1, second(10), 1),
            ("Deposited", 2, second(20), 3)
        ]
    );
}

#[tokio::test]
async fn a_history_without_copies_lends_the_state() {
    let app = three_deposits().await;
    let mut history = app.history::<Account>(1).unwrap();
    let mut seen = Vec::new();
    while let Some(step) = history.next().await.unwrap() {
        seen.push(step.state.cents);
    }
    assert_eq!(seen, [10, 30, 60]);
    assert_eq!(history.current().version(), 3);
    let seen: Vec<_> = app
        .history::<Account>(1)
        .unwrap()
        .map(|step| step.state.cents)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(seen, [10, 30, 60]);
}

#[tokio::test]
async fn a_history_of_many_pages_is_whole() {
    let (app, _) = open().await;
    let many = StreamQuery::PAGE + 3;
    let events: Vec<_> = (0..many).map(|_| Deposited { cents: 1 }).collect();
    app.append::<Account>(1, ExpectedVersion::NoStream, events)
        .await
        .unwrap();
    let mut history = app.history::<Account>(1).unwrap();
    let mut steps = 0;
    while let Some(step) = history.next().await.unwrap() {
        steps += 1;
        assert_eq!(
            (step.event.version, step.state.cents),
            (steps, steps as i64)
        );
    }
    assert_eq!(steps, many as u64);
    for version in [StreamQuery::PAGE, StreamQuery::PAGE + 1] {
        let account = app
            .load_at_version::<Account>(1, version as u64)
            .await
            .unwrap();
        assert_eq!(account.cents, version as i64);
    }
}

#[tokio::test]
async fn a_history_ends_at_an_event_that_cannot_be_read() {
    let app = three_deposits().await;
    let stream = app.stream_of::<Account>(1).unwrap();
    let mut strange = app
        .batch()
        .append::<Account>(1, ExpectedVersion::Any, Deposited { cents: 0 })
        .unwrap()
        .into_commit()
        .unwrap();
    strange.appends[0].events[0].payload = "{}".into();
    app.storage().commit(&[strange.into()]).await;
    deposit(&app, 1).await;
    let mut history = app.history::<Account>(1).unwrap();
    for _ in 0..3 {
        history.next().await.unwrap().unwrap();
    }
    let error = history.next().await.unwrap_err();
    assert!(
        matches!(error, LoadError::Decode(error) if error.stream == stream && error.version == 4)
    );
    assert!(history.next().await.unwrap().is_none());
    assert_eq!(history.current().version(), 3);
}

#[tokio::test]
async fn a_difference_names_each_place_with_what_was_there_and_what_is() {
    let (app, _) = open().await;
    let tag = |tag: &str| TagAdded {
        tag: tag.to_owned(),
    };
    app.append::<Account>(
        1,
        ExpectedVersion::NoStream,
        (
            Deposited { cents: 5 },
            (tag("a"), tag("b"), tag("c")),
            Renamed {
                owner: "Ada".to_owned(),
            },
            TagRemoved {
                tag: "b".to_owned(),
            },
            tag("d"),
            Renamed {
                owner: "Bob".to_owned(),
            },
        ),
    )
    .await
    .unwrap();
    let diff = app.diff::<Account>(1, 4, 8).await.unwrap();
    assert_eq!(
        diff.to_string(),
        "Account-1, version 4 -> 8\n  owner: null -> {\"known as\":\"Bo\",\"name\":\"Bob\"}\n  tags[1]: - {\"text\":\"b\"}\n  tags[2]: + {\"text\":\"d\"}"
    );
    let diff = app.diff::<Account>(1, 8, 5).await.unwrap();
    assert_eq!(
        diff.to_string(),
        "Account-1, version 8 -> 5\n  owner[\"known as\"]: \"Bo\" -> \"Ad\"\n  owner.name: \"Bob\" -> \"Ada\"\n  tags[1]: + {\"text\":\"b\"}\n  tags[2]: - {\"text\":\"d\"}"
    );
    let change = &diff.changes[1];
    assert_eq!(
        (change.path.as_str(), &change.before),
        ("owner.name", &Some("Bob".into()))
    );
    let same = app.diff::<Account>(1, 3, 3).await.unwrap();
    assert_eq!(same.to_string(), "Account-1, version 3 -> 3: no difference");
}

#[tokio::test]
async fn what_is_printed_for_a_log_shows_no_value() {
    let (app, _) = open().await;
    let owner = "Ada Lovelace".to_owned();
    app.append::<Account>(1, ExpectedVersion::NoStream, Renamed { owner })
        .await
        .unwrap();
    let diff = app.diff::<Account>(1, 0, 1).await.unwrap();
    let mut history = app.history::<Account>(1).unwrap();
    let printed = format!("{diff:?} {:?}", history.next().await.unwrap());
    assert!(printed.contains("owner changed"), "{printed}");
    assert!(!printed.contains("Lovelace"), "{printed}");
    assert!(!format!("{history:?}").contains("Lovelace"));
}
