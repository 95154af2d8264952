//! What somebody who knows the driver and the tables well would write by hand.

pub mod memory;
pub mod postgres;
pub mod sqlite;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{LineAdded, Order, OrderPlaced};

/// The metadata of an event: what mink stores too.
#[derive(Serialize, Deserialize)]
struct Metadata {
    correlation_id: String,
}

/// A commit as the tables want it.
struct Encoded {
    stream: String,
    expected: i64,
    metadata: String,
    recorded_at: i64,
    events: Vec<(Uuid, String)>,
}

const LINE_ADDED: &str = "LineAdded";
const CATEGORY: &str = "Order";

impl Encoded {
    fn new(order: u64, expected: u64, lines: &[LineAdded]) -> Result<Self> {
        let metadata = Metadata {
            correlation_id: Uuid::now_v7().to_string(),
        };
        let events = lines
            .iter()
            .map(|line| Ok((Uuid::now_v7(), serde_json::to_string(line)?)));
        Ok(Self {
            stream: format!("{CATEGORY}-{order}"),
            expected: i64::try_from(expected)?,
            metadata: serde_json::to_string(&metadata)?,
            recorded_at: chrono::Utc::now().timestamp_micros(),
            events: events.collect::<Result<_>>()?,
        })
    }
}

fn evolve(order: &mut Order, event_type: &str, payload: &[u8]) -> Result<()> {
    match event_type {
        LINE_ADDED => order.line_added(&serde_json::from_slice::<LineAdded>(payload)?),
        "OrderPlaced" => order.placed(&serde_json::from_slice::<OrderPlaced>(payload)?),
        other => bail!("unknown event type {other}"),
    }
    Ok(())
}
