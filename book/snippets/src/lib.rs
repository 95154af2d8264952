//! The book's Rust, compiled and tested.
//!
//! The code is in `tests/`, between `// ANCHOR: name` and `// ANCHOR_END: name`. A page takes a part of it with
//! `{{#include ../snippets/tests/file.rs:name}}`. `cargo xtask ci` refuses Rust that a page holds itself, and includes
//! that lead nowhere.

/// The README's Rust compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
