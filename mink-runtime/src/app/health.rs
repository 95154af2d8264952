use std::fmt;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::Mink;
use crate::storage::{GroupLoad, StoreFault, StoreHealth, milliseconds};

/// How an application is looked at.
#[derive(Debug, Clone, Copy)]
pub struct HealthOptions {
    /// How long a check waits for the store. 2 seconds unless configured.
    pub deadline: Duration,
    /// How long a committed event may wait for its place in the feed before the health is degraded. 10 seconds unless
    /// configured.
    pub feed_lag: Duration,
}

impl Default for HealthOptions {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(2),
            feed_lag: Duration::from_secs(10),
        }
    }
}

/// How an application is. Serializes, prints itself in one line, and holds no secret.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The whole in one word.
    pub status: HealthStatus,
    /// Whether the application is shutting down, or has.
    pub closing: bool,
    /// How many commands are being handled.
    pub commands: usize,
    /// What waits to be committed, and what is on its way.
    pub commits: GroupLoad,
    /// The store's name.
    pub store: String,
    /// How the store is.
    #[serde(rename = "store_health")]
    pub of_store: StoreHealth,
    /// How long the store took to answer. In milliseconds when it is serialized.
    #[serde(rename = "took_ms", serialize_with = "milliseconds")]
    pub took: Duration,
}

/// The health in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// Everything answers.
    Up,
    /// It works, and somebody should look: the feed stands still behind what is committed.
    Degraded,
    /// The store does not answer, or the application is closed.
    Down,
}

/// Whether an application takes work now. Serializes and prints itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "readiness")]
pub enum Readiness {
    /// It does.
    Ready,
    /// It does not.
    NotReady {
        /// Why.
        reason: NotReady,
    },
}

/// Why an application takes no work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotReady {
    /// It is shutting down, or has.
    Closing,
    /// The store does not answer.
    Store(StoreFault),
}

impl Mink {
    /// How the application and its store are. Never an error and never later than the
    /// [deadline](HealthOptions::deadline): what cannot be found out is said to be unknown.
    ///
    /// Sets the gauges of the feed and of the queue, too: look at the health before metrics are collected.
    ///
    /// On PostgreSQL one round trip, which changes nothing.
    pub async fn health(&self) -> Health {
        self.health_within(self.shared.health.deadline).await
    }

    /// [`health`](Self::health) with another deadline.
    pub async fn health_within(&self, deadline: Duration) -> Health {
        let began = Instant::now();
        let storage = self.storage();
        let of_store = tokio::time::timeout(deadline, storage.health())
            .await
            .unwrap_or_else(|_| StoreHealth::silent(deadline));
        let repository = self.repository();
        let closing = self.shared.bus.is_closing() || repository.commits().closed;
        let commits = repository.commits();
        repository.observer().health(&of_store, commits);
        let degraded = of_store
            .lag
            .is_some_and(|lag| lag.oldest > self.shared.health.feed_lag);
        let status = if of_store.fault.is_some() || closing {
            HealthStatus::Down
        } else if degraded {
            HealthStatus::Degraded
        } else {
            HealthStatus::Up
        };
        Health {
            status,
            closing,
            commands: self.shared.bus.commands(),
            commits,
            store: storage.name().to_owned(),
            of_store,
            took: began.elapsed(),
        }
    }

    /// Whether the application takes work now: it is not closing, and the store answers within the
    /// [deadline](HealthOptions::deadline).
    pub async fn ready(&self) -> Readiness {
        if self.shared.bus.is_closing() {
            return Readiness::not(NotReady::Closing);
        }
        let health = self.health().await;
        match health.of_store.fault {
            _ if health.closing => Readiness::not(NotReady::Closing),
            Some(fault) => Readiness::not(NotReady::Store(fault)),
            None => Readiness::Ready,
        }
    }
}

impl Readiness {
    fn not(reason: NotReady) -> Self {
        Self::NotReady { reason }
    }

    /// Whether it takes work.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready)
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closing = if self.closing { ", closing" } else { "" };
        let GroupLoad {
            waiting,
            committing,
            aside,
            ..
        } = self.commits;
        write!(
            f,
            "{}{closing}: {} {}; {} commands under way; commits: {committing} under way, {waiting} waiting, {aside} set aside",
            self.status, self.store, self.of_store, self.commands
        )
    }
}

impl fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
        })
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::NotReady { reason } => write!(f, "not ready: {reason}"),
        }
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closing => f.write_str("the application is closing"),
            Self::Store(fault) => write!(f, "{}: {}", fault.kind, fault.detail),
        }
    }
}
