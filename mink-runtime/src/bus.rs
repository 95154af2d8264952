//! From a command to its receipt: load, decide, commit, and again when another writer was first.

mod error;
mod receipt;
mod session;
mod turns;

use std::sync::Arc;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::SubsecRound;
use uuid::Uuid;

pub use error::DispatchError;
pub use receipt::Receipt;
pub use session::Session;

use crate::aggregate::{Aggregate, Events, Handles, Refusal};
use crate::command::{Clock, CommandContext, Routed, Services};
use crate::id::{EventId, StreamId, TenantId};
use crate::metadata::Metadata;
use crate::pipeline::EncodeError;
use crate::repository::{LoadError, Loaded, Repository};
use crate::storage::{Append, Commit, CommitError, ExpectedVersion};
use turns::Turns;

tokio::task_local! {
    /// Set while a handler decides.
    static DECIDING: ();
}

/// How commands are dispatched.
#[derive(Debug, Clone, Copy)]
pub struct BusOptions {
    /// How often a command is decided anew after another writer was first. 64 unless configured.
    pub conflict_retries: usize,
}

impl Default for BusOptions {
    fn default() -> Self {
        Self {
            conflict_retries: 64,
        }
    }
}

/// Routes commands to their aggregates.
pub struct Bus {
    repository: Repository,
    services: Arc<Services>,
    clock: Arc<dyn Clock>,
    options: BusOptions,
    turns: Turns,
}

impl Bus {
    /// A bus on `repository`, whose handlers find these services.
    #[must_use]
    pub fn new(
        repository: Repository,
        services: Services,
        clock: Arc<dyn Clock>,
        options: BusOptions,
    ) -> Self {
        Self {
            repository,
            services: Arc::new(services),
            clock,
            options,
            turns: Turns::default(),
        }
    }

    /// The repository behind it.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Loads the command's aggregate, lets it decide, and commits the events at the version it decided on.
    ///
    /// When another writer was first, only what came since is read and the command is decided anew. From the second
    /// attempt on the tasks of this process take turns at the aggregate, so a storm of conflicts costs one attempt
    /// each. A decision without events commits nothing.
    ///
    /// **Delivery.** `Ok` means durable. An unknown outcome is never decided anew: the same value is submitted until
    /// the store answers.
    ///
    /// # Errors
    /// [`DispatchError::Rejected`] with the domain's own error; the others are the infrastructure's.
    pub async fn dispatch<C, A>(
        &self,
        tenant: &TenantId,
        metadata: &Metadata,
        command: C,
    ) -> Result<Receipt<A>, DispatchError<A::Error>>
    where
        C: Routed<A>,
        A: Handles<C>,
    {
        let id = command.aggregate_id().into_owned();
        let command_id = Uuid::now_v7();
        let mut context = CommandContext {
            tenant: tenant.clone(),
            aggregate_id: id,
            version: 0,
            command_id,
            metadata: stamped(metadata, command_id),
            now: self.clock.now().trunc_subsecs(6),
            services: Arc::clone(&self.services),
        };
        let stream = StreamId::of(A::NAME, &context.aggregate_id).map_err(LoadError::from)?;
        // Whoever dispatches within a handler may hold a turn already: waiting for another could wait for ever.
        let nested = DECIDING.try_with(|()| ()).is_ok();
        let mut turn = if nested {
            None
        } else {
            self.turns.join(tenant, &stream).await
        };
        let mut loaded = self
            .repository
            .load::<A>(tenant, &context.aggregate_id)
            .await?;
        let mut waits = conflict_waits(self.options.conflict_retries);
        loop {
            context.version = loaded.version();
            let decided = DECIDING.scope((), loaded.handle(command.clone(), &context));
            let events = match decided.await {
                Ok(events) => events,
                Err(Refusal::Domain(error)) => return Err(DispatchError::Rejected(error)),
                Err(Refusal::MissingService(missing)) => return Err(missing.into()),
            };
            if events.is_empty() {
                return Ok(Receipt::nothing(tenant.clone(), &loaded, context));
            }
            match self.append(tenant, &loaded, &events, &context).await {
                Ok(commit) => {
                    let receipt =
                        Receipt::committed(tenant.clone(), &loaded, context, events, commit);
                    return Ok(receipt);
                }
                Err(AppendFault::Encode(error)) => return Err(error.into()),
                Err(AppendFault::Commit(CommitError::Conflict(conflict))) => {
                    if turn.is_none() && !nested {
                        turn = Some(self.turns.take(tenant, loaded.stream()).await);
                    } else {
                        // within this process turns are taken: this conflict is with another process
                        let Some(wait) = waits.next() else {
                            return Err(conflict.into());
                        };
                        tokio::time::sleep(wait).await;
                    }
                    tracing::debug!(command = C::NAME, %conflict, "deciding anew");
                    self.repository.catch_up(tenant, &mut loaded).await?;
                }
                Err(AppendFault::Commit(error)) => return Err(error.into()),
            }
        }
    }

    async fn append<A: Aggregate>(
        &self,
        tenant: &TenantId,
        loaded: &Loaded<A>,
        events: &Events<A>,
        context: &CommandContext,
    ) -> Result<Vec<EventId>, AppendFault> {
        let new = self
            .repository
            .encode(events, &context.metadata, context.now)
            .map_err(AppendFault::Encode)?;
        let ids = new.iter().map(|event| event.id).collect();
        let commit = Commit::new(vec![Append {
            tenant: tenant.clone(),
            stream: loaded.stream().clone(),
            expected: ExpectedVersion::Exact(loaded.version()),
            events: new,
        }]);
        self.repository
            .commit(commit)
            .await
            .map_err(AppendFault::Commit)?;
        Ok(ids)
    }
}

enum AppendFault {
    Encode(EncodeError),
    Commit(CommitError),
}

/// What the context carries, with what it does not say filled in: a fresh correlation, and the command as the cause.
fn stamped(metadata: &Metadata, command_id: Uuid) -> Metadata {
    let mut metadata = metadata.clone();
    metadata
        .correlation_id
        .get_or_insert_with(|| command_id.to_string());
    metadata
        .causation_id
        .get_or_insert_with(|| command_id.to_string());
    metadata
}

fn conflict_waits(retries: usize) -> impl Iterator<Item = std::time::Duration> {
    ExponentialBuilder::default()
        .with_min_delay(std::time::Duration::from_millis(1))
        .with_max_delay(std::time::Duration::from_millis(100))
        .with_max_times(retries)
        .with_jitter()
        .build()
}
