//! What directly caused a command is written down with its events.
//!
//! **Problem.** Commands come from messages, timers and other programs, and the history should tell which one led to an
//! event. **Mechanism.** A command that comes without a `causation_id` gets the one that a function of the request tells.
//! Without this layer, and when the function knows none, the cause of the events is the command itself; a command that a
//! handler dispatches is caused by the command being handled. **Cost.** The function, and a copy of the metadata when
//! handles share it. **What the caller must do.** Nothing.
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! use mink_runtime::bus::layers::CausationLayer;
//!
//! tokio::task_local! {
//!     /// Set by the consumer for each message.
//!     static MESSAGE_ID: String;
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder()
//!     .layer(CausationLayer::new(|_| MESSAGE_ID.try_with(String::clone).ok()))
//!     .open()
//!     .await?;
//! let receipt = MESSAGE_ID
//!     .scope("m-4".to_owned(), app.dispatch(Deposit::new("1", 5)))
//!     .await?;
//! let stored = app.event(receipt.event_ids()[0]).await?.expect("it is stored");
//! assert_eq!(stored.metadata.causation_id.as_deref(), Some("m-4"));
//! # Ok(())
//! # }
//! ```

mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use layer::CausationLayer;
pub use service::CausationService;
