//! Compiles every file under `fail/` and `pass/`.

#[test]
fn one_mistake_gives_one_error_that_says_what_to_write() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*/*.rs");
}
