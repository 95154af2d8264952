//! Tests of a domain.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

mod support;

use mink::prelude::*;

#[event]
pub struct CartOpened {
    pub customer: String,
}

#[event]
pub struct ItemAdded {
    pub sku: String,
    pub quantity: u32,
}

#[event]
pub struct CartEmptied;

#[command]
pub struct AddItem {
    pub cart_id: u64,
    pub sku: String,
    pub quantity: u32,
}

#[command]
pub struct EmptyCart {
    pub cart_id: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum CartError {
    #[error("nobody opened this cart")]
    NotOpened,
    #[error("the cart holds {limit} pieces at most")]
    Full { limit: u32 },
}

#[derive(Aggregate, Default)]
pub struct Cart {
    opened: bool,
    pieces: u32,
}

#[handlers]
impl Cart {
    fn add(&self, command: AddItem) -> Result<ItemAdded, CartError> {
        if !self.opened {
            return Err(CartError::NotOpened);
        }
        if self.pieces + command.quantity > 10 {
            return Err(CartError::Full { limit: 10 });
        }
        Ok(ItemAdded {
            sku: command.sku,
            quantity: command.quantity,
        })
    }
    fn empty(&self, _: EmptyCart) -> Option<CartEmptied> {
        (self.pieces > 0).then_some(CartEmptied)
    }

    fn opened(&mut self, _: &CartOpened) {
        self.opened = true;
    }
    fn item_added(&mut self, event: &ItemAdded) {
        self.pieces += event.quantity;
    }
    fn emptied(&mut self, _: &CartEmptied) {
        self.pieces = 0;
    }
}

// ANCHOR: shorthand
fn opened() -> CartOpened {
    CartOpened {
        customer: "c-1".into(),
    }
}

fn added(quantity: u32) -> ItemAdded {
    ItemAdded {
        sku: "tea".into(),
        quantity,
    }
}

fn add(quantity: u32) -> AddItem {
    AddItem {
        cart_id: 1,
        sku: "tea".into(),
        quantity,
    }
}
// ANCHOR_END: shorthand

// ANCHOR: then
#[test]
fn an_open_cart_takes_items() {
    Cart::given(opened()).when(add(3)).then(added(3));
}
// ANCHOR_END: then

// ANCHOR: then_error
#[test]
fn a_cart_holds_ten_pieces_at_most() {
    Cart::given((opened(), added(8)))
        .when(add(3))
        .then_error(CartError::Full { limit: 10 });
}

#[test]
fn a_cart_that_nobody_opened_takes_nothing() {
    Cart::given(())
        .when(add(1))
        .then_error_matches(|error| matches!(error, CartError::NotOpened));
}
// ANCHOR_END: then_error

// ANCHOR: then_nothing
#[test]
fn an_empty_cart_cannot_be_emptied_further() {
    Cart::given(opened())
        .when(EmptyCart { cart_id: 1 })
        .then_nothing();
}
// ANCHOR_END: then_nothing

// ANCHOR: chain
#[test]
fn an_emptied_cart_has_room_again() {
    Cart::given((opened(), added(10)))
        .when(EmptyCart { cart_id: 1 })
        .then(CartEmptied)
        .then_state(|cart| assert_eq!(cart.pieces, 0))
        .when(add(10))
        .then(added(10));
}
// ANCHOR_END: chain

// ANCHOR: registry_test
mink::registry_test!();
// ANCHOR_END: registry_test

// ANCHOR: through_a_store
#[tokio::test]
async fn a_cart_survives_its_way_through_a_store() {
    let app = Mink::open("memory://").await.unwrap();
    app.append::<Cart>(1, ExpectedVersion::NoStream, opened())
        .await
        .unwrap();
    app.dispatch(add(4)).await.unwrap();
    assert_eq!(app.load::<Cart>(1).await.unwrap().pieces, 4);
}
// ANCHOR_END: through_a_store

#[test]
fn a_failure_shows_what_differs() {
    let differs = support::panic_of(|| {
        // ANCHOR: fails
        Cart::given(opened())
            .when(add(3))
            .then((added(2), CartEmptied));
        // ANCHOR_END: fails
    });
    support::assert_shown("test_diff.txt", &differs);
    let refused = support::panic_of(|| {
        Cart::given(()).when(add(3)).then(added(3));
    });
    support::assert_shown("test_refused.txt", &refused);
    let accepted = support::panic_of(|| {
        Cart::given(opened())
            .when(add(3))
            .then_error(CartError::NotOpened);
    });
    support::assert_shown("test_accepted.txt", &accepted);
}
