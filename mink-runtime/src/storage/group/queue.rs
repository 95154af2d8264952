use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::super::{Commit, CommitError, Committed, GroupLoad, GroupOptions, KeyDigest};
use crate::id::{StreamId, TenantId};

/// Which lane a batch travels in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Small,
    Bulk,
}

/// A commit that waits for its answer.
pub(super) struct Item {
    pub(super) commit: Arc<Commit>,
    answer: oneshot::Sender<Result<Committed, CommitError>>,
    busy: Option<Busy>,
}

struct Busy {
    since: Instant,
    waits: backon::ExponentialBackoff,
}

impl Item {
    pub(super) fn new(
        commit: Arc<Commit>,
        answer: oneshot::Sender<Result<Committed, CommitError>>,
    ) -> Self {
        Self {
            commit,
            answer,
            busy: None,
        }
    }

    /// Nobody may be listening any more: the commit stands all the same.
    pub(super) fn answer(self, answer: Result<Committed, CommitError>) {
        let _ = self.answer.send(answer);
    }

    pub(super) fn is_retry(&self) -> bool {
        self.busy.is_some()
    }

    pub(super) fn busy_for(&self) -> Duration {
        self.busy
            .as_ref()
            .map_or(Duration::ZERO, |busy| busy.since.elapsed())
    }

    pub(super) fn next_wait(
        &mut self,
        waits: impl FnOnce() -> backon::ExponentialBackoff,
    ) -> Duration {
        let busy = self.busy.get_or_insert_with(|| Busy {
            since: Instant::now(),
            waits: waits(),
        });
        busy.waits.next().unwrap_or(Duration::from_millis(100))
    }

    fn claims(&self) -> impl Iterator<Item = Claim> {
        let streams = self
            .commit
            .appends
            .iter()
            .map(|append| Claim::Stream(append.tenant.clone(), append.stream.clone()));
        let key = self.commit.idempotency.as_ref();
        streams.chain(key.map(|record| Claim::Key(record.tenant.clone(), record.key)))
    }
}

/// What no two commits on their way share.
#[derive(PartialEq, Eq, Hash, Clone)]
enum Claim {
    Stream(TenantId, StreamId),
    Key(TenantId, KeyDigest),
}

/// What waits, what is on its way, and how many lanes are at work.
pub(super) struct Queue {
    small: Track,
    bulk: Track,
    /// Streams and keys of commits that are on their way. A commit that shares one waits.
    in_flight: HashSet<Claim>,
    /// Commits that are on their way.
    committing: usize,
    aside: usize,
    closed: bool,
    options: GroupOptions,
}

struct Track {
    waiting: VecDeque<Item>,
    running: usize,
    lanes: usize,
}

impl Queue {
    pub(super) fn new(lanes: usize, options: GroupOptions) -> Self {
        let track = |lanes| Track {
            waiting: VecDeque::new(),
            running: 0,
            lanes,
        };
        Self {
            small: track(lanes),
            bulk: track(1),
            in_flight: HashSet::new(),
            committing: 0,
            aside: 0,
            closed: false,
            options,
        }
    }

    fn track(&mut self, lane: Lane) -> &mut Track {
        match lane {
            Lane::Small => &mut self.small,
            Lane::Bulk => &mut self.bulk,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn load(&self) -> GroupLoad {
        GroupLoad {
            waiting: self.small.waiting.len() + self.bulk.waiting.len(),
            committing: self.committing,
            aside: self.aside,
            closed: self.closed,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.aside == 0
            && [&self.small, &self.bulk]
                .iter()
                .all(|track| track.running == 0 && track.waiting.is_empty())
    }

    /// Refuses what comes from now on; `true` when nothing is left to wait for.
    pub(super) fn close(&mut self) -> bool {
        self.closed = true;
        self.is_idle()
    }

    /// Queues an item; gives the lane to start when one is free.
    pub(super) fn push(&mut self, item: Item) -> Option<Lane> {
        let lane = if item.commit.event_count() >= self.options.bulk_events {
            Lane::Bulk
        } else {
            Lane::Small
        };
        let track = self.track(lane);
        track.waiting.push_back(item);
        (track.running < track.lanes).then(|| {
            track.running += 1;
            lane
        })
    }

    /// The next batch of a lane; `None` ends the lane. A commit that waits for a stream or key on its way holds back
    /// the later commits of its own streams and key, and nobody else's.
    pub(super) fn take(&mut self, lane: Lane) -> Option<Vec<Item>> {
        let options = self.options;
        let track = match lane {
            Lane::Small => &mut self.small,
            Lane::Bulk => &mut self.bulk,
        };
        let mut batch = Vec::new();
        let mut bytes = 0;
        let mut left = VecDeque::new();
        let mut held: HashSet<Claim> = HashSet::new();
        while let Some(item) = track.waiting.pop_front() {
            let size = item.commit.payload_bytes();
            let full = batch.len() >= options.batch_commits
                || (!batch.is_empty() && bytes + size > options.batch_bytes);
            if full {
                left.push_back(item);
                break;
            }
            let claims: Vec<_> = item.claims().collect();
            if claims
                .iter()
                .any(|claim| self.in_flight.contains(claim) || held.contains(claim))
            {
                held.extend(claims);
                left.push_back(item);
                continue;
            }
            self.in_flight.extend(claims);
            bytes += size;
            batch.push(item);
        }
        left.append(&mut track.waiting);
        track.waiting = left;
        if batch.is_empty() {
            track.running -= 1;
            return None;
        }
        self.committing += batch.len();
        Some(batch)
    }

    pub(super) fn give_back(&mut self, items: &[Item]) {
        self.committing -= items.len();
        for claim in items.iter().flat_map(Item::claims) {
            self.in_flight.remove(&claim);
        }
    }

    /// A lane died.
    pub(super) fn abandon(&mut self, lane: Lane) {
        self.track(lane).running -= 1;
    }

    /// The lanes that have work and are not at work; they count as at work from now on.
    pub(super) fn lanes_to_start(&mut self) -> Vec<Lane> {
        let mut lanes = Vec::new();
        for lane in [Lane::Small, Lane::Bulk] {
            let track = self.track(lane);
            if !track.waiting.is_empty() && track.running < track.lanes {
                track.running += 1;
                lanes.push(lane);
            }
        }
        lanes
    }

    pub(super) fn hold_aside(&mut self) {
        self.aside += 1;
    }

    pub(super) fn release_aside(&mut self) {
        self.aside -= 1;
    }
}
