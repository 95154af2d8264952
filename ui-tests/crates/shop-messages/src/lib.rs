//! Events and commands of a shop.

/// What happened.
pub mod events {
    use mink::prelude::*;

    /// An order was placed.
    #[event(encrypt = "customer")]
    pub struct OrderPlaced {
        /// Who placed it.
        pub customer: String,
    }
}

/// What is wished for.
pub mod commands {
    use mink::prelude::*;

    /// Place an order.
    #[command]
    pub struct PlaceOrder {
        /// Which one.
        pub order_id: u64,
        /// Who places it.
        pub customer: String,
    }
}
