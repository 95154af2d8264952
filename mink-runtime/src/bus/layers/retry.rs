//! Another attempt after a fault that passes.
//!
//! **Problem.** A store that restarts, or a storm of writers at one aggregate, fails commands that would succeed a moment
//! later. **Mechanism.** After a fault that [is transient][`CommandFault::is_transient`] the command is sent again, after
//! waits that grow exponentially up to a cap and have jitter, until the attempts or the time are used up; the last fault
//! is the answer. Never sent again: a command that may have taken effect, since that would be twice; one whose outcome
//! is unknown, which the repository settles by submitting the *same value*; what the domain refused. An open
//! [circuit breaker](super::circuit_breaker) within ends it at once. Dropping the dispatch ends it, too, also while it
//! waits. **Cost.** A clone of the request (a few counters, no copy of the command) and a box for each command. **What the
//! caller must do.** Nothing. A free-standing handler that has begun may have done something, so it is never started over
//! after a fault; after a refusal it is when [`when_rejected`](RetryLayer::when_rejected) asks for it.
//!
//! The repository already repeats reads and commits while the store cannot be reached, for as long as
//! [`patience`](crate::app::MinkBuilder::patience) says, and decides anew after a conflict: this layer is for what is left
//! when that ended, and for faults of the application's own.
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! use std::time::Duration;
//! use mink_runtime::bus::layers::RetryLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder()
//!     .layer(
//!         RetryLayer::new()
//!             .attempts(5)
//!             .first_wait(Duration::from_millis(20))
//!             .longest_wait(Duration::from_secs(1))
//!             .within(Duration::from_secs(10)),
//!     )
//!     .open()
//!     .await?;
//! app.dispatch(Deposit::new("1", 5)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`CommandFault::is_transient`]: crate::bus::CommandFault::is_transient

mod layer;
mod policy;
mod service;
#[cfg(test)]
mod tests;

pub use layer::RetryLayer;
pub use service::RetryService;
