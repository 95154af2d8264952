//! The works on each store, with everybody who competes in them.

pub mod memory;
pub mod postgres;
pub mod sqlite;

use anyhow::Result;
use futures_util::future::LocalBoxFuture;

use crate::amount::Amount;
use crate::contest::{Contestant, Side};
use crate::side::{
    Appends, Reads, appends_hot, dispatches_hot, in_batches, loads, many_tasks, one_by_one, scans,
};

/// A work, and who does it.
pub struct Event {
    /// What is done.
    pub work: WorkName,
    prepare: Prepare,
}

type Prepare = Box<dyn FnOnce() -> LocalBoxFuture<'static, Result<Vec<Contestant>>>>;

impl Event {
    /// A work whose contestants are made by `prepare` when their turn has come, and not before: what waits for a later
    /// work would hold connections and files open, and do chores of its own beside the one that is measured.
    pub fn new<F>(work: WorkName, prepare: impl FnOnce() -> F + 'static) -> Self
    where
        F: Future<Output = Result<Vec<Contestant>>> + 'static,
    {
        Self {
            work,
            prepare: Box::new(move || Box::pin(prepare())),
        }
    }

    /// Who does it.
    ///
    /// # Errors
    /// The store's.
    pub async fn contestants(self) -> Result<Vec<Contestant>> {
        (self.prepare)().await
    }
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkName {
    /// One event for each commit, one after the other.
    OneByOne,
    /// One event for each commit, from many tasks.
    ManyTasks,
    /// Many events for each commit, one commit after the other.
    InBatches,
    /// One command after the other to one aggregate, beside bare appends of the same event.
    Hot,
    /// A long stream, folded.
    Load,
    /// The whole feed.
    Scan,
}

impl WorkName {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::OneByOne,
        Self::ManyTasks,
        Self::InBatches,
        Self::Hot,
        Self::Load,
        Self::Scan,
    ];

    /// As it stands in the table.
    #[must_use]
    pub fn title(self, amount: &Amount) -> String {
        match self {
            Self::OneByOne => "append 1, one by one".to_owned(),
            Self::ManyTasks => format!("append 1, {} tasks", amount.tasks),
            Self::InBatches => format!("append {} at once", amount.batch),
            Self::Hot => "dispatch, hot (raw: append)".to_owned(),
            Self::Load => format!("load {} events", amount.stream),
            Self::Scan => format!("scan {} events", amount.feed),
        }
    }

    /// The least ratio to the raw driver that mink aims at.
    #[must_use]
    pub fn aim(self) -> Option<f64> {
        match self {
            Self::OneByOne | Self::Load => Some(0.9),
            Self::ManyTasks => Some(0.75),
            Self::InBatches => Some(0.8),
            // at most 1.15 times as long
            Self::Hot => Some(0.87),
            Self::Scan => None,
        }
    }
}

/// A store with its works.
pub struct Arena {
    /// The store's name.
    pub store: &'static str,
    /// What a commit survives there, as the server says it.
    pub settings: String,
    /// The works.
    pub events: Vec<Event>,
    /// Files that must outlive the works.
    pub keep: Option<tempfile::TempDir>,
}

fn appending<S: Appends>(
    work: WorkName,
    side: Side,
    store: &std::sync::Arc<S>,
    amount: Amount,
) -> Contestant {
    match work {
        WorkName::ManyTasks => many_tasks(side, store, amount),
        WorkName::InBatches => in_batches(side, store, amount),
        _ => one_by_one(side, store, amount),
    }
}

/// Dispatches beside appends, both through mink.
fn hot(app: &std::sync::Arc<mink::app::Mink>, amount: Amount) -> Vec<Contestant> {
    vec![
        dispatches_hot(Side::Mink, app, 5_000_000, amount)
            .how("dispatches through the default stack to an aggregate in the cache"),
        appends_hot(Side::Same, app, 5_000_001, amount)
            .how("is mink's own append at the exact version"),
    ]
}

fn reading<S: Reads>(
    work: WorkName,
    side: Side,
    store: &std::sync::Arc<S>,
    amount: Amount,
) -> Contestant {
    match work {
        WorkName::Scan => scans(side, store, amount),
        _ => loads(side, store, amount),
    }
}
