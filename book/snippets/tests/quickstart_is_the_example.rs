//! The page on the quickstart shows the example, cut into pieces, and what is said of its size is so.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

fn read(path: &str) -> String {
    std::fs::read_to_string(support::book(path)).unwrap()
}

fn code(path: &str) -> Vec<String> {
    read(path)
        .lines()
        .filter(|line| !line.starts_with("// ANCHOR") && !line.starts_with("#![allow"))
        .filter(|line| !line.trim().is_empty())
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

#[test]
fn the_lines_of_each_program_are_counted_right() {
    let page = read("src/why.md");
    for (name, path) in [
        ("mink", "../examples/quickstart/src/main.rs"),
        ("evento", "../benches/peers/quickstart/evento/src/main.rs"),
        ("cqrs-es", "../benches/peers/quickstart/cqrs-es/src/main.rs"),
        (
            "sourcery",
            "../benches/peers/quickstart/sourcery/src/main.rs",
        ),
        (
            "disintegrate",
            "../benches/peers/quickstart/disintegrate/src/main.rs",
        ),
    ] {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| {name} |")))
            .unwrap();
        let lines = code(path).len();
        assert!(row.ends_with(&format!("| {lines} |")), "{lines}: {row}");
    }
}
