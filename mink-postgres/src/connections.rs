//! The store's own connections.
//!
//! sqlx's pool sends a round trip of its own each time a connection comes back. Here a connection that was used to
//! the end goes back as it is; one that failed, or whose user was dropped half-way, is closed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::failure::{Fault, fault};

const SESSION: &str = include_str!("connections/session.sql");

pub(crate) struct Connections {
    options: PgConnectOptions,
    /// The one used last is on top: its prepared statements are warm.
    idle: Mutex<Vec<PgConnection>>,
    permits: Arc<Semaphore>,
    max: u32,
    acquire_timeout: Duration,
}

/// A connection that is in use.
pub(crate) struct Leased {
    conn: PgConnection,
    home: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    pub(crate) fn new(options: PgConnectOptions, max: u32, acquire_timeout: Duration) -> Self {
        let max = max.max(1);
        Self {
            options,
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(max as usize)),
            max,
            acquire_timeout,
        }
    }

    /// A connection that nobody else uses: an idle one, or a new one while there are fewer than allowed.
    pub(crate) async fn lease(self: &Arc<Self>) -> Result<Leased, sqlx::Error> {
        let permit = match self.permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(TryAcquireError::Closed) => return Err(sqlx::Error::PoolClosed),
            Err(TryAcquireError::NoPermits) => {
                let permit = self.permits.clone().acquire_owned();
                match tokio::time::timeout(self.acquire_timeout, permit).await {
                    Ok(Ok(permit)) => permit,
                    Ok(Err(_)) => return Err(sqlx::Error::PoolClosed),
                    Err(_) => return Err(sqlx::Error::PoolTimedOut),
                }
            }
        };
        let idle = self.lock().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => self.connect().await?,
        };
        Ok(Leased {
            conn,
            home: self.clone(),
            _permit: permit,
        })
    }

    /// A new connection besides those that are counted.
    pub(crate) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let connecting = async {
            let mut conn = self.options.connect().await?;
            sqlx::raw_sql(AssertSqlSafe(SESSION))
                .execute(&mut conn)
                .await?;
            Ok(conn)
        };
        tokio::time::timeout(self.acquire_timeout, connecting)
            .await
            .map_err(|_| {
                sqlx::Error::Io(std::io::Error::new(
                    std::io::ErrorKind::TimedOut,
                    "the server did not answer in time",
                ))
            })?
    }

    pub(crate) fn max(&self) -> u32 {
        self.max
    }

    /// Gives out no more connections, waits for those in use, and closes all.
    pub(crate) async fn close(&self) {
        // Only the permits that nobody holds can be taken: those of the others come when their work is done.
        let all = self.permits.acquire_many(self.max).await;
        self.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.lock());
        for conn in idle {
            // The server notices a connection that is gone by itself.
            conn.close().await.ok();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<PgConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leased {
    pub(crate) fn conn(&mut self) -> &mut PgConnection {
        &mut self.conn
    }

    /// Gives the connection back after a statement that came to its end with this outcome.
    pub(crate) fn give_back<T>(self, outcome: &Result<T, sqlx::Error>) {
        match outcome {
            Err(error) if fault(error) == Fault::Lost => {
                // A server that was restarted has ended the others too.
                self.home.lock().clear();
            }
            _ => self.home.lock().push(self.conn),
        }
    }
}
