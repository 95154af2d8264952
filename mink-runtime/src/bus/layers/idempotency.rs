//! Commands get an idempotency key from whoever sends them.
//!
//! **Problem.** A client sends its request again when it heard nothing, and each copy becomes a command. Its key is not in
//! the command: it is the `Idempotency-Key` of a request, the id of a message. **Mechanism.** A command without a key gets
//! the one that a function of the request tells. What a key does, the layers do not decide: the answer is kept in the
//! commit of the events, and every copy gets it. Without a function that knows one, and without this layer, a command has
//! a key when its type (`#[command(idempotency_key = "request_id")]`) or the
//! [options](crate::bus::DispatchOptions::idempotency_key) of the dispatch say so. None is ever guessed from the content.
//! **Cost.** The function; a key costs what [`keyed`](crate::bus::DispatchOptions::idempotency_key) commands cost. **What
//! the caller must do.** Tell equal keys for equal commands only: the same key with another payload is an error.
//!
//! A command that a handler dispatches passes the layers, too: a function that tells one key for a whole request gives it to
//! the first command only when it asks [`is_nested`](crate::bus::CommandRequest::is_nested).
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Account, Deposit, builder};
//! use mink_runtime::bus::layers::IdempotencyLayer;
//!
//! tokio::task_local! {
//!     /// Set by the web server from the header of each request.
//!     static KEY: String;
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder()
//!     .layer(IdempotencyLayer::new(|_| KEY.try_with(String::clone).ok()))
//!     .open()
//!     .await?;
//! let send = || KEY.scope("k-1".to_owned(), app.dispatch(Deposit::new("1", 5)));
//! let first = send().await?;
//! let second = send().await?;
//! assert_eq!(first.event_ids(), second.event_ids());
//! assert_eq!(app.load::<Account>("1").await?.balance, 5);
//! # Ok(())
//! # }
//! ```

mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use layer::IdempotencyLayer;
pub use service::IdempotencyService;
