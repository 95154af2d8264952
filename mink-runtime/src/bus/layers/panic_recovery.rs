//! A panic fails its own command and nothing else.
//!
//! **Problem.** A panic in a handler or in an evolve method unwinds through whoever dispatched the command, and what it
//! says may quote the command's data. **Mechanism.** The panic is caught, also one in a layer within, and the command ends
//! with [`CommandFault::Panicked`], which names the command and says what is known of its effect. What the panic said
//! is dropped unread: it reaches neither the error nor the log. **Cost.** A box for each command. **What the caller must
//! do.** Find the cause in what the program's panic hook printed: the standard one prints the message to standard error
//! before this layer sees it, so a program whose messages may hold personal data installs a hook of its own.
//!
//! Part of the [default stack](super::default_stack).
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Break, Deposit, builder};
//! use mink_runtime::bus::CommandFault;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder().open().await?;
//! # std::panic::set_hook(Box::new(|_| {}));
//! let broken = app.dispatch(Break::new("1")).await; // its handler panics
//! assert!(matches!(
//!     broken.unwrap_err().fault(),
//!     Some(CommandFault::Panicked { command: "Break", .. })
//! ));
//! app.dispatch(Deposit::new("1", 5)).await?; // nothing else is broken
//! # Ok(())
//! # }
//! ```
//!
//! [`CommandFault::Panicked`]: crate::bus::CommandFault::Panicked

mod caught;
mod layer;
mod service;
#[cfg(test)]
mod tests;

pub(super) use caught::caught;
pub use layer::PanicRecoveryLayer;
pub use service::PanicRecoveryService;
