//! The way of a command to its aggregate: load, decide, commit, and again when another writer was first.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::{SubsecRound, Utc};

use super::nested::Handling;
use super::{Accepted, CommandFault, CommandRequest, CommandResponse, Core, Effect, Receipt};
use super::{Progress, Rejection};
use crate::aggregate::{Aggregate, Decided, Events, Handles, Refusal};
use crate::command::{CommandContext, Routed};
use crate::id::{EventId, StreamId, TenantId};
use crate::metadata::Metadata;
use crate::pipeline::{self, EncodeError};
use crate::repository::{Loaded, Repository, WhenTaken};
use crate::storage::{Append, Commit, CommitError, ExpectedVersion, NewEvent};

pub(super) async fn run<C: Routed<A>, A: Handles<C>>(
    core: Arc<Core>,
    request: CommandRequest,
) -> Result<CommandResponse, CommandFault> {
    let command = core.command::<C>(&request)?;
    let repository = &core.repository;
    let mut context = core.context(&request);
    context.aggregate_id = command.aggregate_id().into_owned();
    let CommandRequest {
        tenant, progress, ..
    } = &request;
    let stream = StreamId::of(A::NAME, &context.aggregate_id)?;
    // Whoever dispatches within a handler may hold a turn already: waiting for another could wait for ever.
    let nested = request.is_nested();
    let mut turn = if nested {
        None
    } else {
        core.turns.join(tenant, &stream).await
    };
    let taken = if nested {
        WhenTaken::LoadAnother
    } else {
        WhenTaken::Wait
    };
    let mut loaded = repository
        .checkout::<A>(tenant, &context.aggregate_id, taken)
        .await?;
    let mut waits = conflict_waits(core.options.conflict_retries);
    loop {
        context.version = loaded.version();
        let decided = Handling::scope(&request, loaded.handle(command.clone(), &context)).await;
        let Decided { events, reply } = match decided {
            Ok(decided) if !decided.events.is_empty() => decided,
            Err(Refusal::MissingService(missing)) => return Err(missing.into()),
            // no commit will notice that the state is out of date
            nothing => {
                if loaded.confirm().await? {
                    continue;
                }
                let response = match nothing {
                    Err(Refusal::Domain(error)) => CommandResponse::Rejected(Rejection::new(error)),
                    Err(Refusal::MissingService(missing)) => return Err(missing.into()),
                    Ok(decided) => {
                        let receipt = Receipt::nothing(tenant.clone(), &loaded, decided.reply);
                        CommandResponse::Accepted(Accepted::new(receipt))
                    }
                };
                loaded.put_back();
                return Ok(response);
            }
        };
        let commit = Arc::new(commit_of(tenant, &loaded, &events, &context)?);
        match submit(repository, &commit, progress).await {
            Ok(()) => {
                let ids: Vec<EventId> = commit.events().map(|event| event.id).collect();
                let receipt = Receipt::committed(tenant.clone(), &loaded, events, ids, reply);
                loaded.check_in(commit);
                return Ok(CommandResponse::Accepted(Accepted::new(receipt)));
            }
            Err(CommitError::Conflict(conflict)) => {
                if !loaded.is_fresh() {
                    // what this process remembered was out of date: nobody contends
                } else if turn.is_none() && !nested && !loaded.is_queued_for() {
                    turn = Some(core.turns.take(tenant, loaded.stream()).await);
                } else {
                    // within this process turns are taken: this conflict is with another process
                    let Some(wait) = waits.next() else {
                        return Err(conflict.into());
                    };
                    tokio::time::sleep(wait).await;
                }
                tracing::debug!(command = C::NAME, %conflict, "deciding anew");
                loaded.catch_up().await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn commit_of<A: Aggregate>(
    tenant: &TenantId,
    loaded: &Loaded<A>,
    events: &Events<A>,
    context: &CommandContext,
) -> Result<Commit, EncodeError> {
    Ok(Commit::new(vec![Append {
        tenant: tenant.clone(),
        stream: loaded.stream().clone(),
        expected: ExpectedVersion::Exact(loaded.version()),
        events: encode_all(events, &context.metadata, context.now)?,
    }]))
}

/// Commits, and keeps `progress` true meanwhile, for whoever gives up waiting.
async fn submit(
    repository: &Repository,
    commit: &Arc<Commit>,
    progress: &Progress,
) -> Result<(), CommitError> {
    progress.set(Effect::Unknown);
    let outcome = repository.commit(Arc::clone(commit)).await;
    progress.set(match &outcome {
        Ok(_) => Effect::Durable,
        Err(CommitError::OutcomeUnknown { .. }) => Effect::Unknown,
        Err(_) => Effect::None,
    });
    outcome.map(drop)
}

/// The stored form of a list of events, in order.
///
/// # Errors
/// The first event that cannot be written.
pub fn encode_all<A: Aggregate>(
    events: &Events<A>,
    metadata: &Metadata,
    now: chrono::DateTime<Utc>,
) -> Result<Vec<NewEvent>, EncodeError> {
    events
        .iter()
        .map(|event| pipeline::encode(event, metadata, now))
        .collect()
}

impl Core {
    /// What the handler of `request` may know.
    pub(super) fn context(&self, request: &CommandRequest) -> CommandContext {
        CommandContext {
            tenant: request.tenant.clone(),
            aggregate_id: String::new(),
            version: 0,
            command_id: request.command_id,
            metadata: Arc::clone(&request.metadata),
            now: self.clock.now().trunc_subsecs(6),
            services: Arc::clone(&self.services),
        }
    }

    /// The command as its handler takes it.
    pub(super) fn command<C: crate::command::Command>(
        &self,
        request: &CommandRequest,
    ) -> Result<C, CommandFault> {
        let command = request.command::<C>().cloned();
        command.ok_or(CommandFault::Misrouted {
            command: request.name(),
        })
    }
}

fn conflict_waits(retries: usize) -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(1))
        .with_max_delay(Duration::from_millis(100))
        .with_max_times(retries)
        .with_jitter()
        .build()
}
