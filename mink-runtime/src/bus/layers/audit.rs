//! Somebody is told of every command and how it ended.
//!
//! **Problem.** Who asked for what, when, and what became of it has to be written down, also for commands that were refused,
//! failed, panicked or were given up. **Mechanism.** When a command has ended, an [`AuditHook`] is told: the command's name
//! and id, the aggregate, the tenant, the metadata, the [outcome](AuditOutcome), how long it took; nothing of the payload.
//! The hook is awaited before the caller gets the answer. A panic within is caught, recorded, and passed on as
//! [`CommandFault::Panicked`]; a command that nobody waits for any longer is recorded as
//! [abandoned](AuditOutcome::Abandoned), by a task of its own. **Cost.** A copy of the metadata, a box, and what the hook
//! takes. **What the caller must do.** Say what a failing hook means: [fail open](AuditLayer::new), where the failure is
//! logged and the answer stands, or [fail closed](AuditLayer::fail_closed), where the caller hears
//! [`CommandFault::Unaudited`], which holds how the command ended. The command has ended by then: what it committed stays.
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! use std::sync::{Arc, Mutex};
//! use mink_runtime::bus::layers::{AuditEntry, AuditLayer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let book = Arc::new(Mutex::new(Vec::new()));
//! let written = Arc::clone(&book);
//! let app = builder()
//!     .layer(AuditLayer::new(move |entry: AuditEntry| {
//!         written.lock().unwrap().push(entry.to_string());
//!         async { Ok(()) }
//!     }))
//!     .open()
//!     .await?;
//! app.dispatch(Deposit::new("1", 5)).await?;
//! assert_eq!(*book.lock().unwrap(), ["`Deposit` for `1`: accepted at version 1"]);
//! # Ok(())
//! # }
//! ```
//!
//! [`CommandFault::Panicked`]: crate::bus::CommandFault::Panicked
//! [`CommandFault::Unaudited`]: crate::bus::CommandFault::Unaudited

mod entry;
mod hook;
mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use entry::{AuditEntry, AuditOutcome};
pub use hook::AuditHook;
pub use layer::AuditLayer;
pub use service::AuditService;
