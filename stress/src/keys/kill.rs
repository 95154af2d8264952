//! Processes killed between a command and its answer.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use fastrand::Rng;

use super::effects::Effects;
use super::judge::{Record, Records, Verdict};
use super::line::{Kind, Line, Order};
use super::node::{HolderOptions, Node, Process};

/// How many commands are under way at the same time.
const WINDOW: usize = 6;

/// How much is killed.
#[derive(Debug, Clone, Copy)]
pub struct Kills {
    /// How many processes.
    pub kills: usize,
    /// Decides when.
    pub seed: u64,
}

/// Kills one process after the other while it handles commands with keys: every other one as soon as a method has run,
/// the rest at any moment. The next process is sent what was not answered, and some that was; then it is the next to be
/// killed.
///
/// # Errors
/// When a process cannot be started, or falls silent.
pub async fn kill(kills: Kills, program: &Path, options: &HolderOptions) -> Result<Verdict> {
    let mut rng = Rng::with_seed(kills.seed);
    let mut records = Records::new();
    let mut counts = Verdict::default();
    let mut open: Vec<Order> = Vec::new();
    for number in 0..kills.kills {
        let mut process = Process::start(program, options)?;
        settle(&mut process, &mut records, &open, &mut rng)?;
        let killed = amid(process, &mut records, &mut rng, number % 2 == 0)?;
        counts.kills += 1;
        counts.in_flight += usize::from(!killed.open.is_empty());
        counts.between += usize::from(killed.is_between);
        open = killed.open;
        let effects = Effects::read(&options.url, &options.outside).await?;
        for order in &open {
            if let Some(record) = records.get_mut(&order.tag) {
                record.was_interrupted = true;
                record.was_committed = effects.events.contains_key(&order.tag);
            }
        }
    }
    let mut last = Process::start(program, options)?;
    settle(&mut last, &mut records, &open, &mut rng)?;
    let effects = Effects::read(&options.url, &options.outside).await?;
    Ok(Verdict::of(&records, &effects).and(counts))
}

/// Sends what was not answered, and some of what was, in two copies each, and hears the answers.
fn settle(
    process: &mut Process,
    records: &mut Records,
    open: &[Order],
    rng: &mut Rng,
) -> Result<()> {
    let mut orders: Vec<Order> = open.iter().map(|order| order.again(2)).collect();
    let answered: Vec<&Record> = records
        .values()
        .filter(|record| !record.answers.is_empty())
        .collect();
    for _ in 0..4 {
        if let Some(record) = rng.choice(&answered)
            && orders.iter().all(|order| order.tag != record.order.tag)
        {
            orders.push(record.order.again(2));
        }
    }
    for order in &orders {
        process.order(order)?;
    }
    let mut left = orders.len() * 2;
    while left > 0 {
        if let Some(Line::Answered(tag, answer)) = process.next(None)? {
            left -= 1;
            if let Some(record) = records.get_mut(&tag) {
                record.note(answer);
            }
        }
    }
    Ok(())
}

/// What a kill hit.
struct Killed {
    /// What had begun, or was about to, and was not answered.
    open: Vec<Order>,
    is_between: bool,
}

/// What a process is busy with.
#[derive(Default)]
struct Work {
    open: Vec<Order>,
    run: HashSet<String>,
}

impl Work {
    fn hear(&mut self, line: Line, records: &mut Records) {
        match line {
            Line::Runs(tag) => {
                self.run.insert(tag);
            }
            Line::Answered(tag, answer) => {
                self.open.retain(|order| order.tag != tag);
                if let Some(record) = records.get_mut(&tag) {
                    record.note(answer);
                }
            }
            Line::Ready | Line::Begun(_) => {}
        }
    }
}

/// Keeps a process busy with new commands, and kills it.
fn amid(
    mut process: Process,
    records: &mut Records,
    rng: &mut Rng,
    behind_a_method: bool,
) -> Result<Killed> {
    let mut work = Work::default();
    let wanted = rng.usize(1..30);
    let mut at = (!behind_a_method).then(|| Instant::now() + micros(rng, 60_000));
    loop {
        while work.open.len() < WINDOW {
            // mostly what has an effect in the store
            let any = rng.choice(&Kind::ALL).copied();
            let kind = any.filter(|_| rng.bool()).unwrap_or(Kind::Accepted);
            let order = Order::new(kind, format!("hot-{}", rng.u8(0..3)), 1);
            records.insert(order.tag.clone(), Record::new(order.clone()));
            process.order(&order)?;
            work.open.push(order);
        }
        let Some(line) = process.next(at)? else { break };
        work.hear(line, records);
        if at.is_none() && work.run.len() >= wanted {
            at = Some(Instant::now() + micros(rng, 1_500));
        }
    }
    for line in process.kill()? {
        work.hear(line, records);
    }
    let is_between = work.open.iter().any(|order| work.run.contains(&order.tag));
    Ok(Killed {
        open: work.open,
        is_between,
    })
}

fn micros(rng: &mut Rng, below: u64) -> Duration {
    Duration::from_micros(rng.u64(0..below))
}
