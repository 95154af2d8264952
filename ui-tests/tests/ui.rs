//! Compiles every file under `fail/` and `pass/`.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

/// Where the derives of the standard library and of serde speak, once for each use of a field. All is on the field or
/// on its struct, and mink adds nothing to it.
const SPOKEN_BY_OTHERS: &str = "missing_derive";

#[test]
fn what_is_wrong_is_refused_and_what_is_right_compiles() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*/*.rs");
}

#[test]
fn one_mistake_gives_one_error() {
    for case in cases() {
        let errors = std::fs::read_to_string(case.with_extension("stderr")).unwrap();
        let count = errors
            .lines()
            .filter(|line| line.starts_with("error"))
            .count();
        assert_eq!(count, 1, "{}:\n{errors}", case.display());
    }
}

#[test]
fn an_error_underlines_what_the_user_wrote() {
    for case in cases() {
        let errors = std::fs::read_to_string(case.with_extension("stderr")).unwrap();
        assert!(
            !errors.contains("originates in the attribute macro")
                && !errors.contains("in this attribute macro expansion"),
            "{}:\n{errors}",
            case.display()
        );
    }
}

#[test]
fn there_are_at_least_fifty_mistakes() {
    assert!(cases().len() >= 50, "{}", cases().len());
}

fn cases() -> Vec<PathBuf> {
    let fail = Path::new(env!("CARGO_MANIFEST_DIR")).join("fail");
    let mut cases: Vec<PathBuf> = entries(&fail)
        .into_iter()
        .filter(|folder| !folder.ends_with(SPOKEN_BY_OTHERS))
        .flat_map(|folder| entries(&folder))
        .filter(|file| file.extension().is_some_and(|kind| kind == "rs"))
        .collect();
    cases.sort();
    cases
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}
