//! The guarantees name tests that exist.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::PathBuf;

/// Each `` [`name`](path) `` of the page: the function and the file.
fn proofs(page: &str) -> Vec<(String, PathBuf)> {
    page.split("[`")
        .skip(1)
        .filter_map(|rest| {
            let (name, rest) = rest.split_once("`](")?;
            let (path, _) = rest.split_once(')')?;
            let path = path.ends_with(".rs").then(|| format!("src/{path}"))?;
            Some((name.to_owned(), support::book(&path)))
        })
        .collect()
}

/// What is wrong with the proofs of a page.
fn faults(page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, file) in proofs(page) {
        match std::fs::read_to_string(&file) {
            Ok(source) if source.contains(&format!("fn {name}(")) => {}
            Ok(_) => faults.push(format!("{} has no test `{name}`", file.display())),
            Err(_) => faults.push(format!("{} does not exist", file.display())),
        }
    }
    faults
}

#[test]
fn every_guarantee_names_a_test_that_exists() {
    let page = std::fs::read_to_string(support::book("src/guarantees.md")).unwrap();
    assert!(proofs(&page).len() > 30, "the page has lost its proofs");
    assert_eq!(faults(&page), [""; 0]);
}

#[test]
fn every_row_of_a_guarantee_has_a_proof() {
    let page = std::fs::read_to_string(support::book("src/guarantees.md")).unwrap();
    let bare: Vec<_> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| What holds"))
        .filter(|line| proofs(line).is_empty())
        .collect();
    assert_eq!(bare, [""; 0]);
}

#[test]
fn a_proof_that_is_not_there_is_noticed() {
    let missing = "[`no_such_test`](../snippets/tests/guarantees.rs)";
    assert_eq!(faults(missing).len(), 1);
    assert_eq!(faults("[`a`](../snippets/tests/gone.rs)").len(), 1);
    let real = "[`a_proof_that_is_not_there_is_noticed`](../snippets/tests/guarantees.rs)";
    assert_eq!(faults(real), [""; 0]);
}
