//! Events and what is stored of them.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use mink::prelude::*;

// ANCHOR: plain
#[event]
pub struct OrderPlaced {
    pub customer: String,
    pub country: Option<String>,
}
// ANCHOR_END: plain

// ANCHOR: nested
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, Shape)]
pub struct Sku(pub String);

#[event(name = "order_line_added")]
pub struct LineAdded {
    pub sku: Sku,
    pub quantity: u32,
    #[serde(rename = "unitPriceInCents")]
    pub unit_price: u64,
}
// ANCHOR_END: nested

// ANCHOR: kinds
#[event]
pub struct OrderCancelled;

#[event]
pub struct NoteAdded(pub String);

#[event]
pub struct PlaceMoved(pub i32, pub i32);

#[event]
pub enum OrderPaid {
    Cash { cents: u64 },
    Card { cents: u64, brand: String },
    Voucher(String),
}
// ANCHOR_END: kinds

// ANCHOR: more_derives
#[event]
#[derive(Eq, Hash, PartialOrd, Ord)]
pub struct OrderShipped {
    pub parcel: u32,
}
// ANCHOR_END: more_derives

// ANCHOR: own_derives
#[event(derive(none))]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct StockCounted {
    pub pieces: u64,
}
// ANCHOR_END: own_derives

// ANCHOR: foreign
/// A type from a crate that knows nothing of mink, stored as text.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Isbn(String);

#[event]
pub struct BookListed {
    #[mink(shape = String)]
    pub isbn: Isbn,
}
// ANCHOR_END: foreign

mink::registry_test!();

fn stored(event: &impl Event) -> String {
    serde_json::to_string(event).unwrap()
}

#[test]
fn each_kind_is_stored_as_serde_writes_it() {
    let placed = OrderPlaced {
        customer: "c-1".into(),
        country: None,
    };
    assert_eq!(stored(&placed), r#"{"customer":"c-1","country":null}"#);
    let line = LineAdded {
        sku: Sku("tea".into()),
        quantity: 2,
        unit_price: 350,
    };
    assert_eq!(
        stored(&line),
        r#"{"sku":"tea","quantity":2,"unitPriceInCents":350}"#
    );
    assert_eq!(stored(&OrderCancelled), "null");
    assert_eq!(stored(&NoteAdded("a gift".into())), r#""a gift""#);
    assert_eq!(stored(&PlaceMoved(3, -1)), "[3,-1]");
    let cash = OrderPaid::Cash { cents: 700 };
    assert_eq!(stored(&cash), r#"{"Cash":{"cents":700}}"#);
    let voucher = OrderPaid::Voucher("V7".into());
    assert_eq!(stored(&voucher), r#"{"Voucher":"V7"}"#);
}

#[test]
fn the_stored_name_is_the_structs_unless_it_says_another() {
    assert_eq!(OrderPlaced::NAME, "OrderPlaced");
    assert_eq!(LineAdded::NAME, "order_line_added");
    assert_eq!(OrderPlaced::VERSION, 1);
}

#[test]
fn a_missing_option_is_read_as_none() {
    let old: OrderPlaced = serde_json::from_str(r#"{"customer":"c-1"}"#).unwrap();
    assert_eq!(old.country, None);
}

#[test]
fn derives_below_the_attribute_are_kept() {
    assert!(OrderShipped { parcel: 1 } < OrderShipped { parcel: 2 });
    assert_eq!(StockCounted { pieces: 3 }.clone().pieces, 3);
}
