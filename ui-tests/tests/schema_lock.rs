//! `cargo test` of a small crate, before and after somebody renamed a field of a stored event.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

/// Whether its tests passed, and what they said.
fn cargo_test(renamed: bool) -> (bool, String) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["test", "--quiet", "-p", "locked-shop", "--test", "schema"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("MINK_SCHEMA")
        .env_remove("LOCKED_SHOP_RENAMED");
    if renamed {
        cargo.env("LOCKED_SHOP_RENAMED", "1");
    }
    let output = cargo.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn a_renamed_field_fails_cargo_test_with_the_difference_and_the_line_to_write() {
    let (passed, said) = cargo_test(false);
    assert!(passed, "{said}");
    let (passed, said) = cargo_test(true);
    assert!(!passed, "it passed:\n{said}");
    for expected in [
        "crates/locked-shop/src/lib.rs:7: event `OrderPlaced` v1 changed and its version did not (breaking)",
        "- amount: u64",
        "+ cents: u64",
        "#[event(version = 2, upcast(1 => order_placed_from_v1))]",
        "old[\"cents\"] = old[\"amount\"].take();",
    ] {
        assert!(said.contains(expected), "{expected} in:\n{said}");
    }
}
