//! What both sides store and fold: an order and its lines.

use mink::prelude::*;

/// The first event of an order.
#[event]
pub struct OrderPlaced {
    /// Where the customer lives.
    pub country: String,
    /// The customer's number.
    pub customer: u32,
}

/// What most events of a shop are.
#[event]
pub struct LineAdded {
    /// The article.
    pub sku: String,
    /// Its name.
    pub description: String,
    /// How many.
    pub quantity: i64,
    /// The price of one, in cents.
    pub cents: i64,
}

/// Places an order.
#[command]
pub struct PlaceOrder {
    /// The order.
    pub id: u64,
    /// Where the customer lives.
    pub country: String,
    /// The customer's number.
    pub customer: u32,
}

/// Adds a line to an order.
#[command(id = "order_id")]
pub struct AddLine {
    /// The order.
    pub order_id: u64,
    /// The article.
    pub sku: String,
    /// Its name.
    pub description: String,
    /// How many.
    pub quantity: i64,
    /// The price of one, in cents.
    pub cents: i64,
}

/// An order as its events made it.
#[derive(Aggregate, Default, Clone, Debug, PartialEq)]
pub struct Order {
    /// Where the customer lives.
    pub country: String,
    /// How many lines there are.
    pub lines: u64,
    /// What they cost together, in cents.
    pub total: i64,
}

#[handlers]
impl Order {
    fn place(&self, command: PlaceOrder) -> OrderPlaced {
        OrderPlaced {
            country: command.country,
            customer: command.customer,
        }
    }

    fn add_line(&self, command: AddLine) -> LineAdded {
        LineAdded {
            sku: command.sku,
            description: command.description,
            quantity: command.quantity,
            cents: command.cents,
        }
    }

    /// Evolves from the first event.
    pub fn placed(&mut self, event: &OrderPlaced) {
        self.country.clone_from(&event.country);
    }

    /// Evolves from a line.
    pub fn line_added(&mut self, event: &LineAdded) {
        self.lines += 1;
        self.total += event.quantity * event.cents;
    }
}

/// The n-th line, some 110 bytes of JSON.
#[must_use]
pub fn line(n: u64) -> LineAdded {
    LineAdded {
        sku: format!("8{:04}A", n % 10_000),
        description: "WHITE HANGING HEART T-LIGHT HOLDER".to_owned(),
        quantity: 1 + i64::try_from(n % 12).unwrap_or(0),
        cents: 255,
    }
}
