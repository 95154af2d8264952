//! Whose data a command is about.
//!
//! **Problem.** One program serves many tenants, and a command that reaches the wrong one's data is a breach.
//! **Mechanism.** A function of the request tells the tenant: of the caller, from a token that the web server checked, or
//! of a field. A command that comes without a tenant gets it; one that comes with another is refused
//! ([`CommandFault::OtherTenant`]), never redirected. With [`required`](TenantLayer::required), a command that nobody
//! gives a tenant is refused ([`CommandFault::NoTenant`]). **Cost.** The function. **What the caller must do.** Nothing
//! when the function knows; otherwise dispatch through a handle of the tenant's,
//! [`app.tenant("acme")`](crate::app::Mink::tenant), which also holds for what passes no layer: loads, sessions and appends.
//!
//! ```
//! # use mink_runtime::bus::layers::doc::{Deposit, builder};
//! use mink_runtime::bus::CommandFault;
//! use mink_runtime::bus::layers::TenantLayer;
//! use mink_runtime::id::TenantId;
//!
//! tokio::task_local! {
//!     /// Set by the web server when it has checked the caller's token.
//!     static CALLER: TenantId;
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = builder()
//!     .layer(TenantLayer::new(|_| CALLER.try_with(TenantId::clone).ok()).required())
//!     .open()
//!     .await?;
//! let acme = TenantId::new("acme")?;
//! let receipt = CALLER.scope(acme.clone(), app.dispatch(Deposit::new("1", 5))).await?;
//! assert_eq!(receipt.tenant(), &acme);
//!
//! let refused = app.dispatch(Deposit::new("1", 5)).await.unwrap_err();
//! assert!(matches!(refused.fault(), Some(CommandFault::NoTenant { .. })));
//! # Ok(())
//! # }
//! ```
//!
//! [`CommandFault::OtherTenant`]: crate::bus::CommandFault::OtherTenant
//! [`CommandFault::NoTenant`]: crate::bus::CommandFault::NoTenant

mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use layer::TenantLayer;
pub use service::TenantService;
