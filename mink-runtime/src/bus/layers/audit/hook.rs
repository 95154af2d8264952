use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tower::BoxError;

use super::AuditEntry;

/// Is told of commands. Any `Fn(AuditEntry)` that returns a future is one.
///
/// **Delivery.** Once for each command that ended in this process. A process that dies between a commit and the hook's end
/// has told nobody: the events themselves carry the command's metadata.
pub trait AuditHook: Send + Sync + 'static {
    /// Writes the entry down. The command's caller waits for it.
    ///
    /// # Errors
    /// Whatever the place says where it is written. A panic counts as an error.
    fn record(&self, entry: AuditEntry) -> BoxFuture<'_, Result<(), BoxError>>;
}

impl<F, W> AuditHook for F
where
    F: Fn(AuditEntry) -> W + Send + Sync + 'static,
    W: Future<Output = Result<(), BoxError>> + Send,
{
    fn record(&self, entry: AuditEntry) -> BoxFuture<'_, Result<(), BoxError>> {
        async move { self(entry).await }.boxed()
    }
}
