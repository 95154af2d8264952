//! One event, which was released with `amount`.

use mink::prelude::*;

/// Somebody ordered something.
#[event]
pub struct OrderPlaced {
    /// Who.
    pub customer: String,
    /// What it costs, in cents.
    #[cfg(not(renamed))]
    pub amount: u64,
    /// What it costs, under a name that nothing stored has.
    #[cfg(renamed)]
    pub cents: u64,
}
