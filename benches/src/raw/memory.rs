//! Maps behind a lock.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use uuid::Uuid;

use super::{Encoded, LINE_ADDED, evolve};
use crate::domain::{LineAdded, Order};
use crate::side::{Appends, Reads};

/// The same maps that a store in memory keeps.
#[derive(Default)]
pub struct Same {
    data: Mutex<Data>,
}

#[derive(Default)]
struct Data {
    log: Vec<Recorded>,
    streams: HashMap<String, Vec<usize>>,
    ids: HashMap<Uuid, usize>,
}

#[derive(Clone)]
struct Recorded {
    stream: String,
    version: usize,
    event_type: &'static str,
    metadata: String,
    recorded_at: i64,
    payload: String,
}

impl Same {
    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Appends for Same {
    async fn append(&self, order: u64, expected: u64, lines: Vec<LineAdded>) -> Result<()> {
        let commit = Encoded::new(order, expected, &lines)?;
        let mut data = self.data();
        let Data { log, streams, ids } = &mut *data;
        let stream = streams.entry(commit.stream.clone()).or_default();
        ensure!(i64::try_from(stream.len())? == commit.expected, "conflict");
        for (id, payload) in commit.events {
            ids.insert(id, log.len());
            stream.push(log.len());
            log.push(Recorded {
                stream: commit.stream.clone(),
                version: stream.len(),
                event_type: LINE_ADDED,
                metadata: commit.metadata.clone(),
                recorded_at: commit.recorded_at,
                payload,
            });
        }
        Ok(())
    }
}

impl Reads for Same {
    async fn load(&self, order: u64) -> Result<Order> {
        let events: Vec<Recorded> = {
            let data = self.data();
            let stream = data.streams.get(&format!("Order-{order}"));
            let stream = stream.context("no such order")?;
            stream
                .iter()
                .map(|index| data.log[*index].clone())
                .collect()
        };
        let mut state = Order::default();
        for event in &events {
            evolve(&mut state, event.event_type, event.payload.as_bytes())?;
        }
        Ok(state)
    }

    async fn scan(&self) -> Result<u64> {
        let mut count = 0;
        loop {
            let page: Vec<Recorded> = {
                let data = self.data();
                data.log.iter().skip(count).take(1000).cloned().collect()
            };
            if page.is_empty() {
                return Ok(u64::try_from(count)?);
            }
            ensure!(page.iter().all(|event| {
                event.version > 0
                    && !event.stream.is_empty()
                    && !event.metadata.is_empty()
                    && event.recorded_at > 0
            }));
            count += page.len();
        }
    }
}

/// Payloads in a list.
#[derive(Default)]
pub struct Bare {
    payloads: Mutex<Vec<Vec<u8>>>,
}

impl Bare {
    fn payloads(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.payloads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Appends for Bare {
    async fn append(&self, _: u64, _: u64, lines: Vec<LineAdded>) -> Result<()> {
        for line in lines {
            let payload = serde_json::to_vec(&line)?;
            self.payloads().push(payload);
        }
        Ok(())
    }
}
