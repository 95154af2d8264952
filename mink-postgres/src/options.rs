//! How a store is opened.

mod settings;

use std::sync::Arc;
use std::time::Duration;

use mink_runtime::storage::StorageError;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::connections::Connections;
use crate::migrate::migrate;
use crate::schema::Schema;
use crate::store::{Parts, PostgresStore};
use crate::{failure, url};

/// How to open a [`PostgresStore`]: made by [`PostgresStore::builder`].
///
/// ```no_run
/// # async fn open() -> Result<(), mink_runtime::storage::StorageError> {
/// use std::time::Duration;
/// use mink_postgres::PostgresStore;
///
/// let store = PostgresStore::builder("postgres://shop@localhost/shop?sslmode=verify-full")
///     .schema("orders")
///     .max_connections(20)
///     .acquire_timeout(Duration::from_secs(5))
///     .open()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "call `connect` to open the store"]
pub struct PostgresOptions {
    url: String,
    schema: Option<String>,
    max_connections: u32,
    migrate: bool,
    tick_interval: Duration,
    poll_interval: Duration,
    acquire_timeout: Duration,
}

impl std::fmt::Debug for PostgresOptions {
    /// Leaves out the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("schema", &self.schema)
            .field("max_connections", &self.max_connections)
            .field("migrate", &self.migrate)
            .field("tick_interval", &self.tick_interval)
            .field("poll_interval", &self.poll_interval)
            .field("acquire_timeout", &self.acquire_timeout)
            .finish_non_exhaustive()
    }
}

impl PostgresOptions {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            schema: None,
            max_connections: 10,
            migrate: true,
            tick_interval: Duration::from_millis(10),
            poll_interval: Duration::from_millis(250),
            acquire_timeout: Duration::from_secs(30),
        }
    }

    /// The PostgreSQL schema that the store lives in, made when it is missing: 1 to 50 of `a-z`, `0-9` and `_`.
    /// `mink` unless given here or as the URL's parameter `schema`; what is given here wins.
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = Some(name.into());
        self
    }

    /// How many connections commits and reads share at most. 10 unless given, at least 1. Besides them a store holds
    /// one for the feed's sequencer and one that listens, and [`pool`](PostgresStore::pool) has as many of its own.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// Whether opening applies the migrations that are missing (the default), or fails with
    /// [`StorageError::SchemaTooOld`] when there are any.
    pub fn migrate(mut self, apply: bool) -> Self {
        self.migrate = apply;
        self
    }

    /// The least time between two turns of the feed's sequencer that commits of this process ask for: how long a
    /// commit waits for its position under load, at most. 10 ms unless given. Readers who have caught up ask for
    /// turns of their own.
    pub fn tick_interval(mut self, interval: Duration) -> Self {
        self.tick_interval = interval;
        self
    }

    /// How long [`feed_moved`](mink_runtime::storage::Storage::feed_moved) waits at most. 250 ms unless given.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// How long to wait for a connection, a free one or a new one, before it is an error. 30 seconds unless given.
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// Connects, and brings the schema to this program's version.
    ///
    /// # Errors
    /// [`StorageError::InvalidUrl`] for the URL or the schema's name, [`StorageError::Unavailable`] when the server
    /// cannot be reached or is not one that a store can live on, [`StorageError::SchemaTooNew`],
    /// [`StorageError::SchemaTooOld`] without [`migrate`](Self::migrate), [`StorageError::MigrationChanged`],
    /// [`StorageError::ReadOnly`] when there is something to migrate and the server takes no writes.
    pub async fn open(self) -> Result<PostgresStore, StorageError> {
        let target = url::parse(&self.url)?;
        let name = self.schema.or(target.schema);
        let schema = Schema::new(name.as_deref().unwrap_or("mink")).map_err(|reason| {
            StorageError::InvalidUrl {
                url: target.shown.clone(),
                reason,
            }
        })?;
        // Statements and their parameters are the application's data: they do not belong in a log.
        let options = target.options.disable_statement_logging();
        let connections = Arc::new(Connections::new(
            options.clone(),
            self.max_connections,
            self.acquire_timeout,
        ));
        let mut lease = connections
            .lease()
            .await
            .map_err(|error| cannot_connect(&error, &target.shown))?;
        migrate(lease.conn(), &schema, self.migrate).await?;
        lease.give_back::<()>(&Ok(()));

        let lazily = |options: PgConnectOptions, connections| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(self.acquire_timeout)
                .test_before_acquire(false)
                .connect_lazy_with(options)
        };
        Ok(PostgresStore::new(Parts {
            connections,
            schema,
            pool: lazily(options.clone(), self.max_connections),
            hearing: lazily(options, 1),
            tick_interval: self.tick_interval,
            poll_interval: self.poll_interval,
        }))
    }
}

/// Whatever keeps the first connection from being made, the store cannot be reached.
fn cannot_connect(error: &sqlx::Error, url: &str) -> StorageError {
    StorageError::Unavailable {
        reason: format!("`{url}`: {}", failure::said(error)),
    }
}
