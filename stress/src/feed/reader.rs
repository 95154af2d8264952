//! Readers that follow the feed live, and note what they are delivered and when.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;
use mink_runtime::id::Position;
use mink_runtime::storage::{FeedFilter, Storage};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::checker::Delivered;
use super::writers::OWN;
use crate::domain::Part;

/// One delivery.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// What was delivered.
    pub(super) delivered: Delivered,
    /// When, in microseconds since 1970.
    pub(super) at: i64,
    /// The commit that the payload names.
    pub(super) commit: Option<Uuid>,
    /// Whether it was appended inside a transaction of the writer's own.
    pub(super) is_own: bool,
}

/// A reader at work.
#[derive(Debug)]
pub(super) struct Reader {
    seen: Arc<Mutex<Vec<Seen>>>,
    count: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    task: JoinHandle<Calls>,
}

/// How a reader's calls went.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls {
    /// How many failed.
    pub(super) failed: u64,
    /// Why the last one did.
    pub(super) failure: Option<String>,
    /// The longest read, and when it ended, in microseconds since 1970.
    pub(super) longest_read: (Duration, i64),
    /// The longest wait for the feed to move, and when it ended.
    pub(super) longest_wait: (Duration, i64),
}

/// Keeps the longer of the two.
fn keep_longest(longest: &mut (Duration, i64), began: Instant) {
    let took = began.elapsed();
    if took > longest.0 {
        *longest = (took, chrono::Utc::now().timestamp_micros());
    }
}

impl Reader {
    /// Starts reading from the start. A failing read is tried again, as a subscription does.
    #[must_use]
    pub(super) fn start(store: Arc<dyn Storage>, mut rng: Rng) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let count = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn({
            let (seen, count, stop) = (Arc::clone(&seen), Arc::clone(&count), Arc::clone(&stop));
            async move {
                let filter = FeedFilter::all();
                let mut after = Position::START;
                let mut calls = Calls::default();
                while !stop.load(Ordering::Acquire) {
                    let moved = store.feed_moved();
                    let limit = rng.usize(1..=2000);
                    let began = Instant::now();
                    let read = store.read_feed(after, &filter, limit).await;
                    keep_longest(&mut calls.longest_read, began);
                    let page = match read {
                        Ok(page) => page,
                        Err(error) => {
                            calls.failed += 1;
                            calls.failure = Some(error.to_string());
                            tokio::time::sleep(Duration::from_millis(20)).await;
                            continue;
                        }
                    };
                    let at = chrono::Utc::now().timestamp_micros();
                    let is_caught_up = page.next == page.head;
                    after = page.next;
                    let new = page.events.into_iter().map(|item| Seen {
                        at,
                        commit: commit_in(&item.event.payload),
                        is_own: &*item.event.event_type == OWN,
                        delivered: item.into(),
                    });
                    let total = {
                        let mut seen = lock(&seen);
                        seen.extend(new);
                        seen.len()
                    };
                    count.store(total, Ordering::Release);
                    if is_caught_up {
                        let began = Instant::now();
                        moved.await;
                        keep_longest(&mut calls.longest_wait, began);
                    }
                }
                calls
            }
        });
        Self {
            seen,
            count,
            stop,
            task,
        }
    }

    /// How many events it was delivered so far.
    #[must_use]
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Ends it and gives all that it was delivered.
    pub(super) async fn finish(self) -> (Vec<Seen>, Calls) {
        self.stop.store(true, Ordering::Release);
        // a panic in the task leaves what was noted before it, which the checker judges
        let calls = self.task.await.unwrap_or_default();
        (std::mem::take(&mut *lock(&self.seen)), calls)
    }
}

fn lock(seen: &Mutex<Vec<Seen>>) -> std::sync::MutexGuard<'_, Vec<Seen>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn commit_in(payload: &[u8]) -> Option<Uuid> {
    let part: Part = serde_json::from_slice(payload).ok()?;
    part.verified()?.0.parse().ok()
}
