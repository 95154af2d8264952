//! Group commit: concurrent commits of many tasks go to the store in one round trip, each with its own answer.
//!
//! **Problem.** A flush to disk costs the same for one event as for a hundred. **Mechanism.** Commits queue; as soon
//! as a lane is free it takes what waits, bounded by count and bytes, no stream and no key twice. There is no timer: a
//! lone commit leaves at once. **Cost.** A queue and a channel per commit. **What the caller must do.** Nothing;
//! dropping the future abandons the answer, never half a commit.

mod queue;

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use super::{Commit, CommitError, Committed, Limits, Storage};
use queue::{Item, Queue};

/// How commits are grouped.
#[derive(Debug, Clone, Copy)]
pub struct GroupOptions {
    /// The most commits in one batch. 256 unless configured.
    pub batch_commits: usize,
    /// The most payload bytes in one batch; a single larger commit goes alone. 4 MiB unless configured.
    pub batch_bytes: usize,
    /// A commit of this many events or more goes through a lane of its own, so that small commits never wait in a
    /// batch with it. 256 unless configured.
    pub bulk_events: usize,
    /// How long a commit whose stream or key another transaction holds is tried again before the caller hears
    /// [`CommitError::Busy`]. 30 seconds unless configured.
    pub busy_patience: Duration,
    /// What one event and one commit may hold.
    pub limits: Limits,
}

impl Default for GroupOptions {
    fn default() -> Self {
        Self {
            batch_commits: 256,
            batch_bytes: 4 * 1024 * 1024,
            bulk_events: 256,
            busy_patience: Duration::from_secs(30),
            limits: Limits::default(),
        }
    }
}

/// What a queue holds at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct GroupLoad {
    /// Commits that wait for a lane.
    pub waiting: usize,
    /// Commits that the store is at work on.
    pub committing: usize,
    /// Commits whose stream another transaction holds, between two attempts.
    pub aside: usize,
    /// Whether new commits are refused.
    pub closed: bool,
}

/// Is told what a queue does.
pub trait GroupWatch: Send + Sync + 'static {
    /// A batch of so many commits leaves, and so many wait.
    fn batch(&self, commits: usize, waiting: usize);
}

/// The queue in front of a [`Storage`]. A cheap handle: clones share the queue.
#[derive(Clone)]
pub struct GroupCommit {
    shared: Arc<Shared>,
}

struct Shared {
    storage: Arc<dyn Storage>,
    watch: Option<Arc<dyn GroupWatch>>,
    options: GroupOptions,
    queue: Mutex<Queue>,
    idle: Notify,
    /// A lane was dropped with work left: whoever waits for an answer starts it again, on a runtime that lives.
    stalled: Notify,
}

impl GroupCommit {
    /// A queue in front of `storage`.
    #[must_use]
    pub fn new(storage: Arc<dyn Storage>, options: GroupOptions) -> Self {
        Self::watched(storage, options, None)
    }

    /// A queue in front of `storage` that tells what it does.
    #[must_use]
    pub fn watched(
        storage: Arc<dyn Storage>,
        options: GroupOptions,
        watch: Option<Arc<dyn GroupWatch>>,
    ) -> Self {
        let queue = Mutex::new(Queue::new(storage.lanes().max(1), options));
        Self {
            shared: Arc::new(Shared {
                storage,
                watch,
                options,
                queue,
                idle: Notify::new(),
                stalled: Notify::new(),
            }),
        }
    }

    /// Commits one value.
    ///
    /// **Order.** Commits of one stream, and of one idempotency key, are done in the order they were submitted, unless
    /// the store was busy with that stream or key. **Delivery.** `Ok` means durable. Dropping this future does not
    /// cancel the commit.
    ///
    /// # Errors
    /// What [`Commit::check`] and [`Storage::commit`] say; [`CommitError::Other`] outside of a Tokio runtime, where
    /// nobody could do the commit.
    pub async fn submit(&self, commit: Arc<Commit>) -> Result<Committed, CommitError> {
        commit.check(&self.shared.options.limits)?;
        // before it is queued: whoever commits next would else do it
        Handle::try_current().map_err(|error| CommitError::Other(Arc::new(error)))?;
        let (answer, mut answered) = oneshot::channel();
        let stalled = self.shared.stalled.notified();
        tokio::pin!(stalled);
        stalled.as_mut().enable();
        self.shared.enqueue(Item::new(commit, answer));
        loop {
            tokio::select! {
                biased;
                answer = &mut answered => return answer.unwrap_or_else(|_| {
                    Err(CommitError::OutcomeUnknown {
                        reason: "the storage adapter panicked, or the runtime that it ran on ended".to_owned(),
                    })
                }),
                () = &mut stalled => {
                    stalled.set(self.shared.stalled.notified());
                    stalled.as_mut().enable();
                    self.shared.start_lanes();
                }
            }
        }
    }

    /// What the queue holds now.
    #[must_use]
    pub fn load(&self) -> GroupLoad {
        self.shared.lock().load()
    }

    /// Refuses new commits and waits until every accepted one is answered.
    pub async fn close(&self) {
        loop {
            let idle = self.shared.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            if self.shared.lock().close() {
                return;
            }
            self.shared.start_lanes();
            idle.await;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // the queue's own steps cannot panic half-way, so a poisoned lock guards whole data
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(self: &Arc<Self>, item: Item) {
        let lane = {
            let mut queue = self.lock();
            if queue.is_closed() && !item.is_retry() {
                item.answer(Err(CommitError::Closed));
                return;
            }
            queue.push(item)
        };
        if let Some(lane) = lane {
            self.start(lane);
        }
    }

    /// Starts a lane that counts as at work. A runtime that is ending drops the task before its first step, so the
    /// guard is made here.
    fn start(self: &Arc<Self>, lane: queue::Lane) {
        let running = Running {
            shared: Arc::clone(self),
            lane,
            ended: false,
        };
        tokio::spawn(Arc::clone(self).run(lane, running));
    }

    async fn run(self: Arc<Self>, lane: queue::Lane, mut running: Running) {
        loop {
            let Some(items) = self.lock().take(lane) else {
                break;
            };
            let batch = Batch {
                shared: &self,
                items,
            };
            let commits: Vec<_> = batch
                .items
                .iter()
                .map(|item| Arc::clone(&item.commit))
                .collect();
            if let Some(watch) = &self.watch {
                watch.batch(commits.len(), self.lock().load().waiting);
            }
            let committing = async { self.storage.commit(&commits).await };
            match AssertUnwindSafe(committing).catch_unwind().await {
                Ok(answers) => batch.answer(answers),
                // the adapter panicked: nobody knows what became of these, and the next batch is not concerned
                Err(_) => drop(batch),
            }
            // the tasks just answered get the chance to queue what they do next, so that it shares a batch
            if commits.len() > 1 {
                tokio::task::yield_now().await;
            }
        }
        running.ended = true;
    }

    /// Starts the lanes that have work and are not at work: a commit may have waited for a stream in another lane.
    fn start_lanes(self: &Arc<Self>) {
        let lanes = self.lock().lanes_to_start();
        for lane in lanes {
            self.start(lane);
        }
    }

    fn tell_when_idle(&self) {
        if self.lock().is_idle() {
            self.idle.notify_waiters();
        }
    }

    fn set_aside(self: &Arc<Self>, mut item: Item, error: CommitError) {
        if item.busy_for() >= self.options.busy_patience {
            item.answer(Err(error));
            return;
        }
        let wait = item.next_wait(|| {
            ExponentialBuilder::default()
                .with_min_delay(Duration::from_millis(2))
                .with_max_delay(Duration::from_millis(100))
                .without_max_times()
                .with_jitter()
                .build()
        });
        let aside = Aside::hold(Arc::clone(self));
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            aside.shared.enqueue(item);
        });
    }
}

/// A lane at work. It is dropped with work left when its runtime ends, while other runtimes may go on; the lane must not
/// stay occupied.
struct Running {
    shared: Arc<Shared>,
    lane: queue::Lane,
    ended: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended {
            self.shared.tell_when_idle();
            return;
        }
        self.shared.lock().abandon(self.lane);
        // this runtime takes no more tasks: those who wait on another start the lane there
        self.shared.stalled.notify_waiters();
        self.shared.idle.notify_waiters();
    }
}

/// A commit that waits for a stream or key that another transaction holds. However the wait ends, it no longer counts.
struct Aside {
    shared: Arc<Shared>,
}

impl Aside {
    fn hold(shared: Arc<Shared>) -> Self {
        shared.lock().hold_aside();
        Self { shared }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        self.shared.lock().release_aside();
        self.shared.tell_when_idle();
    }
}

/// Commits at work. However this ends, their streams and keys are given back.
struct Batch<'a> {
    shared: &'a Arc<Shared>,
    items: Vec<Item>,
}

impl Batch<'_> {
    fn answer(mut self, answers: Vec<Result<Committed, CommitError>>) {
        let items = std::mem::take(&mut self.items);
        self.shared.lock().give_back(&items);
        self.shared.start_lanes();
        let mut answers = answers.into_iter();
        for item in items {
            match answers.next() {
                Some(Err(error @ CommitError::Busy { .. })) => self.shared.set_aside(item, error),
                Some(answer) => item.answer(answer),
                None => item.answer(Err(CommitError::OutcomeUnknown {
                    reason: "the storage adapter gave fewer answers than commits".to_owned(),
                })),
            }
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.shared.lock().give_back(&self.items);
    }
}
