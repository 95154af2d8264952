//! A store that is down is left alone for a while.
//!
//! **Problem.** While the store does not answer, every command waits for its whole patience before it fails, callers pile
//! up, and a store that comes back meets all of them at once. **Mechanism.** After a number of
//! [outages][`CommandFault::is_outage`] in a row the circuit is *open*: commands fail at once with
//! [`CommandFault::CircuitOpen`], which says when to come again. After a while it is *half open*: a few commands are let
//! through as probes. When they succeed it is *closed* again; when one fails it is open again, for twice as long, up to a
//! limit. Only what the infrastructure did counts: a refusal by the domain shows that the store is well, and a conflict, a
//! broken rule or a panic says nothing about it. **Cost.** A mutex that is held for a few instructions, and a box for each
//! command. **What the caller must do.** Place it within a [retry](super::retry), so that each attempt counts and an open
//! circuit ends the attempts; and within the [audit](super::audit), which then tells of what was not even tried.
//!
//! The layer is the circuit's handle: clones share it, [`state`](CircuitBreakerLayer::state) tells how it is, and
//! [`on_change`](CircuitBreakerLayer::on_change) is told when that changes. One layer is one circuit, for all that pass it.
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! use std::time::Duration;
//! use mink_runtime::bus::layers::{CircuitBreakerLayer, CircuitState};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let circuit = CircuitBreakerLayer::new()
//!     .opens_after(5)
//!     .open_for(Duration::from_secs(1), Duration::from_secs(60))
//!     .probes(2)
//!     .on_change(|change| println!("the store's circuit is {} now", change.to));
//! let app = builder().layer(circuit.clone()).open().await?;
//! app.dispatch(Deposit::new("1", 5)).await?;
//! assert_eq!(circuit.state(), CircuitState::Closed);
//! # Ok(())
//! # }
//! ```
//!
//! [`CommandFault::is_outage`]: crate::bus::CommandFault::is_outage
//! [`CommandFault::CircuitOpen`]: crate::bus::CommandFault::CircuitOpen

mod circuit;
mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use circuit::{CircuitChange, CircuitState};
pub use layer::CircuitBreakerLayer;
pub use service::CircuitBreakerService;
