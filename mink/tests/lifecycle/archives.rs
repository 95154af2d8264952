//! What can be wrong with an archive.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use mink::app::ChangeError;
use mink::archive::{Archive, ArchiveError, ArchivePart, FileArchive};
use mink::id::{StreamId, TenantId};
use mink::prelude::*;
use mink::storage::StreamChanged;
use tempfile::TempDir;

use crate::domain::{
    Account, carry, changed, deposit, deposits, events, in_memory, of_the_archive,
};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    files
}

/// An account whose five deposits are archived, and the file.
async fn archived() -> (Mink, FileArchive, TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::new(folder.path());
    let app = in_memory().await;
    deposits(&app, "1", 4).await;
    // what must never be shown
    deposit(&app, "1", 4_815_162_342).await;
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    assert_eq!(
        lifecycle.archive_all(&archive).await.unwrap(),
        changed(5, 6)
    );
    let [file] = &files(folder.path())[..] else {
        panic!("one file is expected");
    };
    let file = file.clone();
    (app, archive, folder, file)
}

async fn restore(app: &Mink, archive: &FileArchive) -> ArchiveError {
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    of_the_archive(lifecycle.restore(archive).await.unwrap_err())
}

fn names(error: &ArchiveError, file: &Path) {
    let text = error.to_string();
    assert!(text.contains(&file.display().to_string()), "{text}");
    assert!(!format!("{error:?}{text}").contains("4815162342"), "{text}");
}

#[tokio::test]
async fn a_file_that_is_damaged_anywhere_is_named_and_nothing_is_restored() {
    let (app, archive, _folder, file) = archived().await;
    let whole = std::fs::read(&file).unwrap();
    let mut damages: Vec<Vec<u8>> = vec![Vec::new(), b"\n".to_vec(), b"\n\n".to_vec()];
    for at in (0..whole.len()).step_by(7) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        damages.push(flipped);
        damages.push(whole[..at].to_vec());
    }
    let text = String::from_utf8(whole.clone()).unwrap();
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    for without in 0..lines.len() {
        let mut lines = lines.clone();
        lines.remove(without);
        damages.push(lines.concat().into_bytes());
    }
    for damage in damages {
        std::fs::write(&file, &damage).unwrap();
        let error = restore(&app, &archive).await;
        assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}");
        names(&error, &file);
    }
    std::fs::write(&file, whole).unwrap();
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    assert_eq!(lifecycle.restore(&archive).await.unwrap(), changed(5, 1));
}

#[tokio::test]
async fn a_file_that_is_missing_is_named() {
    let (app, archive, _folder, file) = archived().await;
    let elsewhere = file.with_extension("away");
    std::fs::rename(&file, &elsewhere).unwrap();
    let error = restore(&app, &archive).await;
    assert!(
        matches!(error, ArchiveError::Missing { last: 5, .. }),
        "{error}"
    );
    names(&error, &file);
    std::fs::rename(elsewhere, &file).unwrap();
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    assert_eq!(lifecycle.restore(&archive).await.unwrap(), changed(5, 1));
}

#[tokio::test]
async fn a_file_of_another_stream_or_tenant_is_refused_under_this_ones_name() {
    let (app, archive, _folder, file) = archived().await;
    for (other, id) in [(app.clone(), "2"), (app.tenant("other").unwrap(), "1")] {
        deposits(&other, id, 5).await;
        let lifecycle = other.lifecycle::<Account>(id).unwrap();
        lifecycle.archive_all(&archive).await.unwrap();
        let part = ArchivePart {
            tenant: other.tenant_id().clone(),
            stream: other.stream_of::<Account>(id).unwrap(),
            first: 1,
            last: 5,
        };
        std::fs::copy(archive.place(&part), &file).unwrap();
        let error = restore(&app, &archive).await;
        assert!(matches!(error, ArchiveError::Foreign { .. }), "{error}");
        names(&error, &file);
    }
}

#[tokio::test]
async fn a_file_of_another_database_is_refused() {
    let (app, _, _folder, file) = archived().await;
    let (_, other, _other_folder, _) = archived().await;
    let error = restore(&app, &other).await;
    assert!(
        matches!(error, ArchiveError::NotRestorable { version: 1, .. }),
        "{error}"
    );
    drop(file);
    assert_eq!(events(&app, "1").await, []);
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_told_from_a_damaged_one() {
    use sha2::Digest;
    let (app, archive, _folder, file) = archived().await;
    let head = "{\"mink_archive\":2}\n";
    let sum = format!("{:x}", sha2::Sha256::digest(head));
    std::fs::write(&file, format!("{head}{{\"sha256\":\"{sum}\"}}\n")).unwrap();
    let error = restore(&app, &archive).await;
    assert!(
        matches!(
            error,
            ArchiveError::TooNew {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn nothing_leaves_the_store_when_an_earlier_file_tells_its_events_differently() {
    let (_, archive, folder, file) = archived().await;
    // another database that goes by the same directory
    let app = in_memory().await;
    deposits(&app, "1", 7).await;
    let before = events(&app, "1").await;
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    for answer in [
        lifecycle.archive_all(&archive).await,
        lifecycle.archive_before(6, &archive).await,
        lifecycle.archive_before(3, &archive).await,
        lifecycle.compact_into(&archive, carry).await,
    ] {
        let error = of_the_archive(answer.unwrap_err());
        assert!(
            matches!(error, ArchiveError::Differs { version: 1, .. }),
            "{error}"
        );
        names(&error, &file);
    }
    assert_eq!(events(&app, "1").await[..7], before);
    assert_eq!(files(folder.path()), [file]);
}

#[tokio::test]
async fn a_file_that_a_killed_run_left_is_taken_over_also_by_a_run_to_another_version() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, archive) = (folder.path().join("kept"), folder.path().join("archive"));
    let (kept, archive) = (FileArchive::new(kept), FileArchive::new(archive));
    let app = in_memory().await;
    deposits(&app, "1", 9).await;
    let before = events(&app, "1").await;
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    lifecycle.archive_before(6, &kept).await.unwrap();
    lifecycle.restore(&kept).await.unwrap();
    // as a run leaves it that is killed between the file and the store
    let part = ArchivePart {
        tenant: TenantId::default(),
        stream: app.stream_of::<Account>("1").unwrap(),
        first: 1,
        last: 5,
    };
    let content = kept.get(&part).await.unwrap().unwrap();
    archive.put(&part, content).await.unwrap();
    let unfinished = Path::new(&archive.place(&part)).with_file_name("left.tmp");
    std::fs::write(&unfinished, "half a").unwrap();

    for version in [4, 6, 10] {
        lifecycle.archive_before(version, &archive).await.unwrap();
    }
    assert!(!unfinished.exists());
    assert_eq!(lifecycle.restore(&archive).await.unwrap(), changed(9, 1));
    assert_eq!(events(&app, "1").await, before);
}

#[tokio::test]
async fn a_long_stream_is_moved_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::new(folder.path());
    let app = in_memory().await;
    let many: Vec<_> = (0..9000)
        .map(|cents| crate::domain::Deposited { cents })
        .collect();
    app.append::<Account>("1", ExpectedVersion::NoStream, many)
        .await
        .unwrap();
    let before = events(&app, "1").await;
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    assert_eq!(
        lifecycle.archive_all(&archive).await.unwrap(),
        changed(9000, 9001)
    );
    assert_eq!(files(folder.path()).len(), 3);
    assert_eq!(lifecycle.restore(&archive).await.unwrap(), changed(9000, 1));
    assert_eq!(events(&app, "1").await, before);
}

/// An archive that forgets, or changes, what it is given.
struct Careless(Mutex<Option<Bytes>>);

impl Archive for Careless {
    fn place(&self, _: &ArchivePart) -> String {
        "a sieve".to_owned()
    }
    fn parts<'a>(
        &'a self,
        _: &'a TenantId,
        _: &'a StreamId,
    ) -> BoxFuture<'a, Result<Vec<ArchivePart>, ArchiveError>> {
        async { Ok(Vec::new()) }.boxed()
    }
    fn put<'a>(&'a self, _: &'a ArchivePart, _: Bytes) -> BoxFuture<'a, Result<(), ArchiveError>> {
        async { Ok(()) }.boxed()
    }
    fn get<'a>(&'a self, _: &'a ArchivePart) -> BoxFuture<'a, Result<Option<Bytes>, ArchiveError>> {
        async { Ok(self.0.lock().unwrap().clone()) }.boxed()
    }
    fn remove<'a>(&'a self, _: &'a ArchivePart) -> BoxFuture<'a, Result<bool, ArchiveError>> {
        async { Ok(false) }.boxed()
    }
}

#[tokio::test]
async fn nothing_leaves_the_store_when_the_archive_does_not_give_back_what_it_was_given() {
    let app = in_memory().await;
    deposits(&app, "1", 3).await;
    let before = events(&app, "1").await;
    for kept in [None, Some(Bytes::from_static(b"something"))] {
        let archive = Careless(Mutex::new(kept));
        let lifecycle = app.lifecycle::<Account>("1").unwrap();
        let error = of_the_archive(lifecycle.archive_all(&archive).await.unwrap_err());
        assert!(matches!(error, ArchiveError::NotKept { .. }), "{error}");
    }
    assert_eq!(events(&app, "1").await, before);
}

#[tokio::test]
async fn an_archive_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let app = in_memory().await;
    deposits(&app, "1", 3).await;
    let lifecycle = app.lifecycle::<Account>("1").unwrap();
    let archive = FileArchive::new(&file);
    let error = of_the_archive(lifecycle.archive_all(&archive).await.unwrap_err());
    assert!(matches!(error, ArchiveError::Failed { .. }), "{error}");
    names(&error, &file);
    assert_eq!(events(&app, "1").await.len(), 3);
}

#[tokio::test]
async fn a_part_is_removed_by_its_owner_only() {
    let (app, archive, folder, _) = archived().await;
    let stream = app.stream_of::<Account>("1").unwrap();
    app.lifecycle::<Account>("1")
        .unwrap()
        .restore(&archive)
        .await
        .unwrap();
    for part in archive.parts(app.tenant_id(), &stream).await.unwrap() {
        assert!(archive.remove(&part).await.unwrap());
        assert!(!archive.remove(&part).await.unwrap());
    }
    assert!(files(folder.path()).is_empty());
}

/// An archive that fails once, at the step whose turn it is: before it, or behind it with the answer lost.
struct Failing<'a> {
    archive: &'a FileArchive,
    steps: AtomicI64,
    behind: bool,
}

impl Failing<'_> {
    async fn step<T>(
        &self,
        step: BoxFuture<'_, Result<T, ArchiveError>>,
    ) -> Result<T, ArchiveError> {
        let fails = self.steps.fetch_sub(1, Ordering::Relaxed) == 0;
        if fails && self.behind {
            step.await?;
        } else if !fails {
            return step.await;
        }
        Err(ArchiveError::Failed {
            action: "do",
            place: "everything".to_owned(),
            reason: std::sync::Arc::new(std::io::Error::other("the network is down")),
        })
    }
}

impl Archive for Failing<'_> {
    fn place(&self, part: &ArchivePart) -> String {
        self.archive.place(part)
    }
    fn parts<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: &'a StreamId,
    ) -> BoxFuture<'a, Result<Vec<ArchivePart>, ArchiveError>> {
        self.step(self.archive.parts(tenant, stream)).boxed()
    }
    fn put<'a>(
        &'a self,
        part: &'a ArchivePart,
        content: Bytes,
    ) -> BoxFuture<'a, Result<(), ArchiveError>> {
        self.step(self.archive.put(part, content)).boxed()
    }
    fn get<'a>(
        &'a self,
        part: &'a ArchivePart,
    ) -> BoxFuture<'a, Result<Option<Bytes>, ArchiveError>> {
        self.step(self.archive.get(part)).boxed()
    }
    fn remove<'a>(&'a self, part: &'a ArchivePart) -> BoxFuture<'a, Result<bool, ArchiveError>> {
        self.step(self.archive.remove(part)).boxed()
    }
}

type Call<'a> = LocalBoxFuture<'a, Result<StreamChanged, ChangeError>>;

/// Calls until it is done; how often it failed.
async fn fails<'a>(call: impl Fn() -> Call<'a>) -> u32 {
    if call().await.is_ok() {
        return 0;
    }
    call().await.unwrap();
    1
}

#[tokio::test]
async fn a_call_that_fails_at_any_step_is_finished_by_the_same_call() {
    let mut failures = 0;
    for behind in [false, true] {
        for step in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let archive = FileArchive::new(folder.path());
            let app = in_memory().await;
            deposits(&app, "1", 6).await;
            let before = events(&app, "1").await;
            let lifecycle = app.lifecycle::<Account>("1").unwrap();
            let failing = Failing {
                archive: &archive,
                steps: AtomicI64::new(step),
                behind,
            };
            let mut failed = 0;
            failed += fails(|| lifecycle.archive_before(3, &failing).boxed_local()).await;
            failed += fails(|| lifecycle.archive_all(&failing).boxed_local()).await;
            failed += fails(|| lifecycle.restore(&failing).boxed_local()).await;
            assert_eq!(events(&app, "1").await, before, "step {step}");
            failed += fails(|| lifecycle.compact_into(&failing, carry)).await;
            let account = app.load::<Account>("1").await.unwrap();
            assert_eq!(
                (account.cents, account.deposits, account.version()),
                (21, 6, 7),
                "step {step}"
            );
            failed += fails(|| lifecycle.restore(&failing).boxed_local()).await;
            assert_eq!(events(&app, "1").await[..6], before, "step {step}");
            if failed == 0 {
                break;
            }
            failures += failed;
        }
    }
    assert!(failures > 15, "{failures}");
}

/// Handles and their futures go to other threads.
#[test]
fn a_change_can_be_spawned() {
    fn spawned<T: Send>(_: impl FnOnce(Mink, FileArchive) -> T) {}
    spawned(|app, archive| async move {
        let lifecycle = app.lifecycle::<Account>("1").unwrap();
        lifecycle.delete().await.unwrap();
        lifecycle.archive_all(&archive).await.unwrap();
        lifecycle.restore(&archive).await.unwrap();
        lifecycle.compact(carry).await.unwrap();
        lifecycle.compact_into(&archive, carry).await.unwrap();
    });
}
