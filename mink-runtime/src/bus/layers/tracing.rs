//! A span for each command.
//!
//! **Problem.** Where a slow command spends its time, and what it belongs to, is only seen when everything that it sets in
//! motion is under one roof. **Mechanism.** A [`tracing`](https://docs.rs/tracing) span `command` around all that is
//! within, with the attributes of the table. A command that a handler dispatches is a child of its span. Exported with
//! `tracing-opentelemetry`, the span is called `command.<Name>`. **Cost.** A box for each command; the span, when a
//! subscriber wants it. **What the caller must do.** Install a subscriber.
//!
//! | attribute | |
//! |---|---|
//! | `mink.service` | what [`service`](TracingLayer::service) said |
//! | `mink.command.type`, `mink.command.id` | the command's name, and the id of this dispatch |
//! | `mink.command.aggregate_id` | the aggregate that it is addressed to |
//! | `mink.tenant` | whose data |
//! | `mink.correlation_id` | what its events carry |
//! | `mink.result.aggregate_id`, `mink.result.version` | the aggregate that decided, and its version afterwards |
//! | `mink.result.status` | `success`, `rejected`, `error`, `abandoned` |
//! | `error.type` | the [kind](crate::bus::CommandFault::kind) of the fault, when there is one |
//!
//! Part of the [default stack](super::default_stack), outermost: what the other layers write is within the span.
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! use mink_runtime::bus::layers::TracingLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder()
//!     .bare_stack()
//!     .layer(TracingLayer::new().service("shop"))
//!     .open()
//!     .await?;
//! app.dispatch(Deposit::new("1", 5)).await?;
//! # Ok(())
//! # }
//! ```

mod layer;
mod service;
mod span;
#[cfg(test)]
mod tests;

pub use layer::TracingLayer;
pub use service::TracingService;
