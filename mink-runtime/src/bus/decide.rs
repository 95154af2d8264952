//! The way of a command to its aggregate: load, decide, commit, and again when another writer was first.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::SubsecRound;

use super::answer::Answer;
use super::keyed::Keyed;
use super::nested::Handling;
use super::turns::Turn;
use super::{Accepted, CommandFault, CommandRequest, CommandResponse, Core, Effect, Receipt};
use super::{Progress, Rejection};
use crate::aggregate::{Aggregate, AggregateHandlers, Decided, Events, Handles, Refusal};
use crate::command::{Command, CommandContext, Reply, Routed};
use crate::id::{EventId, StreamId, TenantId};
use crate::pipeline::EncodeError;
use crate::repository::{LoadError, Loaded, Repository, WhenTaken};
use crate::storage::{Append, Commit, CommitError, ExpectedVersion, StoredAnswer, StreamQuery};

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
    let keyed = Keyed::of(&core, &request)?;
    // The key comes before the turn at the aggregate: who works under the key may need that turn to go on, and would
    // wait for a copy of its own that holds it.
    let _flight = match &keyed {
        Some(keyed) => {
            let flight = core.fly(keyed, &request).await;
            // a method with services may do something outside each time it runs
            let look = flight.as_ref().is_some_and(Turn::waited)
                || core.answered.knows(keyed)
                || takes_services::<C, A>();
            if look && let Some(stored) = core.answer_of(keyed).await? {
                return replay::<C, A>(&core, keyed, &request, &stored).await;
            }
            flight
        }
        None => None,
    };
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
                let (response, answer) = match nothing {
                    Err(Refusal::MissingService(missing)) => return Err(missing.into()),
                    Err(Refusal::Domain(error)) => {
                        let rejection = Rejection::new(error);
                        let answer = keyed.as_ref().and_then(|keyed| keyed.refusal(&rejection));
                        (CommandResponse::Rejected(rejection), answer)
                    }
                    Ok(decided) => {
                        let answer = match &keyed {
                            Some(keyed) => Some(decided_answer(
                                keyed,
                                loaded.stream(),
                                loaded.version(),
                                Vec::new(),
                                &decided.reply,
                            )?),
                            None => None,
                        };
                        let receipt = Receipt::nothing(tenant.clone(), &loaded, decided.reply);
                        (CommandResponse::Accepted(Accepted::new(receipt)), answer)
                    }
                };
                loaded.put_back();
                return match keyed {
                    Some(keyed) => settle::<C, A>(&core, &keyed, &request, response, answer).await,
                    None => Ok(response),
                };
            }
        };
        let mut commit = commit_of(repository, tenant, &loaded, &events, &context)?;
        let ids: Vec<EventId> = commit.events().map(|event| event.id).collect();
        if let Some(keyed) = &keyed {
            let version = loaded.version() + ids.len() as u64;
            let answer = decided_answer(keyed, loaded.stream(), version, ids.clone(), &reply)?;
            commit.idempotency = Some(keyed.record(&answer, None)?);
        }
        let commit = Arc::new(commit);
        match submit(repository, &commit, progress).await {
            Ok(()) => {
                let receipt = Receipt::committed(tenant.clone(), &loaded, events, ids, reply);
                loaded.check_in(commit);
                if let Some(keyed) = &keyed {
                    core.answered(keyed);
                }
                return Ok(CommandResponse::Accepted(Accepted::new(receipt)));
            }
            Err(CommitError::Answered(stored)) if keyed.is_some() => {
                drop(loaded);
                let Some(keyed) = &keyed else {
                    return Err(CommitError::Answered(stored).into());
                };
                return replay::<C, A>(&core, keyed, &request, &stored).await;
            }
            Err(error @ CommitError::KeyHeld { .. }) => {
                return Err(keyed.as_ref().map_or_else(|| error.into(), Keyed::held));
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

/// Ends a keyed command that has no events: its answer is committed by itself, or, when it is none that is kept, looked
/// for, since a copy of the command may have changed what it was decided on.
async fn settle<C: Routed<A>, A: Handles<C>>(
    core: &Arc<Core>,
    keyed: &Keyed,
    request: &CommandRequest,
    response: CommandResponse,
    answer: Option<Answer>,
) -> Result<CommandResponse, CommandFault> {
    let stored = match answer {
        None => core.answer_of(keyed).await?,
        Some(answer) => {
            let commit = Commit::new(Vec::new()).with_idempotency(keyed.record(&answer, None)?);
            match submit(&core.repository, &Arc::new(commit), &request.progress).await {
                Ok(()) => {
                    core.answered(keyed);
                    None
                }
                Err(CommitError::Answered(stored)) => Some(*stored),
                Err(CommitError::KeyHeld { .. }) => return Err(keyed.held()),
                Err(error) => return Err(error.into()),
            }
        }
    };
    match stored {
        Some(stored) => replay::<C, A>(core, keyed, request, &stored).await,
        None => Ok(response),
    }
}

/// The answer of the first time. Its events are read back from the stream.
async fn replay<C: Routed<A>, A: Handles<C>>(
    core: &Core,
    keyed: &Keyed,
    request: &CommandRequest,
    stored: &StoredAnswer,
) -> Result<CommandResponse, CommandFault> {
    let unreadable = |reason: &str| CommandFault::UnreadableAnswer {
        command: C::NAME,
        reason: reason.to_owned(),
    };
    core.answered.note(keyed);
    request.progress.set(Effect::Durable);
    match keyed.open(stored)? {
        Answer::Rejected { error } => keyed.rejected(error, request.error_json),
        Answer::Handled { .. } => Err(unreadable("it is the answer of a free-standing handler")),
        Answer::Decided {
            stream,
            version,
            event_ids,
            reply,
        } => {
            let stream = StreamId::new(&stream)?;
            let count = event_ids.len() as u64;
            let mut events = Events::new();
            if count > 0 {
                let mut query = StreamQuery::new(request.tenant.clone(), stream.clone());
                query.from = (version + 1).saturating_sub(count);
                query.to = version;
                query.limit = event_ids.len();
                let page = core
                    .repository
                    .read_page(&query)
                    .await
                    .map_err(LoadError::from)?;
                let page = page.map(|page| page.events).unwrap_or_default();
                for event in &page {
                    let event = core.repository.read_as::<A>(event);
                    events.push_any(event.map_err(LoadError::from)?);
                }
                if events.len() != event_ids.len() {
                    return Err(unreadable("its events are no longer in the stream"));
                }
            }
            let reply = keyed.reply::<A::Reply>(reply)?;
            let receipt = Receipt::<A, _>::replayed(
                request.tenant.clone(),
                stream,
                version,
                events,
                event_ids,
                reply,
            );
            Ok(CommandResponse::Accepted(Accepted::new(receipt)))
        }
    }
}

fn decided_answer<R: Reply>(
    keyed: &Keyed,
    stream: &StreamId,
    version: u64,
    event_ids: Vec<EventId>,
    reply: &R,
) -> Result<Answer, CommandFault> {
    Ok(Answer::Decided {
        stream: stream.to_string(),
        version,
        event_ids,
        reply: keyed.reply_json(reply)?,
    })
}

fn takes_services<C: Command, A: AggregateHandlers>() -> bool {
    A::DECIDERS
        .iter()
        .any(|decider| decider.command == C::NAME && !decider.services.is_empty())
}

fn commit_of<A: Aggregate>(
    repository: &Repository,
    tenant: &TenantId,
    loaded: &Loaded<A>,
    events: &Events<A>,
    context: &CommandContext,
) -> Result<Commit, EncodeError> {
    Ok(Commit::new(vec![Append {
        tenant: tenant.clone(),
        stream: loaded.stream().clone(),
        expected: ExpectedVersion::Exact(loaded.version()),
        events: repository.encode(events, &context.metadata, context.now)?,
    }]))
}

/// Commits, and keeps `progress` true meanwhile, for whoever gives up waiting.
pub(super) async fn submit(
    repository: &Repository,
    commit: &Arc<Commit>,
    progress: &Progress,
) -> Result<(), CommitError> {
    let before = progress.effect();
    progress.set(Effect::Unknown);
    let outcome = repository.commit(Arc::clone(commit)).await;
    progress.set(match &outcome {
        Ok(_) => Effect::Durable,
        Err(CommitError::OutcomeUnknown { .. }) => Effect::Unknown,
        Err(_) => before,
    });
    outcome.map(drop)
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
    pub(super) fn command<C: Command>(&self, request: &CommandRequest) -> Result<C, CommandFault> {
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
