//! Stands between a client and a PostgreSQL server: counts round trips, delays them, and cuts where it is told to.
//!
//! **Problem.** A driver hides how often it asks the server, and no test can pull a cable in mid-commit.
//! **Mechanism.** The proxy reads the protocol's messages. What a client sends up to a `Sync` or a simple `Query` is
//! one round trip; it is named by its SQL, which the proxy learns when the statement is prepared.
//! **Cost.** Loopback only; no TLS.

mod message;
mod relay;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One round trip from a client to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trip {
    /// Which of the proxy's connections, in the order of their making.
    pub connection: u64,
    /// The SQL of its last statement; empty for a bare `Sync`.
    pub sql: String,
}

/// Where to cut a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The server never sees the request.
    BeforeRequest,
    /// The server sees the first half of the request.
    AmidRequest,
    /// The server does the request; the client never sees the answer.
    BeforeAnswer,
}

#[derive(Debug, Default)]
struct Shared {
    trips: Mutex<Vec<Trip>>,
    cut: Mutex<Option<(Cut, String)>>,
    cuts: AtomicU64,
    connections: AtomicU64,
    latency_micros: AtomicU64,
}

impl Shared {
    /// Notes a trip, and says where to cut it.
    fn note(&self, connection: u64, sql: &str) -> Option<Cut> {
        lock(&self.trips).push(Trip {
            connection,
            sql: sql.to_owned(),
        });
        let mut cut = lock(&self.cut);
        if cut
            .as_ref()
            .is_some_and(|(_, part)| sql.contains(part.as_str()))
        {
            self.cuts.fetch_add(1, Ordering::Relaxed);
            return cut.take().map(|(cut, _)| cut);
        }
        None
    }

    fn latency(&self) -> Duration {
        Duration::from_micros(self.latency_micros.load(Ordering::Relaxed))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running proxy. It ends, and cuts its connections, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy in front of the server that `url` names.
    ///
    /// # Errors
    /// When the URL names no host and port, or no port can be had.
    pub async fn start(url: &str) -> Result<Self> {
        let host = host_of(url)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let own = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(accept(listener, host.clone(), Arc::clone(&shared)));
        Ok(Self {
            url: through(url, &host, own),
            shared,
            task,
        })
    }

    /// The URL that leads through the proxy.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Every round trip since the start or the last [`forget`](Self::forget).
    #[must_use]
    pub fn trips(&self) -> Vec<Trip> {
        lock(&self.shared.trips).clone()
    }

    /// Forgets the round trips so far.
    pub fn forget(&self) {
        lock(&self.shared.trips).clear();
    }

    /// Cuts the connection of the next round trip whose SQL holds `part`, once.
    pub fn cut_next(&self, cut: Cut, part: &str) {
        *lock(&self.shared.cut) = Some((cut, part.to_owned()));
    }

    /// How many connections were cut as told.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::Relaxed)
    }

    /// Keeps every round trip back for so long before the server sees it.
    pub fn delay(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.shared.latency_micros.store(micros, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, host: String, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let number = shared.connections.fetch_add(1, Ordering::Relaxed);
        let (host, shared) = (host.clone(), Arc::clone(&shared));
        connections.spawn(async move {
            // an end of either side ends the connection: that is all there is to say about it
            if let Ok(server) = TcpStream::connect(&host).await {
                let _ = relay::run(client, server, number, &shared).await;
            }
        });
    }
}

/// The `host:port` of a URL.
fn host_of(url: &str) -> Result<String> {
    let rest = url.split_once("://").context("not a URL")?.1;
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    Ok(match host.contains(':') {
        true => host.to_owned(),
        false => format!("{host}:5432"),
    })
}

fn through(url: &str, host: &str, own: SocketAddr) -> String {
    let short = host.strip_suffix(":5432").unwrap_or(host);
    let written = if url.contains(host) { host } else { short };
    let before = url.find("://").map_or(0, |at| at + 3);
    let at = url[before..]
        .rfind(&format!("@{written}"))
        .map_or(before, |at| before + at + 1);
    let (head, tail) = (&url[..at], &url[at + written.len()..]);
    let mark = if tail.contains('?') { '&' } else { '?' };
    format!("{head}{own}{tail}{mark}sslmode=disable")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_url_through_the_proxy_keeps_all_but_the_host() {
        let own = "127.0.0.1:99".parse().unwrap();
        for (url, expected) in [
            (
                "postgres://u:p@h:1/a",
                "postgres://u:p@127.0.0.1:99/a?sslmode=disable",
            ),
            (
                "postgres://h/a?x=1",
                "postgres://127.0.0.1:99/a?x=1&sslmode=disable",
            ),
        ] {
            assert_eq!(through(url, &host_of(url).unwrap(), own), expected);
        }
    }
}
