//! How a store is opened.

mod settings;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mink_runtime::storage::StorageError;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};

use crate::failure::{Fault, fault, storage_error};
use crate::location::{Location, Mode, Place};
use crate::migrate::migrate;
use crate::opened_file::OpenedFile;
use crate::read::Reader;
use crate::store::{Parts, SqliteStore};
use crate::writer::Writer;

/// What an answered commit survives. The log is SQLite's write-ahead log in every case, and a crash of the
/// *process* alone loses nothing in any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A commit is answered after its pages were flushed to the disk: it survives power loss, as far as the disk
    /// keeps what it says it has flushed. One flush per batch of commits. On macOS `F_FULLFSYNC` is used.
    #[default]
    Full,
    /// The log is flushed at checkpoints only. After power loss or a crash of the operating system the newest
    /// commits may be **gone although they were answered**; what is left is whole and in order.
    Normal,
    /// Nothing is ever flushed. Power loss or a crash of the operating system may lose commits **and damage the
    /// file beyond repair**. For data that can be made again.
    Off,
}

/// How to open a [`SqliteStore`]: made by [`SqliteStore::builder`].
#[derive(Debug, Clone)]
#[must_use = "nothing is opened until `open` is called"]
pub struct SqliteOptions {
    url: String,
    durability: Durability,
    read_connections: u32,
    migrate: bool,
    busy_timeout: Duration,
    max_bytes: Option<u64>,
}

/// SQLite keeps its timeout in an `int` of milliseconds.
const LONGEST_TIMEOUT: Duration = Duration::from_millis(i32::MAX as u64);

impl SqliteOptions {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            durability: Durability::Full,
            read_connections: 4,
            migrate: true,
            busy_timeout: Duration::from_secs(5),
            max_bytes: None,
        }
    }

    /// What an answered commit survives. [`Durability::Full`] unless set.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How many connections read at the same time, at least 1; each has a thread of its own. 4 unless set. A store
    /// in memory has a single connection for everything.
    pub fn read_connections(mut self, connections: u32) -> Self {
        self.read_connections = connections.max(1);
        self
    }

    /// Whether opening applies the migrations that are missing. Set unless said otherwise; without it, a schema
    /// that is too old is [`StorageError::SchemaTooOld`] and a missing file is not created. A store in memory
    /// always makes its schema.
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// How long a commit waits for another process, or a transaction of [`SqliteStore::begin`], that is writing
    /// to the same file, before it fails as busy. 5 seconds unless set.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout.min(LONGEST_TIMEOUT);
        self
    }

    /// The largest the file may grow, in bytes, rounded down to whole pages; a commit that needs more fails with
    /// [`CommitError::StorageFull`](mink_runtime::storage::CommitError::StorageFull). Not less than the file's
    /// size now. The write-ahead log beside the file is not counted. Unlimited unless set.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Opens the store: creates the file when it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// Each names the file. [`StorageError::InvalidUrl`]; [`StorageError::Unavailable`] when the file or its
    /// directory does not exist, cannot be opened, or is locked by another process for longer than the busy
    /// timeout; [`StorageError::ReadOnly`] when it cannot be written (open it with `?mode=ro` to only read);
    /// [`StorageError::Corrupt`] when it is not a database; [`StorageError::SchemaTooNew`],
    /// [`StorageError::SchemaTooOld`] and [`StorageError::MigrationChanged`].
    pub async fn open(self) -> Result<SqliteStore, StorageError> {
        let location = Location::parse(&self.url)?;
        match &location.place {
            Place::Memory => self.open_memory().await,
            Place::File(path) => self.open_file(path.clone(), location.mode).await,
        }
    }

    fn connect_options(&self) -> SqliteConnectOptions {
        let options = SqliteConnectOptions::new()
            .foreign_keys(true)
            .busy_timeout(self.busy_timeout)
            .statement_cache_capacity(256)
            .row_buffer_size(512)
            .thread_name(|number| format!("mink-sqlite-{number}"))
            .disable_statement_logging();
        match self.durability {
            Durability::Full => options
                .pragma("synchronous", "FULL")
                .pragma("fullfsync", "ON")
                .pragma("checkpoint_fullfsync", "ON"),
            Durability::Normal => options.pragma("synchronous", "NORMAL"),
            Durability::Off => options.pragma("synchronous", "OFF"),
        }
    }

    async fn open_memory(self) -> Result<SqliteStore, StorageError> {
        let label: Arc<str> = ":memory:".into();
        let failed = |error| storage_error(error, ":memory:");
        let mut options = self.connect_options().filename(":memory:");
        if let Some(bytes) = self.max_bytes {
            options = options.pragma("max_page_count", (bytes / 4096).max(1).to_string());
        }
        // The memory lives as long as its one connection, which therefore never goes.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .acquire_timeout(self.busy_timeout.max(Duration::from_secs(1)))
            .connect_with(options)
            .await
            .map_err(failed)?;
        let mut conn = pool.acquire().await.map_err(failed)?;
        migrate(&mut conn, true, &label).await?;
        drop(conn);
        Ok(SqliteStore::new(Parts {
            writer: Writer::on_memory(pool.clone(), label.clone()),
            reader: Reader::new(pool.clone(), label.clone()),
            pool,
            file: None,
            label,
        }))
    }

    async fn open_file(self, path: PathBuf, mode: Mode) -> Result<SqliteStore, StorageError> {
        let label: Arc<str> = path.display().to_string().into();
        // Connections are made later too, when the program may have changed its directory.
        let path = std::path::absolute(&path).unwrap_or(path);
        let failed = |error| storage_error(error, &label);
        let read_only = mode == Mode::ReadOnly;
        let create = mode == Mode::Create && self.migrate;
        let options = self
            .connect_options()
            .filename(&path)
            .read_only(read_only)
            .create_if_missing(create);
        let mut conn = match options.connect().await {
            Ok(conn) => conn,
            Err(error) => return Err(explain(error, &path, &label, create)),
        };
        let mut options = options.create_if_missing(false);
        if read_only {
            migrate(&mut conn, false, &label).await?;
        } else {
            prepare_file(&mut conn, self.busy_timeout, &label).await?;
            if let Some(bytes) = self.max_bytes {
                let page: i64 = sqlx::query_scalar("PRAGMA page_size")
                    .fetch_one(&mut conn)
                    .await
                    .map_err(failed)?;
                let pages = bytes / u64::try_from(page).unwrap_or(4096).max(1);
                options = options.pragma("max_page_count", pages.max(1).to_string());
            }
            migrate(&mut conn, self.migrate, &label).await?;
        }
        // The writer's connection is made anew, with every setting that was found out only now.
        conn.close().await.map_err(failed)?;

        let lazily = || {
            SqlitePoolOptions::new()
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        let reads = lazily()
            .max_connections(self.read_connections)
            .connect_lazy_with(options.clone().pragma("query_only", "ON"));
        let file = (!read_only).then(|| OpenedFile::at(&path));
        let writer = if let Some(file) = file.clone() {
            let writing = options.clone().pragma("cache_size", "-16384");
            let conn = writing.connect().await.map_err(failed)?;
            Writer::on_file(writing, conn, file, label.clone())
        } else {
            Writer::none(label.clone())
        };
        Ok(SqliteStore::new(Parts {
            writer,
            reader: Reader::new(reads, label.clone()),
            pool: user_pool(lazily(), options),
            file,
            label,
        }))
    }
}

/// Connections of their own for the user's transactions, so that a long one never keeps a read waiting.
fn user_pool(pool: SqlitePoolOptions, options: SqliteConnectOptions) -> SqlitePool {
    pool.max_connections(4).connect_lazy_with(options)
}

/// Checks that the file can be written, and turns on the write-ahead log.
async fn prepare_file(
    conn: &mut SqliteConnection,
    busy_timeout: Duration,
    label: &str,
) -> Result<(), StorageError> {
    let failed = |error| storage_error(error, label);
    let encoding: String = sqlx::query_scalar("PRAGMA encoding")
        .fetch_one(&mut *conn)
        .await
        .map_err(failed)?;
    if encoding != "UTF-8" {
        return Err(StorageError::Unavailable {
            reason: format!("`{label}`: its text encoding is {encoding}: use a UTF-8 database"),
        });
    }
    let deadline = Instant::now() + busy_timeout;
    // Changing the journal mode does not wait for locks by itself.
    let journal: String = loop {
        let switched = sqlx::query_scalar("PRAGMA journal_mode = WAL")
            .fetch_one(&mut *conn)
            .await;
        match switched {
            Ok(journal) => break journal,
            Err(error) if fault(&error) == Fault::Busy && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) => return Err(failed(error)),
        }
    };
    if journal != "wal" {
        return Err(StorageError::Unavailable {
            reason: format!(
                "`{label}`: its file system cannot hold a write-ahead log (the journal mode stays `{journal}`): use a local disk"
            ),
        });
    }
    // A file that is read-only and up to date would else not be noticed before the first commit. Whoever holds
    // the lock just now proves that it can be written.
    sqlx::raw_sql("PRAGMA busy_timeout = 0")
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    match sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK")
        .execute(&mut *conn)
        .await
    {
        Ok(_) => {}
        Err(error) if fault(&error) == Fault::Busy => {}
        Err(error) => return Err(failed(error)),
    }
    let restore = format!("PRAGMA busy_timeout = {}", busy_timeout.as_millis());
    sqlx::raw_sql(sqlx::AssertSqlSafe(restore))
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    Ok(())
}

/// Says why a file could not be opened, where SQLite only says that it could not.
fn explain(error: sqlx::Error, path: &Path, label: &str, create: bool) -> StorageError {
    if fault(&error) != Fault::CannotOpen {
        return storage_error(error, label);
    }
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let why = match directory {
        Some(directory) if !directory.exists() => {
            format!(
                "its directory `{}` does not exist: create it",
                directory.display()
            )
        }
        _ if path.is_dir() => "it is a directory: name a file".to_owned(),
        _ if !path.exists() && !create => "the file does not exist".to_owned(),
        _ if !path.exists() => {
            return StorageError::ReadOnly {
                reason: format!("`{label}`: the file cannot be created in its directory"),
            };
        }
        _ => "the file cannot be opened: check its permissions".to_owned(),
    };
    StorageError::Unavailable {
        reason: format!("`{label}`: {why}"),
    }
}
