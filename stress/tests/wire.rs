//! What goes over the wire to PostgreSQL: how often it is asked, and what becomes of a commit that is cut off.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

#[path = "wire/trips.rs"]
mod trips;

use std::sync::Arc;
use std::time::{Duration, Instant};

use mink_postgres::PostgresStore;
use mink_runtime::app::Mink;
use mink_runtime::id::{EventId, StreamId, TenantId};
use mink_runtime::metadata::Metadata;
use mink_runtime::registry::Registry;
use mink_runtime::storage::{
    Append, Commit, ExpectedVersion, Fingerprint, Format, IdempotencyRecord, KeyDigest, NewEvent,
    Snapshot, Storage, StreamQuery,
};
use mink_stress::domain::{Ledger, Part, Write, registry};
use mink_stress::proxy::{Cut, Proxy, Trip};
use mink_stress::server::{Server, drop_database};
use sqlx::{Connection, PgConnection};

/// What the SQL of a commit holds, and that of a turn at the sequencer.
const COMMIT: &str = "commit_batch(";
/// What a value that comes alone is committed by when its stream is there.
const ONE_STREAM: &str = "WITH grown";
/// What many values of one event each are committed by when their streams are there.
const EVENT_EACH: &str = "WITH held";
const TICK: &str = "tick(";
/// What it asks once, before its first turn.
const CLUSTER: &str = "pg_control_system";
/// What a connection that is new is told, the sequencer's too, whenever it comes to open one.
const SESSION: &str = "SET lock_timeout";

struct Wire {
    server: Server,
    direct: String,
    proxy: Proxy,
    app: Mink,
}

impl Wire {
    async fn open() -> Self {
        Self::of(registry()).await
    }

    async fn of(registry: Registry) -> Self {
        let server = Server::given_or_private().unwrap();
        let direct = server.create_database().await.unwrap();
        PostgresStore::open(&direct).await.unwrap().close().await;
        let proxy = Proxy::start(&direct).await.unwrap();
        let app = open(proxy.url(), registry).await;
        Self {
            server,
            direct,
            proxy,
            app,
        }
    }

    /// Every connection that the tests use prepares its statements.
    async fn warm(&self) {
        for round in 0..4 {
            let writes = (0..64).map(|n| self.app.dispatch(write(&format!("warm{round}.{n}"), 1)));
            for done in futures_util::future::join_all(writes).await {
                done.unwrap();
            }
        }
        // To a stream that is new, and one or some events to one that is there: they go by statements of their own.
        for n in 0..16 {
            for count in [1, 3] {
                let write = write(&format!("alone.{}", n / 2), count);
                self.app.dispatch(write).await.unwrap();
            }
        }
    }

    /// The round trips that `work` waited for: not those of the sequencer, which runs beside it.
    async fn trips<T>(&self, work: impl Future<Output = T>) -> (T, Vec<Trip>) {
        self.proxy.forget();
        let done = work.await;
        let mut trips = self.proxy.trips();
        let beside = [TICK, CLUSTER, SESSION];
        trips.retain(|trip| !beside.iter().any(|text| trip.sql.contains(text)));
        (done, trips)
    }

    async fn close(self) {
        self.app.shutdown().await.unwrap();
        drop(self.proxy);
        if let Server::Given(admin) = &self.server {
            drop_database(admin, &self.direct).await.unwrap();
        }
    }
}

async fn open(url: &str, registry: Registry) -> Mink {
    Mink::builder()
        .storage(PostgresStore::open(url).await.unwrap())
        .registry(registry)
        .open()
        .await
        .unwrap()
}

fn parts(count: u32) -> Vec<Part> {
    (0..count)
        .map(|number| Part::new("c", number, count, String::new()))
        .collect()
}

fn write(ledger: &str, count: u32) -> Write {
    Write {
        ledger: ledger.to_owned(),
        parts: parts(count),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_dispatch_takes_two_round_trips_a_hot_one_and_an_append_one() {
    let wire = Wire::open().await;
    wire.warm().await;
    let (done, trips) = wire.trips(wire.app.dispatch(write("cold", 3))).await;
    done.unwrap();
    assert_eq!(trips.len(), 2, "{trips:#?}");
    for version in [6, 9] {
        let (done, trips) = wire.trips(wire.app.dispatch(write("cold", 3))).await;
        assert_eq!(done.unwrap().version(), version);
        assert_eq!(trips.len(), 1, "{trips:#?}");
    }
    let (done, trips) = wire.trips(wire.app.dispatch(write("cold", 0))).await;
    assert_eq!(done.unwrap().version(), 9, "nothing to do, and looked up");
    assert_eq!(trips.len(), 1, "{trips:#?}");
    let append = wire
        .app
        .append::<Ledger>("appended", ExpectedVersion::NoStream, parts(3));
    let (done, trips) = wire.trips(append).await;
    done.unwrap();
    assert_eq!(trips.len(), 1, "{trips:#?}");
    wire.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_under_a_key_and_a_read_from_a_snapshot_take_one_round_trip() {
    let wire = Wire::open().await;
    wire.app.dispatch(write("kept", 3)).await.unwrap();
    let store = wire.app.storage().clone();
    let tenant = TenantId::default();
    let stream = StreamId::new("Ledger-kept").unwrap();
    let snapshot = Snapshot {
        tenant: tenant.clone(),
        stream: stream.clone(),
        version: 2,
        fingerprint: Fingerprint([1; 32]),
        format: Format::Json,
        payload: "{}".into(),
        taken_at: chrono::Utc::now(),
    };
    store.save_snapshot(&snapshot).await.unwrap();
    let query = StreamQuery::new(tenant.clone(), stream.clone());
    let keyed = |key: &str| {
        let event = NewEvent {
            id: EventId::new(),
            event_type: "Noted".into(),
            schema_version: 1,
            format: Format::Json,
            payload: "{}".into(),
            metadata: Metadata::default(),
            recorded_at: chrono::Utc::now(),
        };
        let append = Append {
            tenant: tenant.clone(),
            stream: stream.clone(),
            expected: ExpectedVersion::Any,
            events: vec![event],
        };
        let record = IdempotencyRecord {
            tenant: tenant.clone(),
            key: KeyDigest::of(key),
            command: "Note".into(),
            fingerprint: [1; 32],
            answer: "done".into(),
            keep_for: Duration::from_secs(3600),
            owner: None,
        };
        [Arc::new(Commit::new(vec![append]).with_idempotency(record))]
    };
    let fingerprint = snapshot.fingerprint;
    // The first time a connection prepares its statements.
    store.commit(&keyed("first")).await.remove(0).unwrap();
    store
        .read_from_snapshot(&query, &fingerprint)
        .await
        .unwrap();

    let second = keyed("second");
    let (done, trips) = wire.trips(store.commit(&second)).await;
    done.into_iter().next().unwrap().unwrap();
    assert_eq!(trips.len(), 1, "{trips:#?}");
    let read = store.read_from_snapshot(&query, &fingerprint);
    let (read, trips) = wire.trips(read).await;
    let read = read.unwrap();
    assert_eq!(read.snapshot.map(|snapshot| snapshot.version), Some(2));
    assert_eq!(read.page.events.len(), 3);
    assert_eq!(trips.len(), 1, "{trips:#?}");
    wire.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_appends_at_once_share_their_round_trips() {
    let wire = Wire::open().await;
    wire.warm().await;
    // one millisecond of way, as between two machines: what arrives meanwhile goes together
    wire.proxy.delay(Duration::from_millis(1));
    let appends = (0..64).map(|n| {
        let app = wire.app.clone();
        async move {
            app.append::<Ledger>(format!("group.{n}"), ExpectedVersion::NoStream, parts(1))
                .await
        }
    });
    let (done, trips) = wire.trips(futures_util::future::join_all(appends)).await;
    for done in done {
        done.unwrap();
    }
    println!("64 appends took {} round trips", trips.len());
    assert!(trips.len() <= 16, "{trips:#?}");
    // Now that the streams are there, one plain statement does for many, and nothing is left to ask the function.
    for version in 1..4 {
        let appends = (0..64).map(|n| {
            let expected = ExpectedVersion::Exact(version);
            let append = (wire.app).append::<Ledger>(format!("group.{n}"), expected, parts(1));
            async move { append.await.map(|receipt| receipt.version()) }
        });
        let (done, trips) = wire.trips(futures_util::future::join_all(appends)).await;
        for done in done {
            assert_eq!(done.unwrap(), version + 1);
        }
        let is_asked = trips.iter().any(|trip| trip.sql.contains(COMMIT));
        assert!(!is_asked && trips.len() <= 16, "{trips:#?}");
        assert!(trips.iter().any(|trip| trip.sql.contains(EVENT_EACH)));
    }
    wire.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_cut_off_anywhere_is_settled_and_happens_once() {
    let wire = Wire::open().await;
    wire.warm().await;
    for cut in [Cut::BeforeRequest, Cut::AmidRequest, Cut::BeforeAnswer] {
        let before = wire.proxy.cuts();
        let name = format!("dispatched.{cut:?}");
        wire.proxy.cut_next(cut, COMMIT);
        let receipt = wire.app.dispatch(write(&name, 3)).await.unwrap();
        assert_eq!(receipt.version(), 3, "{cut:?}");
        assert_eq!(wire.proxy.cuts(), before + 1, "{cut:?}");
        assert_eq!(wire.app.load::<Ledger>(&name).await.unwrap().parts, 3);

        wire.proxy.cut_next(cut, ONE_STREAM);
        let receipt = wire.app.dispatch(write(&name, 3)).await.unwrap();
        assert_eq!(receipt.version(), 6, "{cut:?}");
        assert_eq!(wire.proxy.cuts(), before + 2, "{cut:?}");
        assert_eq!(wire.app.load::<Ledger>(&name).await.unwrap().parts, 6);

        let name = format!("appended.{cut:?}");
        wire.proxy.cut_next(cut, COMMIT);
        let append = wire
            .app
            .append::<Ledger>(&name, ExpectedVersion::Any, parts(2));
        assert_eq!(append.await.unwrap().version(), 2, "{cut:?}");
        assert_eq!(wire.proxy.cuts(), before + 3, "{cut:?}");
        assert_eq!(wire.app.load::<Ledger>(&name).await.unwrap().parts, 2);
    }
    wire.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequencer_that_is_cut_off_strands_no_event() {
    let wire = Wire::open().await;
    for cut in [Cut::BeforeRequest, Cut::AmidRequest, Cut::BeforeAnswer] {
        wire.proxy.cut_next(cut, TICK);
        let receipt = wire.app.dispatch(write("ledger", 1)).await.unwrap();
        let waited = Duration::from_secs(10);
        let position = tokio::time::timeout(waited, wire.app.wait_for(&receipt));
        assert_eq!(position.await.unwrap().unwrap().0, receipt.version());
    }
    assert_eq!(wire.proxy.cuts(), 3);
    wire.close().await;
}

/// Commits to `count` streams, some at a time, and gives the 99th percentile of the time each took.
async fn p99(app: &Mink, name: &str, count: usize) -> Duration {
    let mut times = Vec::new();
    for round in 0..count / 16 {
        let commits = (0..16).map(|n| async move {
            let began = Instant::now();
            app.dispatch(write(&format!("{name}.{round}.{n}"), 1))
                .await
                .unwrap();
            began.elapsed()
        });
        times.extend(futures_util::future::join_all(commits).await);
    }
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_a_foreign_session_holds_keeps_no_other_commit_waiting() {
    let wire = Wire::open().await;
    wire.app.dispatch(write("held", 1)).await.unwrap();
    p99(&wire.app, "warm", 320).await;
    let free = p99(&wire.app, "free", 640).await;

    let mut foreign = PgConnection::connect(&wire.direct).await.unwrap();
    let mut holding = foreign.begin().await.unwrap();
    sqlx::query("SELECT version FROM mink.streams WHERE stream = 'Ledger-held' FOR UPDATE")
        .execute(&mut *holding)
        .await
        .unwrap();
    let app = wire.app.clone();
    let waiting = tokio::spawn(async move { app.dispatch(write("held", 1)).await });
    // all of these come to their end while the foreign session still holds the stream
    let held = p99(&wire.app, "beside", 640).await;
    assert!(!waiting.is_finished());
    holding.rollback().await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().version(), 2);

    let ratio = held.as_secs_f64() / free.as_secs_f64();
    println!("p99 {free:?} with all streams free, {held:?} with one held: ratio {ratio:.2}");
    wire.close().await;
    foreign.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_the_store_holds_no_password() {
    let wire = Wire::open().await;
    let secret = wire.direct.split(['@', ':']).nth(2).unwrap_or_default();
    assert!(secret.is_empty() || !wire.app.storage().name().contains(secret));
    wire.close().await;
}
