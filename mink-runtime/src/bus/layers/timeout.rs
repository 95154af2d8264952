//! A limit on how long a command may take.
//!
//! **Problem.** A store that hangs, or a handler that waits for a gateway, keeps its caller waiting for ever.
//! **Mechanism.** When the time is over the wait ends with [`CommandFault::TimedOut`], and what was within is dropped: a
//! handler ends where it waits. A commit that was submitted is not torn: the store finishes it or never does it, and
//! the error's [`Effect`] says what is known, [`None`](crate::bus::Effect::None) when nothing was submitted, otherwise that it may have
//! happened. **Cost.** A timer and a box for each command. **What the caller must do.** After
//! [`Effect::Unknown`] find out before acting again: dispatch again with the same idempotency key, or load the aggregate.
//!
//! The limit holds for all that is within: with a [retry](super::retry) inside it is for all attempts together, outside of
//! it for each. For one dispatch use [`DispatchOptions::within`](crate::bus::DispatchOptions::within).
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! use std::time::Duration;
//! use mink_runtime::bus::layers::TimeoutLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder()
//!     .layer(TimeoutLayer::new(Duration::from_secs(10)))
//!     .open()
//!     .await?;
//! app.dispatch(Deposit::new("1", 5)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`CommandFault::TimedOut`]: crate::bus::CommandFault::TimedOut
//! [`Effect`]: crate::bus::Effect
//! [`Effect::Unknown`]: crate::bus::Effect::Unknown

mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use layer::TimeoutLayer;
pub use service::TimeoutService;
