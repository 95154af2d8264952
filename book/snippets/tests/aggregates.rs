//! Every form of a handler.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use mink::prelude::*;

#[event]
pub struct OrderPlaced {
    pub customer: String,
    pub at: DateTime<Utc>,
}

#[event]
pub struct LineAdded {
    pub sku: String,
    pub quantity: u32,
}

#[event]
pub struct NoteAdded(pub String);

#[event]
pub struct OrderPriced {
    pub cents: u64,
}

#[event]
pub struct OrderCancelled;

#[command]
pub struct PlaceOrder {
    pub order_id: String,
    pub customer: String,
}

#[command]
pub struct AddGift {
    pub order_id: String,
    pub sku: String,
    pub note: String,
}

#[command]
pub struct AddLines {
    pub order_id: String,
    pub lines: Vec<(String, u32)>,
}

#[command]
pub struct SplitLine {
    pub order_id: String,
    pub sku: String,
}

#[command]
pub struct PriceOrder {
    pub order_id: String,
}

#[command]
pub struct CancelOrder {
    pub order_id: String,
}

#[command]
pub struct LookAtOrder {
    pub order_id: String,
}

// ANCHOR: error
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum OrderError {
    #[error("there is no such order")]
    NotPlaced,
    #[error("the order is cancelled")]
    Cancelled,
    #[error("nobody knows the price of {0}")]
    NoPrice(String),
}
// ANCHOR_END: error

// ANCHOR: services
/// A price list: a trait, so that a test brings its own.
pub trait Prices: Send + Sync {
    fn cents(&self, sku: &str) -> Option<u64>;
}

/// Something that must be waited for.
pub struct Screening;

impl Screening {
    pub async fn is_welcome(&self, customer: &str) -> bool {
        tokio::task::yield_now().await;
        customer != "mallory"
    }
}
// ANCHOR_END: services

// ANCHOR: state
#[derive(Aggregate, Default)]
pub struct Order {
    placed_at: Option<DateTime<Utc>>,
    cancelled: bool,
    lines: BTreeMap<String, u32>,
    cents: u64,
}
// ANCHOR_END: state

#[handlers]
impl Order {
    // ANCHOR: one_or_error
    // one event, or the domain's own error
    async fn place(
        &self,
        command: PlaceOrder,
        screening: &Screening,
        context: &CommandContext,
    ) -> Result<OrderPlaced, OrderError> {
        if !screening.is_welcome(&command.customer).await {
            return Err(OrderError::Cancelled);
        }
        Ok(OrderPlaced {
            customer: command.customer,
            at: context.now,
        })
    }
    // ANCHOR_END: one_or_error

    // ANCHOR: tuple
    // a tuple: these events, in this order
    fn add_gift(&self, command: AddGift) -> (LineAdded, NoteAdded) {
        let line = LineAdded {
            sku: command.sku,
            quantity: 1,
        };
        (line, NoteAdded(command.note))
    }
    // ANCHOR_END: tuple

    // ANCHOR: list
    // any number of one type
    fn add_lines(&self, command: AddLines) -> Result<Vec<LineAdded>, OrderError> {
        self.check_open()?;
        let lines = command.lines.into_iter();
        Ok(lines
            .map(|(sku, quantity)| LineAdded { sku, quantity })
            .collect())
    }
    // ANCHOR_END: list

    // ANCHOR: mixed
    // any number of several types
    fn split(&self, command: SplitLine) -> Events<Order> {
        let mut events = Events::new();
        for _ in 1..self.lines.get(&command.sku).copied().unwrap_or_default() {
            events.push(NoteAdded(format!("{} goes alone", command.sku)));
        }
        if !events.is_empty() {
            events.push(LineAdded {
                sku: command.sku,
                quantity: 0,
            });
        }
        events
    }
    // ANCHOR_END: mixed

    // ANCHOR: service
    // with a service; a failed rule is an error, not a panic
    fn price(&self, _: PriceOrder, prices: &dyn Prices) -> Result<OrderPriced, OrderError> {
        let mut cents = 0;
        for (sku, quantity) in &self.lines {
            let each = prices.cents(sku);
            let each = each.ok_or_else(|| OrderError::NoPrice(sku.clone()))?;
            cents += each * u64::from(*quantity);
        }
        Ok(OrderPriced { cents })
    }
    // ANCHOR_END: service

    // ANCHOR: option
    // an event, or nothing to do
    fn cancel(&self, _: CancelOrder) -> Option<OrderCancelled> {
        (!self.cancelled).then_some(OrderCancelled)
    }
    // ANCHOR_END: option

    // ANCHOR: nothing
    // never an event
    fn look(&self, _: LookAtOrder) {}
    // ANCHOR_END: nothing

    // ANCHOR: evolve
    fn placed(&mut self, event: &OrderPlaced) {
        self.placed_at = Some(event.at);
    }

    fn line_added(&mut self, event: &LineAdded) {
        *self.lines.entry(event.sku.clone()).or_default() += event.quantity;
    }

    fn priced(&mut self, event: &OrderPriced) {
        self.cents = event.cents;
    }

    fn was_cancelled(&mut self, _: &OrderCancelled) {
        self.cancelled = true;
    }

    // part of the history, without effect on any decision
    fn note_added(&mut self, _: &NoteAdded) {}
    // ANCHOR_END: evolve

    // ANCHOR: plain
    // no argument: not a handler
    fn check_open(&self) -> Result<(), OrderError> {
        match (self.placed_at, self.cancelled) {
            (None, _) => Err(OrderError::NotPlaced),
            (Some(_), true) => Err(OrderError::Cancelled),
            (Some(_), false) => Ok(()),
        }
    }

    // with arguments: it must say that it is none
    #[mink(skip)]
    pub fn is_older_than(&self, age: Duration, now: DateTime<Utc>) -> bool {
        self.placed_at.is_some_and(|at| now - at > age)
    }
    // ANCHOR_END: plain
}

mink::registry_test!();

fn order_id() -> String {
    "o-1".into()
}

fn placed() -> OrderPlaced {
    OrderPlaced {
        customer: "c-1".into(),
        at: DateTime::UNIX_EPOCH,
    }
}

fn line(quantity: u32) -> LineAdded {
    LineAdded {
        sku: "tea".into(),
        quantity,
    }
}

fn place(customer: &str) -> PlaceOrder {
    PlaceOrder {
        order_id: order_id(),
        customer: customer.into(),
    }
}

// ANCHOR: service_in_test
struct TeaOnly;

impl Prices for TeaOnly {
    fn cents(&self, sku: &str) -> Option<u64> {
        (sku == "tea").then_some(350)
    }
}

#[test]
fn an_order_is_priced_by_the_list() {
    Order::given((placed(), line(2)))
        .with_service::<dyn Prices>(std::sync::Arc::new(TeaOnly) as std::sync::Arc<dyn Prices>)
        .when(PriceOrder {
            order_id: order_id(),
        })
        .then(OrderPriced { cents: 700 });
}
// ANCHOR_END: service_in_test

// ANCHOR: time_in_test
#[test]
fn an_order_remembers_when_it_was_placed() {
    let now = DateTime::UNIX_EPOCH + Duration::days(20_000);
    Order::given(())
        .with_service(Screening)
        .at(now)
        .when(place("c-1"))
        .then_state(|order| {
            assert!(order.is_older_than(Duration::hours(1), now + Duration::hours(2)))
        });
}
// ANCHOR_END: time_in_test

#[test]
fn a_refusal_is_the_domains_own_error() {
    Order::given(())
        .with_service(Screening)
        .when(place("mallory"))
        .then_error(OrderError::Cancelled);
    let lines = vec![("tea".to_owned(), 1)];
    let add = AddLines {
        order_id: order_id(),
        lines,
    };
    Order::given(())
        .when(add.clone())
        .then_error(OrderError::NotPlaced);
    Order::given((placed(), OrderCancelled))
        .when(add)
        .then_error(OrderError::Cancelled);
}

#[test]
fn a_tuple_a_list_and_a_mixed_list_keep_their_order() {
    Order::given(placed())
        .when(AddGift {
            order_id: order_id(),
            sku: "tea".into(),
            note: "happy birthday".into(),
        })
        .then((line(1), NoteAdded("happy birthday".into())))
        .when(AddLines {
            order_id: order_id(),
            lines: vec![("tea".into(), 1), ("tea".into(), 2)],
        })
        .then(vec![line(1), line(2)]);
    Order::given((placed(), line(2)))
        .when(SplitLine {
            order_id: order_id(),
            sku: "tea".into(),
        })
        .then((NoteAdded("tea goes alone".into()), line(0)));
}

#[test]
fn nothing_to_do_is_no_event_and_no_error() {
    let cancel = CancelOrder {
        order_id: order_id(),
    };
    Order::given(placed())
        .when(cancel.clone())
        .then(OrderCancelled)
        .when(cancel)
        .then_nothing()
        .when(LookAtOrder {
            order_id: order_id(),
        })
        .then_nothing();
}

#[tokio::test]
async fn services_are_provided_where_the_application_is_opened() {
    // ANCHOR: provide
    let prices: std::sync::Arc<dyn Prices> = std::sync::Arc::new(TeaOnly);
    let app = Mink::builder()
        .url("memory://")
        .service(Screening)
        .service::<dyn Prices>(prices)
        .open()
        .await
        .unwrap();
    // ANCHOR_END: provide
    app.dispatch(place("c-1")).await.unwrap();
    let receipt = app
        .dispatch(LookAtOrder {
            order_id: order_id(),
        })
        .await
        .unwrap();
    assert_eq!((receipt.version(), receipt.events().len()), (1, 0));
}
