use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use mink::observe::{CacheUse, SnapshotUse, names};
use mink::prelude::*;
use mink::storage::{Append, Commit, Format, NewEvent, Storage, StreamQuery};

use super::{Account, Deposited, deposit, open};

/// Keeps what an application that is opened on this thread records, apart from every other test.
struct Recorder {
    numbers: Snapshotter,
    _installed: metrics::LocalRecorderGuard<'static>,
}

fn record() -> Recorder {
    let recorder: &'static DebuggingRecorder = Box::leak(Box::default());
    Recorder {
        numbers: recorder.snapshotter(),
        _installed: metrics::set_default_local_recorder(recorder),
    }
}

impl Recorder {
    /// Every number, by `name{label="value"}`: counters and gauges as they are, histograms by how many samples.
    fn read(&self) -> BTreeMap<String, f64> {
        let entries = self.numbers.snapshot().into_vec().into_iter();
        entries
            .map(|(key, _, _, value)| {
                let key = key.key();
                let mut labels: Vec<_> = key
                    .labels()
                    .map(|label| format!("{}={}", label.key(), label.value()))
                    .collect();
                labels.sort();
                let value = match value {
                    DebugValue::Counter(count) => count as f64,
                    DebugValue::Gauge(value) => value.0,
                    DebugValue::Histogram(samples) => samples.len() as f64,
                };
                (format!("{} {}", key.name(), labels.join(" ")), value)
            })
            .collect()
    }
}

fn of(numbers: &BTreeMap<String, f64>, name: &str, labels: &str) -> f64 {
    let key = format!("{name} {labels}");
    *numbers
        .get(key.trim())
        .unwrap_or_else(|| panic!("there is no {key} in {numbers:#?}"))
}

#[tokio::test]
async fn what_is_appended_and_loaded_is_counted_by_name() {
    let recorder = record();
    let (app, _) = open("bank").await;
    app.dispatch(deposit("1", 5)).await.unwrap();
    app.dispatch(deposit("1", 5)).await.unwrap();
    app.load::<Account>("1").await.unwrap();
    let numbers = recorder.read();
    let ended = |operation: &str, status: &str| {
        let labels = format!("operation={operation} service=bank status={status}");
        of(&numbers, names::OPERATIONS, &labels)
    };
    assert_eq!(
        (ended("append", "success"), ended("append", "error")),
        (2.0, 0.0)
    );
    assert_eq!(ended("load", "success"), 3.0);
    let appended = "event_type=Deposited service=bank";
    assert_eq!(of(&numbers, names::EVENTS_APPENDED, appended), 2.0);
    assert_eq!(
        of(&numbers, names::EVENTS_LOADED, "service=bank"),
        1.0 + 2.0
    );
    let durations = of(
        &numbers,
        names::OPERATION_DURATION,
        "operation=append service=bank",
    );
    assert_eq!(durations, 2.0);
    assert_eq!(of(&numbers, names::BATCH_COMMITS, "service=bank"), 2.0);
}

#[tokio::test]
async fn a_conflict_is_counted_and_so_is_every_error_by_its_kind() {
    let recorder = record();
    let (app, store) = open("bank").await;
    let append = || app.append::<Account>("1", ExpectedVersion::NoStream, Deposited { cents: 1 });
    append().await.unwrap();
    append().await.unwrap_err();
    store.close().await;
    append().await.unwrap_err();
    app.load::<Account>("1").await.unwrap_err();
    let numbers = recorder.read();
    let errors = |kind: &str| {
        let labels = format!("error_type={kind} service=bank");
        of(&numbers, names::ERRORS, &labels)
    };
    assert_eq!(of(&numbers, names::CONFLICTS, "service=bank"), 1.0);
    assert_eq!(errors("concurrency_conflict"), 1.0);
    assert_eq!(errors("adapter_closed"), 2.0);
    let failed = "operation=append service=bank status=error";
    assert_eq!(of(&numbers, names::OPERATIONS, failed), 2.0);
}

#[tokio::test]
async fn an_event_that_nobody_declared_is_counted_as_other() {
    let recorder = record();
    let (app, _) = open("bank").await;
    let repository = mink::repository::Repository::observed(
        app.storage().clone(),
        mink::registry(),
        Default::default(),
        std::sync::Arc::new(mink::command::SystemClock),
        mink::observe::Observer::installed("import", &mink::registry()),
    );
    let event = NewEvent {
        id: mink::id::EventId::new(),
        event_type: "whatever a stranger sends".into(),
        schema_version: 1,
        format: Format::Json,
        payload: "{}".into(),
        metadata: Default::default(),
        recorded_at: Default::default(),
    };
    let commit = Commit::new(vec![Append {
        tenant: Default::default(),
        stream: "Account-1".parse().unwrap(),
        expected: ExpectedVersion::Any,
        events: vec![event],
    }]);
    repository.commit(commit.clone()).await.unwrap();
    // recognised: it is not counted twice
    repository.commit(commit).await.unwrap();
    let numbers = recorder.read();
    let other = "event_type=other service=import";
    assert_eq!(of(&numbers, names::EVENTS_APPENDED, other), 1.0);
    assert!(!format!("{numbers:?}").contains("stranger"));
}

#[tokio::test]
async fn every_call_that_reads_is_an_operation() {
    let recorder = record();
    let (app, _) = open("bank").await;
    let receipt = app.dispatch(deposit("1", 5)).await.unwrap();
    let stream = app.stream_of::<Account>("1").unwrap();
    app.read_stream(&stream).next().await.unwrap().unwrap();
    app.read_streams(std::slice::from_ref(&stream))
        .await
        .unwrap();
    app.event(receipt.event_ids()[0]).await.unwrap().unwrap();
    app.stream_info(&stream).await.unwrap().unwrap();
    app.list_streams(|_| {}).await.unwrap();
    app.head().await.unwrap();
    app.feed().page().await.unwrap();
    let numbers = recorder.read();
    for operation in [
        "read_stream",
        "read_streams",
        "get_event",
        "get_stream_info",
        "list_streams",
        "get_last_position",
        "read_feed",
    ] {
        let labels = format!("operation={operation} service=bank status=success");
        assert_eq!(of(&numbers, names::OPERATIONS, &labels), 1.0, "{operation}");
    }
    let opened = "operation=initialize service=bank status=success";
    assert_eq!(of(&numbers, names::OPERATIONS, opened), 0.0);
    Mink::builder()
        .url("memory://")
        .service_name("bank")
        .open()
        .await
        .unwrap();
    assert_eq!(of(&recorder.read(), names::OPERATIONS, opened), 1.0);
}

#[tokio::test]
async fn a_look_at_the_health_sets_the_gauges() {
    let recorder = record();
    let (app, store) = open("bank").await;
    app.dispatch(deposit("1", 5)).await.unwrap();
    assert_eq!(of(&recorder.read(), names::FEED_HEAD, "service=bank"), 0.0);
    app.health().await;
    let numbers = recorder.read();
    assert_eq!(of(&numbers, names::FEED_HEAD, "service=bank"), 1.0);
    assert_eq!(of(&numbers, names::COMMITS_WAITING, "service=bank"), 0.0);
    let query = StreamQuery::new(Default::default(), "Account-1".parse().unwrap());
    assert_eq!(store.read_stream(&query).await.unwrap().version, 1);
}

#[tokio::test]
async fn the_cache_says_what_it_found_and_what_had_to_make_room() {
    let recorder = record();
    let app = Mink::builder()
        .url("memory://")
        .service_name("bank")
        .cached_aggregates(8)
        .open()
        .await
        .unwrap();
    app.dispatch(deposit("1", 5)).await.unwrap();
    app.dispatch(deposit("1", 5)).await.unwrap();
    let numbers = recorder.read();
    let cache = |numbers: &BTreeMap<String, f64>, outcome: &str| {
        let labels = format!("outcome={outcome} service=bank");
        of(numbers, names::CACHE, &labels)
    };
    assert_eq!(
        (cache(&numbers, "hit"), cache(&numbers, "miss")),
        (1.0, 1.0)
    );
    assert_eq!(cache(&numbers, "evicted"), 0.0);
    for id in 100..200 {
        app.dispatch(deposit(&id.to_string(), 5)).await.unwrap();
    }
    let evicted = cache(&recorder.read(), "evicted");
    assert_eq!(evicted as u64, 101 - app.cache_stats().entries);
}

#[tokio::test]
async fn the_cache_and_the_snapshots_have_counters() {
    let recorder = record();
    let (app, _) = open("bank").await;
    let repository = mink::repository::Repository::observed(
        app.storage().clone(),
        mink::registry(),
        Default::default(),
        std::sync::Arc::new(mink::command::SystemClock),
        mink::observe::Observer::installed("bank", &mink::registry()),
    );
    let observer = repository.observer();
    observer.cache(CacheUse::Hit);
    observer.cache(CacheUse::Miss);
    observer.cache(CacheUse::Evicted);
    observer.snapshot(SnapshotUse::Taken);
    observer.snapshot(SnapshotUse::Ignored);
    let numbers = recorder.read();
    for (name, outcome, count) in [
        (names::CACHE, "hit", 1.0),
        (names::CACHE, "miss", 1.0),
        (names::CACHE, "evicted", 1.0),
        (names::CACHE, "confirmed", 0.0),
        (names::SNAPSHOTS, "taken", 1.0),
        (names::SNAPSHOTS, "loaded", 0.0),
        (names::SNAPSHOTS, "ignored", 1.0),
    ] {
        let labels = format!("outcome={outcome} service=bank");
        assert_eq!(of(&numbers, name, &labels), count, "{name} {outcome}");
    }
}

#[tokio::test]
async fn without_a_recorder_nothing_is_counted() {
    let observer = mink::observe::Observer::installed("bank", &mink::registry());
    assert_eq!(observer.counts_as(), None);
    let recorder = record();
    let (app, _) = {
        // opened on a thread without the recorder
        let opened = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(open("bank"))
        });
        opened.join().unwrap()
    };
    app.dispatch(deposit("1", 5)).await.unwrap();
    assert_eq!(recorder.read(), BTreeMap::new());
}
