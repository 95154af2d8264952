use std::ops::Deref;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

use super::nested::{self, inherited};
use super::{Bus, CommandFault, DispatchError, Receipt};
use crate::aggregate::{AggregateHandlers, Events, Handles, Refusal};
use crate::command::{CommandContext, Routed, Services};
use crate::id::TenantId;
use crate::metadata::Metadata;
use crate::repository::{LoadError, Loaded, Repository};
use crate::storage::{Append, Commit, CommitError, ExpectedVersion, NewEvent};

/// One aggregate, loaded once, that decides several commands whose events are committed together.
///
/// **Problem.** An import, or a form with many rows, sends one aggregate many commands: dispatched one by one each costs
/// a load and a flush, and a crash leaves part of them. **Mechanism.** Each command is decided on the state that the
/// commands before it left; [`commit`](Self::commit) writes all of it or none of it, at the version that was loaded.
/// **Cost.** One read and one commit, however many commands. **What the caller must do.** Commit, and after a conflict
/// start anew: another writer was first, so the decisions may no longer hold.
///
/// Dereferences to the state as the commands so far left it. Dropping the session forgets its events.
pub struct Session<A> {
    repository: Repository,
    services: Arc<Services>,
    tenant: TenantId,
    metadata: Metadata,
    now: DateTime<Utc>,
    loaded: Loaded<A>,
    loaded_version: u64,
    events: Events<A>,
    encoded: Vec<NewEvent>,
}

impl Bus {
    /// Loads an aggregate to decide several commands on it (see [`Session`]).
    ///
    /// # Errors
    /// As [`Repository::load`]; an aggregate that nothing ever happened to is at version 0.
    pub async fn session<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        metadata: &Metadata,
        id: &str,
    ) -> Result<Session<A>, LoadError> {
        let loaded = self.core.repository.load::<A>(tenant, id).await?;
        let mut metadata = inherited(metadata.clone());
        metadata
            .correlation_id
            .get_or_insert_with(|| Uuid::now_v7().to_string());
        Ok(Session {
            repository: self.core.repository.clone(),
            services: Arc::clone(&self.core.services),
            tenant: tenant.clone(),
            metadata,
            now: self.core.clock.now().trunc_subsecs(6),
            loaded_version: loaded.version(),
            loaded,
            events: Events::new(),
            encoded: Vec::new(),
        })
    }
}

impl<A: AggregateHandlers> Session<A> {
    /// Lets the aggregate decide, and evolves it from what it decided. Writes nothing yet. Tells how many events came
    /// of it.
    ///
    /// A command that is refused leaves the session as it was. What its method replies besides events is left out.
    ///
    /// # Errors
    /// [`DispatchError::Rejected`] with the domain's own error; [`CommandFault::OtherAggregate`] for a command that is
    /// addressed to another aggregate than this one; an event that cannot be written; a missing service.
    pub async fn execute<C>(
        &mut self,
        command: C,
    ) -> Result<usize, DispatchError<<A as Handles<C>>::Error>>
    where
        C: Routed<A>,
        A: Handles<C>,
    {
        let addressee = command.aggregate_id();
        if addressee != self.loaded.stream().id() {
            return Err(DispatchError::Failed(CommandFault::OtherAggregate {
                command: C::NAME,
                addressee: addressee.into_owned(),
                session: self.loaded.stream().clone(),
            }));
        }
        let command_id = Uuid::now_v7();
        let context = CommandContext {
            tenant: self.tenant.clone(),
            aggregate_id: addressee.into_owned(),
            version: self.loaded.version(),
            command_id,
            metadata: Arc::new(caused_by(&self.metadata, command_id)),
            now: self.now,
            services: Arc::clone(&self.services),
        };
        let events = match self.loaded.handle(command, &context).await {
            Ok(decided) => decided.events,
            Err(Refusal::Domain(error)) => return Err(DispatchError::Rejected(error)),
            Err(Refusal::MissingService(missing)) => return Err(missing.into()),
        };
        let encoded = self
            .repository
            .encode(&events, &context.metadata, self.now)?;
        let count = encoded.len();
        self.loaded.evolve(&events);
        self.encoded.extend(encoded);
        self.events.append(events);
        Ok(count)
    }

    /// What the commands so far decided and [`commit`](Self::commit) is going to write, in order.
    #[must_use]
    pub fn events(&self) -> &Events<A> {
        &self.events
    }

    /// The version that the aggregate was loaded at; 0 when nothing ever happened to it.
    #[must_use]
    pub fn loaded_version(&self) -> u64 {
        self.loaded_version
    }

    /// Commits the events of every command, all of them or none. Answers when they are durable. Without events there
    /// is nothing to commit, and the receipt is empty.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when another writer was first: load anew and decide again. As
    /// [`Repository::commit`] otherwise.
    pub async fn commit(self) -> Result<Receipt<A>, CommitError> {
        let stream = self.loaded.stream().clone();
        let ids = self.encoded.iter().map(|event| event.id).collect();
        if !self.encoded.is_empty() {
            let commit = Commit::new(vec![Append {
                tenant: self.tenant.clone(),
                stream: stream.clone(),
                expected: ExpectedVersion::Exact(self.loaded_version),
                events: self.encoded,
            }]);
            nested::commit(&self.repository, commit).await?;
        }
        Ok(Receipt::appended(
            self.tenant,
            stream,
            self.loaded.version(),
            self.events,
            ids,
        ))
    }
}

/// The command is the cause of its events, unless the session has another.
fn caused_by(metadata: &Metadata, command_id: Uuid) -> Metadata {
    let mut metadata = metadata.clone();
    metadata
        .causation_id
        .get_or_insert_with(|| command_id.to_string());
    metadata
}

impl<A> Deref for Session<A> {
    type Target = A;
    fn deref(&self) -> &A {
        &self.loaded
    }
}

/// Shows which aggregate it is, not its state, which may be personal.
impl<A> std::fmt::Debug for Session<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("stream", self.loaded.stream())
            .field("loaded_version", &self.loaded_version)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}
