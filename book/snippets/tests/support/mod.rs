//! Keeps what the book says is printed equal to what is printed.
#![allow(dead_code, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, unreachable_pub, reason = "tests")]

use std::panic::{UnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// A path below `book/`.
pub fn book(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join(path)
}

/// Compares with `output/{file}`, which a page includes; with `BOOK_BLESS` set, writes it.
#[track_caller]
pub fn assert_shown(file: &str, printed: &str) {
    let path = book("snippets/output").join(file);
    let printed = format!("{}\n", printed.trim_end());
    if std::env::var_os("BOOK_BLESS").is_some() {
        std::fs::write(path, printed).unwrap();
        return;
    }
    let shown = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        shown, printed,
        "the book shows `output/{file}` and something else is printed now: if it is right, run the test once with BOOK_BLESS=1"
    );
}

/// What a failing assertion says.
pub fn panic_of(test: impl FnOnce() + UnwindSafe) -> String {
    let panic = catch_unwind(test).expect_err("it must panic");
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap()
}
