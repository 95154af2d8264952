//! The page on the quickstart shows the example, cut into pieces.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

fn code(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(support::book(path)).unwrap();
    text.lines()
        .filter(|line| !line.starts_with("// ANCHOR") && !line.starts_with("#![allow"))
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_pieces_make_the_example() {
    assert_eq!(
        code("snippets/tests/quickstart.rs"),
        code("../examples/quickstart/src/main.rs")
    );
}
