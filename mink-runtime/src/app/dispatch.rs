use std::time::Duration;

use super::{Mink, Result};
use crate::bus::{
    Detached, DispatchError, DispatchOptions, Dispatchable, Dispatching, JsonDispatchError,
    JsonReceipt, StillRunning,
};
use crate::storage::StorageError;

impl Mink {
    /// Sends a command to its aggregate, or to its free-standing handler.
    ///
    /// An aggregate answers with a [`Receipt`](crate::bus::Receipt) when its events are durable: it is loaded, decides,
    /// and the events are committed at the version it decided on; it decides anew when another writer was first (see
    /// [`Bus::dispatch`](crate::bus::Bus::dispatch)). A free-standing handler answers with its reply.
    ///
    /// Within a handler, the command that is being handled is the cause of this one, and what this handle's metadata
    /// does not say is that command's.
    ///
    /// # Errors
    /// [`DispatchError::Rejected`] with the domain's own error; the others are the infrastructure's.
    pub fn dispatch<C, To, T, E>(&self, command: C) -> Dispatching<'_, Result<T, DispatchError<E>>>
    where
        C: Dispatchable<To, Answer = T, Error = E>,
        To: 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.dispatch_with(command, DispatchOptions::new())
    }

    /// Sends a command as the options say.
    ///
    /// # Errors
    /// As [`dispatch`](Self::dispatch).
    pub fn dispatch_with<C, To, T, E>(
        &self,
        command: C,
        options: DispatchOptions,
    ) -> Dispatching<'_, Result<T, DispatchError<E>>>
    where
        C: Dispatchable<To, Answer = T, Error = E>,
        To: 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let Self {
            shared,
            tenant,
            metadata,
        } = self;
        Dispatching::new(shared.bus.dispatch(tenant, metadata, command, options))
    }

    /// Deletes idempotency keys whose answers have expired, at most `limit` of them; tells how many. It happens by itself
    /// after every so many commands with a key: call it where there are few.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep_keys(&self, limit: usize) -> Result<u64, StorageError> {
        self.shared.bus.sweep_keys(limit).await
    }

    /// Sends many commands of one type; tells how each ended, in the order in which they were given.
    ///
    /// Several run at the same time, at most [`BusOptions::concurrency`](crate::bus::BusOptions::concurrency); those
    /// for the same aggregate one after the other in their order, whether the one before was refused or not. Each is a
    /// dispatch and a commit of its own: for all or none of them use a [`session`](Self::session).
    ///
    /// Dropping the future lets go of those that have not ended.
    pub fn dispatch_all<'a, C, To, T, E>(
        &'a self,
        commands: impl IntoIterator<Item = C, IntoIter: Send> + Send + 'a,
    ) -> Dispatching<'a, Vec<Result<T, DispatchError<E>>>>
    where
        C: Dispatchable<To, Answer = T, Error = E>,
        To: 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let Self {
            shared,
            tenant,
            metadata,
        } = self;
        Dispatching::new(shared.bus.dispatch_all(tenant, metadata, commands))
    }

    /// Sends a command and does not wait for it: the handle is awaited for the answer, or cancels it.
    ///
    /// Shutting down waits for it as for any other.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn dispatch_detached<C, To, T, E>(&self, command: C) -> Detached<T, E>
    where
        C: Dispatchable<To, Answer = T, Error = E>,
        To: 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.shared.bus.dispatch_detached(
            &self.tenant,
            &self.metadata,
            command,
            DispatchOptions::new(),
        )
    }

    /// Sends the command of this name, whose payload is JSON, and tells what came of it as JSON.
    ///
    /// # Errors
    /// [`JsonDispatchError`]: no command has the name, it is never sent (`#[command(local)]`), the payload does not fit
    /// (told without any value), the domain said no, the infrastructure's.
    pub async fn dispatch_json(
        &self,
        name: &str,
        payload: &serde_json::Value,
    ) -> Result<JsonReceipt, JsonDispatchError> {
        self.shared
            .bus
            .dispatch_json(
                &self.tenant,
                &self.metadata,
                name,
                payload,
                DispatchOptions::new(),
            )
            .await
    }

    /// Refuses new commands and commits, waits for the commands that are being handled and for the commits that were
    /// accepted, and closes the store. Every other handle is closed with it. Called again it does no harm.
    ///
    /// Waits as long as [`BusOptions::drain_within`](crate::bus::BusOptions::drain_within) says. Called from within a
    /// handler it does not wait for that one; what that one still has to commit is refused.
    ///
    /// # Errors
    /// [`Error::StillRunning`](super::Error::StillRunning) when the time was over first. The store is closed all the
    /// same.
    pub async fn shutdown(self) -> Result<()> {
        let within = self.shared.bus.drain_within();
        Ok(self.close(within).await?)
    }

    /// [`shutdown`](Self::shutdown) that waits for this long at most.
    ///
    /// # Errors
    /// [`StillRunning`] when the time was over first. The store is closed all the same.
    pub async fn close(&self, within: Duration) -> Result<(), StillRunning> {
        self.shared.bus.close(within).await
    }
}
