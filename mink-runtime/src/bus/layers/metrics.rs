//! Commands counted and timed.
//!
//! **Problem.** Whether a service is well is a matter of rates: how many commands, how many of them fail, how long they
//! take. **Mechanism.** The [`metrics`](https://docs.rs/metrics) facade, with the names of the table; commands that are
//! refused before anybody handles them are counted, too. **Cost.** A box for each command, and what the installed recorder
//! takes; next to nothing without one. **What the caller must do.** Install a recorder, such as the Prometheus exporter.
//!
//! | metric | labels | |
//! |---|---|---|
//! | `mink_commands_total` | `service`, `command_type`, `status` | commands that ended: `success`, `rejected` by the domain, `error`, `abandoned` by whoever waited |
//! | `mink_command_duration_seconds` | `service`, `command_type` | how long each took |
//! | `mink_commands_in_flight` | `service`, `command_type` | how many are being handled now |
//! | `mink_errors_total` | `service`, `error_type` | faults by their [kind](crate::bus::CommandFault::kind) |
//!
//! Part of the [default stack](super::default_stack).
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! use mink_runtime::bus::layers::MetricsLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder()
//!     .bare_stack()
//!     .layer(MetricsLayer::new().service("shop"))
//!     .open()
//!     .await?;
//! app.dispatch(Deposit::new("1", 5)).await?;
//! # Ok(())
//! # }
//! ```

mod layer;
mod meter;
mod service;
#[cfg(test)]
mod tests;

pub use layer::MetricsLayer;
pub use service::MetricsService;
