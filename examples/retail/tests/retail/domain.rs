use chrono::{NaiveDate, NaiveDateTime};
use mink::testing::{Fixture, check_registry};
use retail::domain::{AddLine, InvoiceNo, LineAdded, Order, OrderError, OrderPlaced, PlaceOrder};
use rust_decimal::Decimal;

fn noon() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2011, 2, 1)
        .and_then(|day| day.and_hms_opt(12, 0, 0))
        .unwrap()
}

fn placed() -> OrderPlaced {
    OrderPlaced {
        country: "EIRE".to_owned(),
        customer: Some("31000".to_owned()),
        placed_at: noon(),
    }
}

fn place(invoice: &str) -> PlaceOrder {
    PlaceOrder {
        invoice: InvoiceNo(invoice.to_owned()),
        country: "EIRE".to_owned(),
        customer: Some("31000".to_owned()),
        placed_at: noon(),
    }
}

fn line(number: u32, quantity: i64) -> LineAdded {
    LineAdded {
        number,
        sku: "GL-104".to_owned(),
        description: "GLASS LANTERN AMBER".to_owned(),
        quantity,
        unit_price: Decimal::new(345, 2),
    }
}

fn add(invoice: &str, number: u32, quantity: i64) -> AddLine {
    AddLine {
        invoice: InvoiceNo(invoice.to_owned()),
        number,
        sku: "GL-104".to_owned(),
        description: "GLASS LANTERN AMBER".to_owned(),
        quantity,
        unit_price: Decimal::new(345, 2),
    }
}

#[test]
fn an_order_is_placed_once() {
    Order::given(())
        .when(place("900101"))
        .then(placed())
        .when(place("900101"))
        .then_nothing();
}

#[test]
fn an_order_is_not_placed_again_with_another_country() {
    let other = PlaceOrder {
        country: "France".to_owned(),
        ..place("900101")
    };
    Order::given(placed())
        .when(other)
        .then_error(OrderError::PlacedOtherwise);
}

#[test]
fn an_order_is_placed_without_a_customer() {
    let anonymous = PlaceOrder {
        customer: None,
        ..place("900101")
    };
    Order::given(()).when(anonymous).then(OrderPlaced {
        customer: None,
        ..placed()
    });
}

#[test]
fn a_line_waits_for_its_order() {
    Order::given(())
        .when(add("900101", 1, 6))
        .then_error(OrderError::NotPlaced);
}

#[test]
fn an_ordinary_invoice_takes_only_quantities_above_zero() {
    Order::given(placed())
        .when(add("900101", 1, 1))
        .then(line(1, 1));
    for quantity in [0, -1, i64::MIN] {
        Order::given(placed())
            .when(add("900101", 1, quantity))
            .then_error(OrderError::OrderedTooFew { quantity });
    }
}

#[test]
fn a_credit_note_takes_only_quantities_below_zero() {
    Order::given(placed())
        .when(add("C900101", 1, -1))
        .then(line(1, -1));
    for quantity in [0, 1, i64::MAX] {
        Order::given(placed())
            .when(add("C900101", 1, quantity))
            .then_error(OrderError::CreditedTooMany { quantity });
    }
}

#[test]
fn a_gift_costs_nothing() {
    let gift = AddLine {
        unit_price: Decimal::ZERO,
        ..add("900101", 1, 6)
    };
    Order::given(placed()).when(gift).then(LineAdded {
        unit_price: Decimal::ZERO,
        ..line(1, 6)
    });
}

#[test]
fn equal_lines_are_two_lines() {
    Order::given((placed(), line(1, 6)))
        .when(add("900101", 2, 6))
        .then(line(2, 6));
}

#[test]
fn a_line_that_is_recorded_is_not_recorded_again() {
    Order::given((placed(), line(1, 6)))
        .when(add("900101", 1, 6))
        .then_nothing();
}

#[test]
fn a_recorded_line_does_not_become_another() {
    Order::given((placed(), line(1, 6)))
        .when(add("900101", 1, 7))
        .then_error(OrderError::OtherLine { number: 1 });
}

#[test]
fn an_amount_that_no_decimal_holds_is_refused() {
    let dear = AddLine {
        unit_price: Decimal::MAX,
        ..add("900101", 1, 2)
    };
    Order::given(placed())
        .when(dear)
        .then_error(OrderError::AmountTooLarge);
}

#[test]
fn every_event_survives_being_written_and_read() {
    check_registry(&mink::registry::Registry::linked()).unwrap();
}
