//! What one request of a user sets in motion carries one id.
//!
//! **Problem.** A request leads to commands, those to events, and these to further commands: who looks for a cause wants
//! to see them together. **Mechanism.** A command that comes without a `correlation_id` gets the one that a function of
//! the request tells, and its events carry it, as do the commands that its handler dispatches. Without this layer, and
//! when the function knows none, the id is that of the command. **Cost.** The function, and a copy of the metadata when
//! handles share it. **What the caller must do.** Nothing; [`with_metadata`](crate::app::Mink::with_metadata) sets the id
//! for all that a handle does, also for its appends and sessions, which pass no layer.
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! use mink_runtime::bus::layers::CorrelationLayer;
//!
//! tokio::task_local! {
//!     /// Set by the web server for each request.
//!     static REQUEST_ID: String;
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder()
//!     .layer(CorrelationLayer::new(|_| REQUEST_ID.try_with(String::clone).ok()))
//!     .open()
//!     .await?;
//! let receipt = REQUEST_ID
//!     .scope("r-17".to_owned(), app.dispatch(Deposit::new("1", 5)))
//!     .await?;
//! let stored = app.event(receipt.event_ids()[0]).await?.expect("it is stored");
//! assert_eq!(stored.metadata.correlation_id.as_deref(), Some("r-17"));
//! # Ok(())
//! # }
//! ```

mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use layer::CorrelationLayer;
pub use service::CorrelationService;
