//! A domain is found wherever it lives, and whatever it calls mink.

use mink::registry::Registry;

// only linked: nothing in them is named
use renamed as _;
use shop_domain as _;

fn linked() -> Registry {
    let registry = mink::registry();
    assert!(registry.verify().is_ok(), "{registry}");
    registry
}

#[test]
fn a_domain_in_another_crate_is_found_by_linking_it() {
    let printed = linked().to_string();
    for name in ["Order", "OrderPlaced", "PlaceOrder", "customer"] {
        assert!(printed.contains(name), "{name} in:\n{printed}");
    }
}

#[test]
fn a_domain_that_renames_mink_is_found() {
    let printed = linked().to_string();
    for name in ["Counter", "Counted", "Count", "Lowered"] {
        assert!(printed.contains(name), "{name} in:\n{printed}");
    }
}

#[test]
fn an_entry_names_the_file_and_line_of_the_item() {
    let entry = mink::__private::inventory::iter::<mink::registry::EventEntry>()
        .find(|entry| entry.name == "OrderPlaced");
    let location = entry
        .map(|entry| entry.location.to_string())
        .unwrap_or_default();
    assert!(
        location.ends_with("shop-messages/src/lib.rs:9"),
        "{location}"
    );
}
