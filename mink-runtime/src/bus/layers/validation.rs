//! Commands whose fields break a rule reach nobody.
//!
//! **Problem.** What a form or another program sends is incomplete or out of range, and every handler would check it
//! again. **Mechanism.** The rules that a command's type [declares](crate::command::Validate) are checked before it is
//! handled; a broken one ends it with [`CommandFault::Invalid`], which lists all of them by field. **Cost.** A look at the
//! command's table when it has no rules, otherwise the rules. **What the caller must do.** Show
//! [`DispatchError::invalid`](crate::bus::DispatchError::invalid) beside the fields, and not send the same again.
//!
//! Part of the [default stack](super::default_stack), innermost: what the layers around it record and count includes the
//! commands that are refused here.
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder().open().await?;
//! let refused = app.dispatch(Deposit::new("1", 0)).await.unwrap_err();
//! let errors = refused.invalid().expect("the amount breaks a rule");
//! assert_eq!(errors.of("amount").collect::<Vec<_>>(), ["is zero"]);
//! # Ok(())
//! # }
//! ```
//!
//! [`CommandFault::Invalid`]: crate::bus::CommandFault::Invalid

mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use layer::ValidationLayer;
pub use service::ValidationService;
