//! What happened, read around the application.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use mink::id::Position;
use mink::storage::{FeedFilter, Storage};

use super::judge::Records;
use super::line::Kind;
use crate::store::payloads;

/// The effects of each command, by its tag.
#[derive(Debug, Default)]
pub struct Effects {
    /// The ids of its events.
    pub events: HashMap<String, Vec<String>>,
    /// How often its function wrote to the file outside.
    pub outside: HashMap<String, usize>,
}

#[derive(serde::Deserialize)]
struct Counted {
    tag: String,
}

impl Effects {
    /// What the table and the file hold.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn read(url: &str, outside: &Path) -> Result<Self> {
        let mut effects = Self::default();
        for (id, payload) in payloads(url).await? {
            effects.add(id.to_string(), payload.as_bytes())?;
        }
        if outside.exists() {
            for tag in std::fs::read_to_string(outside)?.lines() {
                *effects.outside.entry(tag.to_owned()).or_default() += 1;
            }
        }
        Ok(effects)
    }

    /// What a store in memory holds; calls outside are counted as runs of the function.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn of_memory(store: &dyn Storage, records: &Records) -> Result<Self> {
        let mut effects = Self::default();
        let mut after = Position::START;
        loop {
            let page = store.read_feed(after, &FeedFilter::all(), 4096).await?;
            for item in page.events {
                effects.add(item.event.id.to_string(), &item.event.payload)?;
            }
            if page.next == page.head {
                break;
            }
            after = page.next;
        }
        for (tag, record) in records {
            if record.order.kind == Kind::Function {
                let runs = record.runs.iter().sum::<u32>();
                effects.outside.insert(tag.clone(), usize::try_from(runs)?);
            }
        }
        Ok(effects)
    }

    fn add(&mut self, id: String, payload: &[u8]) -> Result<()> {
        let counted: Counted = serde_json::from_slice(payload)?;
        self.events.entry(counted.tag).or_default().push(id);
        Ok(())
    }
}
