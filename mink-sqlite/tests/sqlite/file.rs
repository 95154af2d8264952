use std::path::Path;

use mink_runtime::id::Position;
use mink_runtime::storage::{self, CommitError, ExpectedVersion, Storage, StorageError};
use mink_sqlite::{Durability, SqliteStore};

use crate::{one, query, submit, url, version};

#[tokio::test]
async fn reopening_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    for n in 0..10 {
        submit(&store, &one("A-1", ExpectedVersion::Exact(n)))
            .await
            .unwrap();
    }
    let before = store.read_stream(&query("A-1")).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    assert_eq!(store.read_stream(&query("A-1")).await.unwrap(), before);
    assert_eq!(store.head().await.unwrap(), Position(10));
    submit(&store, &one("A-1", ExpectedVersion::Exact(10)))
        .await
        .unwrap();
}

#[tokio::test]
async fn closing_leaves_one_file_and_refuses_everything_after() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    submit(&store, &one("A-1", ExpectedVersion::Any))
        .await
        .unwrap();
    store.read_stream(&query("A-1")).await.unwrap();
    store.close().await;
    let names: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["shop.db"]);
    assert!(matches!(
        submit(&store, &one("A-1", ExpectedVersion::Any)).await,
        Err(CommitError::Closed)
    ));
    assert!(matches!(store.head().await, Err(StorageError::Closed)));
    assert!(matches!(store.begin().await, Err(StorageError::Closed)));
    store.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_gone_while_it_is_open_is_written_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shop.db");
    let aside = dir.path().join("aside.db");
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    let next = one("A-1", ExpectedVersion::Any);
    submit(&store, &one("A-1", ExpectedVersion::Any))
        .await
        .unwrap();

    std::fs::rename(&path, &aside).unwrap();
    let refused = submit(&store, &next).await.unwrap_err();
    assert!(
        matches!(refused, CommitError::ReadOnly { .. }),
        "{refused:?}"
    );
    assert!(
        refused.to_string().contains("moved or replaced"),
        "{refused}"
    );
    assert!(matches!(
        store.begin().await,
        Err(StorageError::ReadOnly { .. })
    ));

    std::fs::write(&path, b"").unwrap();
    submit(&store, &next).await.unwrap_err();

    std::fs::rename(&aside, &path).unwrap();
    submit(&store, &next).await.unwrap();
    assert_eq!(version(&store, "A-1").await, 2);
}

#[tokio::test]
async fn the_driver_is_known_by_its_scheme() {
    let store = storage::open("sqlite://:memory:").await.unwrap();
    assert_eq!(store.name(), "sqlite");
    assert!(storage::drivers().contains(&"sqlite"));
}

#[tokio::test]
async fn two_stores_in_memory_are_apart_and_a_handle_is_shared() {
    let one_store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let other = SqliteStore::open("sqlite::memory:").await.unwrap();
    submit(&one_store.clone(), &one("A-1", ExpectedVersion::NoStream))
        .await
        .unwrap();
    assert_eq!(version(&one_store, "A-1").await, 1);
    assert_eq!(version(&other, "A-1").await, 0);
}

#[tokio::test]
async fn what_is_not_a_database_is_said_to_be_none_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shop.db");
    let text = "Dear diary, ".repeat(1000);
    std::fs::write(&path, &text).unwrap();
    let error = SqliteStore::open(&url(dir.path())).await.unwrap_err();
    assert!(matches!(error, StorageError::Corrupt { .. }), "{error:?}");
    assert!(error.to_string().contains("shop.db"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn what_cannot_be_opened_is_explained() {
    let dir = tempfile::tempdir().unwrap();
    let at = |rest: &str| format!("sqlite://{}/{rest}", dir.path().display());
    for (url, word) in [
        (at("missing/shop.db"), "missing` does not exist"),
        (at(""), "is a directory"),
        (at("shop.db?mode=rw"), "the file does not exist"),
        (at("shop.db?mode=ro"), "the file does not exist"),
    ] {
        let error = SqliteStore::open(&url).await.unwrap_err();
        assert!(
            matches!(error, StorageError::Unavailable { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(word), "{error}");
        let path = dir.path().display().to_string();
        assert!(error.to_string().contains(&path), "{error}");
    }
    assert!(!dir.path().join("shop.db").exists());
}

#[tokio::test]
async fn a_store_opened_for_reading_reads_and_refuses_to_write() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    submit(&store, &one("A-1", ExpectedVersion::Any))
        .await
        .unwrap();
    let reader = SqliteStore::open(&format!("{}?mode=ro", url(dir.path())))
        .await
        .unwrap();
    assert_eq!(version(&reader, "A-1").await, 1);
    let error = submit(&reader, &one("A-1", ExpectedVersion::Any))
        .await
        .unwrap_err();
    assert!(matches!(error, CommitError::ReadOnly { .. }), "{error:?}");
    assert!(error.to_string().contains("mode=ro"), "{error}");
    submit(&store, &one("A-1", ExpectedVersion::Any))
        .await
        .unwrap();
    assert_eq!(version(&reader, "A-1").await, 2);
}

/// A caller who may write everything is not stopped by a file's mode, so the test runs itself again as somebody
/// who is.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_is_refused_when_it_is_opened() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    const FILE: &str = "MINK_TEST_READ_ONLY_FILE";
    const NAME: &str = "file::a_file_that_cannot_be_written_is_refused_when_it_is_opened";
    const NOBODY: u32 = 65_534;

    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(file) = std::env::var_os(FILE) {
        let url = format!("sqlite://{}", Path::new(&file).display());
        let error = runtime.block_on(SqliteStore::open(&url)).unwrap_err();
        assert!(matches!(error, StorageError::ReadOnly { .. }), "{error:?}");
        assert!(error.to_string().contains("shop.db"), "{error}");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(&url(dir.path())).await.unwrap();
        store.close().await;
    });
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let file = dir.path().join("shop.db");
    let program = dir.path().join("test");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    mode(&program, 0o755);
    mode(&file, 0o444);
    mode(dir.path(), 0o555);
    let mut child = std::process::Command::new(&program);
    child.args(["--exact", NAME]).env(FILE, &file);
    if std::fs::metadata(&program).unwrap().uid() == 0 {
        child.uid(NOBODY).gid(NOBODY).current_dir(dir.path());
    }
    let output = child.output().unwrap();
    mode(dir.path(), 0o755);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[tokio::test]
async fn every_durability_sets_what_it_says() {
    for (durability, synchronous) in [
        (Durability::Full, 2),
        (Durability::Normal, 1),
        (Durability::Off, 0),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::builder(&url(dir.path()))
            .durability(durability)
            .open()
            .await
            .unwrap();
        let mut tx = store.begin().await.unwrap();
        let found: i64 = sqlx::query_scalar("PRAGMA synchronous")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!((found, journal.as_str()), (synchronous, "wal"));
    }
}
