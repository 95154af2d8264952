//! An order: an invoice of the ledger, with its lines.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDateTime;
use mink::prelude::*;
use rust_decimal::Decimal;

/// A customer ordered something, or, by a credit note, gave it back.
#[event]
pub struct OrderPlaced {
    /// Where the customer lives.
    pub country: String,
    /// The customer's number, when there is one.
    pub customer: Option<String>,
    /// The shop's local time.
    pub placed_at: NaiveDateTime,
}

/// The order has one more line.
#[event]
pub struct LineAdded {
    /// Which row of the invoice it is, counted from 1. Equal lines are told apart by it.
    pub number: u32,
    /// The article's code.
    pub sku: String,
    /// What the article is called.
    pub description: String,
    /// How many pieces; below zero on a credit note.
    pub quantity: i64,
    /// What one piece costs, in pounds. Zero for a gift.
    pub unit_price: Decimal,
}

/// Place the order of an invoice.
#[command(id = "invoice")]
pub struct PlaceOrder {
    /// The invoice.
    pub invoice: InvoiceNo,
    /// Where the customer lives.
    pub country: String,
    /// The customer's number, when there is one.
    pub customer: Option<String>,
    /// The shop's local time.
    pub placed_at: NaiveDateTime,
}

/// Add a line to the order of an invoice.
#[command(id = "invoice")]
pub struct AddLine {
    /// The invoice.
    pub invoice: InvoiceNo,
    /// Which row of the invoice it is, counted from 1.
    pub number: u32,
    /// The article's code.
    pub sku: String,
    /// What the article is called.
    pub description: String,
    /// How many pieces; below zero on a credit note.
    pub quantity: i64,
    /// What one piece costs, in pounds.
    pub unit_price: Decimal,
}

/// An invoice of the ledger, as it was recorded.
#[derive(Aggregate, Default)]
pub struct Order {
    placed: Option<OrderPlaced>,
    lines: BTreeMap<u32, LineAdded>,
}

#[handlers]
impl Order {
    fn place(&self, cmd: PlaceOrder) -> Result<Option<OrderPlaced>, OrderError> {
        let order = OrderPlaced {
            country: cmd.country,
            customer: cmd.customer,
            placed_at: cmd.placed_at,
        };
        match &self.placed {
            None => Ok(Some(order)),
            Some(placed) if *placed == order => Ok(None),
            Some(_) => Err(OrderError::PlacedOtherwise),
        }
    }

    fn add_line(&self, cmd: AddLine) -> Result<Option<LineAdded>, OrderError> {
        if self.placed.is_none() {
            return Err(OrderError::NotPlaced);
        }
        match (cmd.invoice.is_credit_note(), cmd.quantity) {
            (false, quantity @ ..=0) => return Err(OrderError::OrderedTooFew { quantity }),
            (true, quantity @ 0..) => return Err(OrderError::CreditedTooMany { quantity }),
            _ => {}
        }
        let line = LineAdded {
            number: cmd.number,
            sku: cmd.sku,
            description: cmd.description,
            quantity: cmd.quantity,
            unit_price: cmd.unit_price,
        };
        if line.amount().is_none() {
            return Err(OrderError::AmountTooLarge);
        }
        match self.lines.get(&line.number) {
            None => Ok(Some(line)),
            Some(known) if *known == line => Ok(None),
            Some(_) => Err(OrderError::OtherLine {
                number: line.number,
            }),
        }
    }

    fn placed(&mut self, event: &OrderPlaced) {
        self.placed = Some(event.clone());
    }

    fn line_added(&mut self, event: &LineAdded) {
        self.lines.insert(event.number, event.clone());
    }
}

impl LineAdded {
    /// What the line is worth, in pounds; `None` when that is more than a decimal holds.
    #[must_use]
    pub fn amount(&self) -> Option<Decimal> {
        self.unit_price.checked_mul(Decimal::from(self.quantity))
    }
}

/// Why an order stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// A line came before the order.
    #[error("the order is not placed yet")]
    NotPlaced,
    /// The invoice is recorded already, and says something else.
    #[error("the order is already placed, with another country, customer or date")]
    PlacedOtherwise,
    /// An ordinary invoice sells.
    #[error("quantity {quantity} on an ordinary invoice, which takes only quantities above zero")]
    OrderedTooFew {
        /// As the row says.
        quantity: i64,
    },
    /// A credit note takes back.
    #[error("quantity {quantity} on a credit note, which takes only quantities below zero")]
    CreditedTooMany {
        /// As the row says.
        quantity: i64,
    },
    /// The product overflows.
    #[error("quantity times unit price is too large to be counted")]
    AmountTooLarge,
    /// The line is recorded already, and says something else.
    #[error("line {number} of the order is already recorded, as another line than this")]
    OtherLine {
        /// Which row of the invoice.
        number: u32,
    },
}

/// The number of an invoice; that of a credit note begins with `C`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct InvoiceNo(pub String);

impl InvoiceNo {
    /// Whether goods came back.
    #[must_use]
    pub fn is_credit_note(&self) -> bool {
        self.0.starts_with('C')
    }
}

impl fmt::Display for InvoiceNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
