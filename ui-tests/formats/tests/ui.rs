//! Compiles every file under `fail/`.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

#[test]
fn what_is_wrong_is_refused_with_one_error_on_what_the_user_wrote() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("fail/*.rs");
    drop(cases);
    let fail = Path::new(env!("CARGO_MANIFEST_DIR")).join("fail");
    for entry in std::fs::read_dir(fail).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "stderr") {
            continue;
        }
        let said = std::fs::read_to_string(&path).unwrap();
        let errors = said.lines().filter(|line| line.starts_with("error"));
        assert_eq!(errors.count(), 1, "{}:\n{said}", path.display());
        assert!(
            !said.contains("originates in the attribute macro"),
            "{}:\n{said}",
            path.display()
        );
    }
}
