//! A domain in a library that this program only links.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

mod support;

// ANCHOR: linked
use book_snippets as _; // a library with a domain: link it
use mink::prelude::*;

#[tokio::test]
async fn a_linked_domain_is_known() {
    let app = Mink::open("memory://").await.unwrap();
    let names: Vec<_> = app.registry().events().iter().map(|e| e.name).collect();
    assert_eq!(names, ["BookLent", "BookReturned"]);
}
// ANCHOR_END: linked

#[test]
fn a_registry_prints_itself() {
    support::assert_shown("registry.txt", &mink::registry().to_string());
}
