//! A program that forgot to link its domain.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

mod support;

#[tokio::test]
async fn an_empty_registry_is_explained() {
    let refused = mink::Mink::open("memory://").await.err().unwrap();
    support::assert_shown("nothing_linked.txt", &refused.to_string());
}
