//! What is stored can still be read.

// ANCHOR: generated
use book_snippets as _; // the crate with the events

mink::schema_lock_test!();
// ANCHOR_END: generated
