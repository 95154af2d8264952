//! A change of a stream whose connection is cut in the middle: all of it or nothing, and the same call again finishes.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use mink_postgres::PostgresStore;
use mink_runtime::app::{ChangeError, Mink, StreamLifecycle};
use mink_runtime::archive::{Archive, ArchiveError, ArchivePart, FileArchive};
use mink_runtime::id::{StreamId, TenantId};
use mink_runtime::storage::{ExpectedVersion, LifecycleError, StreamChanged};
use mink_stress::domain::{Ledger, Part, registry};
use mink_stress::proxy::{Cut, Proxy};
use mink_stress::server::{Server, drop_database};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

const CUTS: [Cut; 3] = [Cut::BeforeRequest, Cut::AmidRequest, Cut::BeforeAnswer];
const CHANGES: [Change; 5] = [
    Change::Delete,
    Change::Undelete,
    Change::Truncate,
    Change::Archive,
    Change::Restore,
];
/// What a change is about, of a ledger with [`EVENTS`] events.
const BEFORE: u64 = 6;
const EVENTS: u32 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Delete,
    Undelete,
    Truncate,
    Archive,
    Restore,
}

impl Change {
    /// A piece of each statement of its transaction but the last.
    fn statements(self) -> Vec<&'static str> {
        let touch = match self {
            Self::Delete | Self::Undelete => None,
            Self::Truncate | Self::Archive => Some("SET format = $5"),
            Self::Restore => Some("SET format = ($8"),
        };
        let mut all = vec!["BEGIN", "s.deleted\nFROM"];
        all.extend(touch);
        all.extend(["SET first = $3", "p.version < $3 - 1"]);
        all
    }

    fn events(self) -> u64 {
        match self {
            Self::Delete | Self::Undelete => 0,
            Self::Truncate | Self::Archive | Self::Restore => BEFORE - 1,
        }
    }
}

/// The stream's row, and of each event its version, format, and the bytes of its payload as text.
#[derive(Debug, PartialEq, Eq)]
struct Stored {
    marks: (i64, i64, i64, bool),
    events: Vec<(i64, String, Option<String>)>,
}

struct Ground {
    server: Server,
    direct: String,
    proxy: Arc<Proxy>,
    app: Mink,
    /// A way around the proxy.
    outside: PgConnection,
    folder: TempDir,
    archive: FileArchive,
}

impl Ground {
    async fn open() -> Self {
        let server = Server::given_or_private().unwrap();
        let direct = server.create_database().await.unwrap();
        let proxy = Arc::new(Proxy::start(&direct).await.unwrap());
        let app = Mink::builder()
            .storage(PostgresStore::open(proxy.url()).await.unwrap())
            .registry(registry())
            .open()
            .await
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self {
            outside: PgConnection::connect(&direct).await.unwrap(),
            server,
            direct,
            proxy,
            app,
            archive: FileArchive::new(folder.path()),
            folder,
        }
    }

    async fn write(&self, id: &str, count: u32) {
        let parts: Vec<_> = (0..count)
            .map(|number| Part::new("c", number, count, String::new()))
            .collect();
        self.app
            .append::<Ledger>(id, ExpectedVersion::NoStream, parts)
            .await
            .unwrap();
    }

    fn lifecycle(&self, id: &str) -> StreamLifecycle<Ledger> {
        self.app.lifecycle(id).unwrap()
    }

    /// A ledger that the change can be made to.
    async fn ready(&self, change: Change, id: &str) {
        self.write(id, EVENTS).await;
        match change {
            Change::Undelete => self.change(Change::Delete, id).await.unwrap(),
            Change::Restore => self.change(Change::Archive, id).await.unwrap(),
            _ => return,
        };
    }

    async fn change(&self, change: Change, id: &str) -> Result<StreamChanged, ChangeError> {
        let lifecycle = self.lifecycle(id);
        match change {
            Change::Delete => lifecycle.delete().await,
            Change::Undelete => lifecycle.undelete().await,
            Change::Truncate => lifecycle.truncate_before(BEFORE).await,
            Change::Archive => lifecycle.archive_before(BEFORE, &self.archive).await,
            Change::Restore => lifecycle.restore(&self.archive).await,
        }
    }

    async fn stored(&mut self, id: &str) -> Stored {
        let stream = format!("Ledger-{id}");
        let marks = sqlx::query_as(
            "SELECT version, first, truncated, deleted FROM mink.streams WHERE stream = $1",
        )
        .bind(&stream)
        .fetch_one(&mut self.outside)
        .await
        .unwrap();
        let events = sqlx::query_as(
            "SELECT version, format, payload::text FROM mink.events WHERE stream = $1 ORDER BY 1",
        )
        .bind(&stream)
        .fetch_all(&mut self.outside)
        .await
        .unwrap();
        Stored { marks, events }
    }

    /// How many events, and how many bytes of payload, the store and the archive have together.
    async fn sum(&mut self, id: &str) -> (u64, usize) {
        let mut all = std::collections::BTreeMap::new();
        let (tenant, stream) = (self.app.tenant_id(), self.lifecycle(id).stream().clone());
        for part in self.archive.parts(tenant, &stream).await.unwrap() {
            let content = self.archive.get(&part).await.unwrap().unwrap();
            let events = part.decode(&content, &self.archive.place(&part)).unwrap();
            for event in events {
                all.insert(event.event.version, event.event.payload.len());
            }
        }
        let kept = self.stored(id).await;
        for (version, _, payload) in kept.events {
            if let Some(payload) = payload {
                let bytes = all.insert(u64::try_from(version).unwrap(), payload.len());
                assert!(bytes.is_none_or(|bytes| bytes == payload.len()));
            }
        }
        (all.len() as u64, all.values().sum())
    }

    async fn close(self) {
        self.app.shutdown().await.unwrap();
        drop(self.proxy);
        self.outside.close().await.unwrap();
        if let Server::Given(admin) = &self.server {
            drop_database(admin, &self.direct).await.unwrap();
        }
        self.folder.close().unwrap();
    }
}

fn is_unknown(error: &ChangeError) -> bool {
    matches!(
        error,
        ChangeError::Change(LifecycleError::OutcomeUnknown { .. })
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_end_is_cut_off_has_an_unknown_outcome_and_the_same_call_again_finishes() {
    let mut ground = Ground::open().await;
    for change in CHANGES {
        for cut in CUTS {
            let case = format!("{change:?}.{cut:?}");
            let twin = format!("{case}.twin");
            ground.ready(change, &twin).await;
            ground.change(change, &twin).await.unwrap();
            let after = ground.stored(&twin).await;
            ground.ready(change, &case).await;
            let before = ground.stored(&case).await;
            assert_ne!(before, after, "{case}");

            let cuts = ground.proxy.cuts();
            ground.proxy.cut_next(cut, "COMMIT");
            let error = ground.change(change, &case).await.unwrap_err();
            assert!(is_unknown(&error), "{case}: {error}");
            assert_eq!(ground.proxy.cuts(), cuts + 1, "{case}");
            let done = cut == Cut::BeforeAnswer;
            let expected = if done { &after } else { &before };
            assert_eq!(&ground.stored(&case).await, expected, "{case}");

            let again = ground.change(change, &case).await.unwrap();
            let events = if done { 0 } else { change.events() };
            assert_eq!(again.events, events, "{case}");
            assert_eq!(again.first, u64::try_from(after.marks.1).unwrap(), "{case}");
            assert_eq!(ground.stored(&case).await, after, "{case}");
        }
    }
    ground.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_cut_off_before_its_end_is_made_once_on_another_connection() {
    let mut ground = Ground::open().await;
    for change in CHANGES {
        for (number, statement) in change.statements().into_iter().enumerate() {
            for cut in CUTS {
                let case = format!("{change:?}.{number}.{cut:?}");
                let twin = format!("{case}.twin");
                ground.ready(change, &twin).await;
                ground.ready(change, &case).await;
                // what is cut off is the statement, and not that it is prepared
                let answer = ground.change(change, &twin).await.unwrap();
                let cuts = ground.proxy.cuts();
                ground.proxy.cut_next(cut, statement);
                let changed = ground.change(change, &case).await.unwrap();
                assert_eq!(changed, answer, "{case}");
                assert_eq!(ground.proxy.cuts(), cuts + 1, "{case}");
                let twin = ground.stored(&twin).await;
                assert_eq!(ground.stored(&case).await, twin, "{case}");
            }
        }
    }
    ground.close().await;
}

/// Cuts off the end of the change that lets go of the `at`th part that is put.
struct CutAfter {
    archive: FileArchive,
    proxy: Arc<Proxy>,
    cut: Cut,
    at: u32,
    puts: AtomicU32,
}

impl Archive for CutAfter {
    fn place(&self, part: &ArchivePart) -> String {
        self.archive.place(part)
    }

    fn parts<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: &'a StreamId,
    ) -> BoxFuture<'a, Result<Vec<ArchivePart>, ArchiveError>> {
        self.archive.parts(tenant, stream)
    }

    fn put<'a>(
        &'a self,
        part: &'a ArchivePart,
        content: Bytes,
    ) -> BoxFuture<'a, Result<(), ArchiveError>> {
        if self.puts.fetch_add(1, Ordering::Relaxed) + 1 == self.at {
            self.proxy.cut_next(self.cut, "COMMIT");
        }
        self.archive.put(part, content)
    }

    fn get<'a>(
        &'a self,
        part: &'a ArchivePart,
    ) -> BoxFuture<'a, Result<Option<Bytes>, ArchiveError>> {
        self.archive.get(part)
    }

    fn remove<'a>(&'a self, part: &'a ArchivePart) -> BoxFuture<'a, Result<bool, ArchiveError>> {
        self.archive.remove(part)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archiving_that_is_cut_off_between_its_parts_goes_on_and_loses_no_byte() {
    const COUNT: u32 = 9000;
    const LAST: u64 = 8500;
    /// As many as go into one part.
    const PART: u64 = 4096;
    let mut ground = Ground::open().await;
    for (cut, at) in [
        (Cut::BeforeRequest, 2),
        (Cut::AmidRequest, 1),
        (Cut::BeforeAnswer, 2),
        (Cut::BeforeAnswer, 3),
    ] {
        let id = format!("{cut:?}.{at}");
        ground.write(&id, COUNT).await;
        let whole = ground.stored(&id).await;
        let sum = ground.sum(&id).await;
        assert_eq!(sum.0, u64::from(COUNT));
        let cutting = CutAfter {
            archive: ground.archive.clone(),
            proxy: Arc::clone(&ground.proxy),
            cut,
            at,
            puts: AtomicU32::new(0),
        };
        let lifecycle = ground.lifecycle(&id);
        let error = lifecycle
            .archive_before(LAST + 1, &cutting)
            .await
            .unwrap_err();
        assert!(is_unknown(&error), "{id}: {error}");
        assert_eq!(ground.sum(&id).await, sum, "{id}");
        let parts = if cut == Cut::BeforeAnswer { at } else { at - 1 };
        let moved = (u64::from(parts) * PART).min(LAST);
        assert_eq!(lifecycle.info().await.unwrap().first, moved + 1, "{id}");

        let rest = lifecycle.archive_before(LAST + 1, &ground.archive).await;
        let rest = rest.unwrap();
        assert_eq!((rest.events, rest.first), (LAST - moved, LAST + 1), "{id}");
        assert_eq!(ground.sum(&id).await, sum, "{id}");

        ground.proxy.cut_next(cut, "COMMIT");
        let error = lifecycle.restore(&ground.archive).await.unwrap_err();
        assert!(is_unknown(&error), "{id}: {error}");
        assert_eq!(ground.sum(&id).await, sum, "{id}");
        lifecycle.restore(&ground.archive).await.unwrap();
        assert_eq!(ground.stored(&id).await, whole, "{id}");
    }
    ground.close().await;
}
