//! Copies of one command in several processes at once.

use anyhow::Result;

use super::domain;
use super::judge::{Record, Records};
use super::line::{Kind, Line, Order};
use super::node::Node;

/// How much is sent.
#[derive(Debug, Clone, Copy)]
pub struct Race {
    /// How many rounds, each with one command of each kind.
    pub rounds: usize,
    /// How many copies of each command, over all processes.
    pub copies: usize,
}

/// Sends the copies of each command to all nodes at once and gathers the answers. In every other round all commands are
/// for one account, so that keys and versions are contended for at the same time; in the others each has its own.
///
/// # Errors
/// When a node ends or falls silent.
pub fn race(race: Race, nodes: &mut [&mut dyn Node]) -> Result<Records> {
    let mut records = Records::new();
    let each = race.copies / nodes.len().max(1);
    for round in 0..race.rounds {
        let is_contended = round % 2 == 1;
        let orders = Kind::ALL.map(|kind| match is_contended {
            true => Order::new(kind, "shared", each),
            false => Order::new(kind, format!("{kind:?}-{round}"), each),
        });
        for order in &orders {
            for node in &mut *nodes {
                node.order(order)?;
            }
            let mut record = Record::new(order.clone());
            record.is_contended = is_contended;
            record.runs = vec![0; nodes.len()];
            records.insert(order.tag.clone(), record);
        }
        for (place, node) in nodes.iter_mut().enumerate() {
            let mut open = orders.len() * each;
            while open > 0 {
                match node.next(None)? {
                    Some(Line::Answered(tag, answer)) => {
                        open -= 1;
                        if let Some(record) = records.get_mut(&tag) {
                            record.note(answer);
                        }
                    }
                    Some(Line::Runs(tag)) => {
                        if let Some(record) = records.get_mut(&tag) {
                            record.runs[place] += 1;
                        }
                    }
                    _ => {}
                }
            }
        }
        for order in &orders {
            share_runs(&mut records, &order.tag, nodes.len());
        }
    }
    Ok(records)
}

/// Applications within this process do not say apart what they run: each may call a method once, and one of them a
/// function.
fn share_runs(records: &mut Records, tag: &str, nodes: usize) {
    let runs = domain::runs_of(tag);
    if runs == 0 {
        return;
    }
    if let Some(record) = records.get_mut(tag) {
        let over = runs.saturating_sub(u32::try_from(nodes).unwrap_or(u32::MAX));
        record.runs = match record.order.kind {
            Kind::Function => vec![runs],
            _ if over > 0 => vec![1 + over],
            _ => vec![1],
        };
    }
}
