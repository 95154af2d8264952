//! Given/when/then for aggregates, and the checks that hold for every registry.
//!
//! Domain code is pure, so these run without a store, a runtime or a clock:
//!
//! ```ignore
//! Order::given((placed(), OrderCancelled { reason: "changed mind".into() }))
//!     .when(AddLine { .. })
//!     .then_error(OrderError::Cancelled);
//! ```

mod checks;
mod diff;
mod given;
mod then;

pub use checks::{RegistryCheck, assert_registry, check_registry};
pub use given::{Fixture, Given};
pub use then::Then;
