//! The book's Rust, compiled and tested.
//!
//! The code is in `tests/`, between `// ANCHOR: name` and `// ANCHOR_END: name`. A page takes a part of it with
//! `{{#include ../snippets/tests/file.rs:name}}`. `cargo xtask ci` refuses Rust that a page holds itself, and includes
//! that lead nowhere. What programs print is in `output/`, and a test compares each file with what is printed now; after
//! a change, `BOOK_BLESS=1 cargo test -p book-snippets` writes the files anew.
//!
//! [`lending`] is a domain in a library of its own, for the page on the registry.

pub mod lending;

/// The README's Rust compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
