//! The way of a command to its free-standing handler.

use std::pin::pin;
use std::sync::Arc;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::future::{Either, select};

use super::answer::Answer;
use super::keyed::Keyed;
use super::nested::Handling;
use super::{
    Accepted, CommandFault, CommandRequest, CommandResponse, Core, Effect, Rejection, decide,
};
use crate::command::Command;
use crate::handler::{Handler, Outcome};
use crate::storage::{Commit, CommitError, NewReservation, Reservation, StoredAnswer};

/// A reply, to tell it from the types that aggregates answer with.
pub(super) struct Replied<R>(pub(super) R);

pub(super) async fn run<C, H>(
    core: Arc<Core>,
    request: CommandRequest,
) -> Result<CommandResponse, CommandFault>
where
    C: Command,
    H: Handler<C>,
    H::Returned: Outcome,
{
    let Some(keyed) = Keyed::of(&core, &request)? else {
        return handle::<C, H>(&core, &request).await;
    };
    let _flight = core.fly(&keyed, &request).await;
    let mut held = match Held::take(&core, &keyed).await? {
        Ok(held) => held,
        Err(stored) => return replay::<C, H>(&keyed, &request, &stored),
    };
    let response = held.renew_during(handle::<C, H>(&core, &request)).await?;
    let answer = match &response {
        CommandResponse::Accepted(accepted) => Some(Answer::Handled {
            reply: accepted
                .reply_json()
                .map_err(|error| CommandFault::Fingerprint {
                    command: C::NAME,
                    reason: crate::pipeline::without_values(&error),
                })?,
        }),
        CommandResponse::Rejected(rejection) => keyed.refusal(rejection),
    };
    if let Some(answer) = answer {
        let record = keyed.record(&answer, Some(held.reservation.owner))?;
        let commit = Commit::new(Vec::new()).with_idempotency(record);
        // given back while this commit may yet happen, the key would be free for a second run
        held.is_given_back = false;
        let kept = decide::submit(&core.repository, &Arc::new(commit), &request.progress).await;
        // without an answer that is kept, the handler has run all the same
        request.progress.begun();
        match kept {
            Ok(()) => core.answered(&keyed),
            // who took it over has ended already: every copy gets the same answer
            Err(CommitError::Answered(stored)) => {
                return replay::<C, H>(&keyed, &request, &stored);
            }
            Err(error) => {
                held.is_given_back = !matches!(error, CommitError::OutcomeUnknown { .. });
                return Err(error.into());
            }
        }
    }
    Ok(response)
}

async fn handle<C, H>(
    core: &Core,
    request: &CommandRequest,
) -> Result<CommandResponse, CommandFault>
where
    C: Command,
    H: Handler<C>,
    H::Returned: Outcome,
{
    let command = core.command::<C>(request)?;
    let context = core.context(request);
    // what it does outside is nobody's to know or to undo
    request.progress.begun();
    let returned = Handling::scope(request, H::handle(command, &context)).await?;
    Ok(match returned.into_outcome() {
        Ok(reply) => CommandResponse::Accepted(Accepted::new(Replied(reply))),
        Err(error) => CommandResponse::Rejected(Rejection::new(error)),
    })
}

/// The answer of the first time.
fn replay<C, H>(
    keyed: &Keyed,
    request: &CommandRequest,
    stored: &StoredAnswer,
) -> Result<CommandResponse, CommandFault>
where
    C: Command,
    H: Handler<C>,
    H::Returned: Outcome,
{
    request.progress.set(Effect::Durable);
    match keyed.open(stored)? {
        Answer::Rejected { error } => keyed.rejected(error, request.error_json),
        Answer::Handled { reply } => {
            let reply = keyed.reply::<<H::Returned as Outcome>::Reply>(reply)?;
            Ok(CommandResponse::Accepted(Accepted::new(Replied(reply))))
        }
        Answer::Decided { .. } => Err(CommandFault::UnreadableAnswer {
            command: C::NAME,
            reason: "it is the answer of an aggregate".to_owned(),
        }),
    }
}

/// The hold on a key while the handler works. Given back when it is dropped without an answer, so that the command can
/// be sent again.
struct Held {
    core: Arc<Core>,
    reservation: NewReservation,
    is_given_back: bool,
}

impl Held {
    /// Reserves the key, or gives what is kept under it. Waits for another process that works under it, for as long as
    /// the repository's patience says.
    async fn take(
        core: &Arc<Core>,
        keyed: &Keyed,
    ) -> Result<Result<Self, StoredAnswer>, CommandFault> {
        let reservation = keyed.reservation(core.options.hold_keys);
        let storage = core.repository.storage();
        let mut waits = ExponentialBuilder::default()
            .with_min_delay(std::time::Duration::from_millis(10))
            .with_max_delay(std::time::Duration::from_millis(500))
            .with_total_delay(Some(core.repository.patience()))
            .without_max_times()
            .with_jitter()
            .build();
        loop {
            let reserved = core
                .repository
                .patiently(|| storage.reserve_key(&reservation))
                .await?;
            match reserved {
                Reservation::Reserved => {
                    return Ok(Ok(Self {
                        core: Arc::clone(core),
                        reservation,
                        is_given_back: true,
                    }));
                }
                Reservation::Answered(stored) => return Ok(Err(stored)),
                Reservation::Held { fingerprint, .. } => keyed.same(fingerprint)?,
            }
            let Some(wait) = waits.next() else {
                return Err(keyed.held());
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Renews the hold for as long as `work` goes on, which no slow renewal holds up.
    async fn renew_during<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let every = self.reservation.hold_for / 3;
        loop {
            if let Ok(done) = tokio::time::timeout(every, work.as_mut()).await {
                return done;
            }
            match select(work.as_mut(), pin!(self.renew())).await {
                Either::Left((done, renewal)) => {
                    // seen through: it would reserve anew what is given back next
                    renewal.await;
                    return done;
                }
                Either::Right((true, _)) => {}
                Either::Right((false, _)) => return work.await,
            }
        }
    }

    /// Whether the hold is still this one's, as far as can be told.
    async fn renew(&self) -> bool {
        let key = self.reservation.key;
        let storage = self.core.repository.storage();
        match storage.reserve_key(&self.reservation).await {
            Ok(Reservation::Reserved) => true,
            Ok(_) => {
                tracing::warn!(%key, "the hold on an idempotency key lapsed and was taken over while the handler worked");
                false
            }
            Err(error) => {
                tracing::warn!(%key, %error, "the hold on an idempotency key could not be renewed");
                true
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_given_back {
            return;
        }
        // without a runtime the hold lapses by itself
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (core, reservation) = (Arc::clone(&self.core), self.reservation.clone());
        runtime.spawn(async move {
            let NewReservation {
                tenant, key, owner, ..
            } = &reservation;
            let storage = core.repository.storage();
            // the store may be what failed: it gets the key back when it is there again
            let released = core
                .repository
                .patiently(|| storage.release_key(tenant, *key, *owner))
                .await;
            if let Err(error) = released {
                tracing::warn!(%key, %error, "an idempotency key could not be given back: it lapses by itself");
            }
        });
    }
}
