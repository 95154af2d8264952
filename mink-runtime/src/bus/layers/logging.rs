//! One line in the log for each command.
//!
//! **Problem.** When something goes wrong at night, the log should say which commands came and how they ended, and never
//! what was in them. **Mechanism.** A [`tracing`](https://docs.rs/tracing) event with the target `mink::command` when the
//! command has ended: its name, id, target, aggregate and tenant, how it ended, how long it took. The level follows from
//! the end: `DEBUG` when it was accepted, `INFO` when it was refused by the domain or by a rule, `WARN` when trying again
//! may help or nobody waited for the answer, `ERROR` when somebody has to look at it. **Cost.** A box for each command;
//! the line, when a subscriber wants it. **What the caller must do.** Install a subscriber. A text that the domain's own
//! errors would show is not in the line; [`with_rejections`](LoggingLayer::with_rejections) adds it.
//!
//! Part of the [default stack](super::default_stack).
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! use mink_runtime::bus::layers::LoggingLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder()
//!     .bare_stack()
//!     .layer(LoggingLayer::new().accepted_at(tracing::Level::INFO))
//!     .open()
//!     .await?;
//! app.dispatch(Deposit::new("1", 5)).await?;
//! # Ok(())
//! # }
//! ```

mod layer;
mod line;
mod service;
#[cfg(test)]
mod tests;

pub use layer::LoggingLayer;
pub use service::LoggingService;
