//! No more commands than agreed.
//!
//! **Problem.** One caller, or one tenant, sends more than its share, and all the others wait. **Mechanism.** A limit in
//! the manner of GCRA ([`governor`](https://docs.rs/governor)): so many commands per time, with a burst, for all commands
//! together or each by [its type](RateLimitLayer::per_command), [its tenant](RateLimitLayer::per_tenant) or
//! [any other key](RateLimitLayer::per). A command above the limit is refused with [`CommandFault::RateLimited`], which says
//! when to come again, or [waits](RateLimitLayer::waiting). **Cost.** A few atomic operations; with keys a map behind a
//! mutex, which forgets keys that are at rest, and a box for a command that waits. **What the caller must do.** Wait for
//! `retry_after`.
//!
//! The limit holds in this process. Commands that handlers dispatch pass it, too. Needs the feature `rate-limit`.
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! use std::time::Duration;
//! use mink_runtime::bus::CommandFault;
//! use mink_runtime::bus::layers::RateLimitLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder()
//!     .layer(RateLimitLayer::new(100, Duration::from_secs(60)).burst(1).per_tenant())
//!     .open()
//!     .await?;
//! app.dispatch(Deposit::new("1", 5)).await?;
//! let refused = app.dispatch(Deposit::new("1", 5)).await.unwrap_err();
//! assert!(matches!(refused.fault(), Some(CommandFault::RateLimited { .. })));
//! app.tenant("acme")?.dispatch(Deposit::new("1", 5)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`CommandFault::RateLimited`]: crate::bus::CommandFault::RateLimited

mod layer;
mod limiter;
mod service;
#[cfg(test)]
mod tests;

pub use layer::RateLimitLayer;
pub use service::RateLimitService;
