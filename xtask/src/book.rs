//! The book holds together: no Rust in it that is not compiled, and nothing that leads nowhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What is wrong with the book in `book`, one line per fault, each with its page and line.
///
/// * A code block in Rust consists of includes from compiled sources, and of nothing else.
/// * What is included exists, and so does its anchor, with a beginning, an end and something between them.
/// * A relative link leads to a file.
/// * Every page is in the table of contents.
pub(crate) fn faults(book: &Path) -> Result<Vec<String>> {
    let source = book.join("src");
    let mut faults = Vec::new();
    let mut linked = BTreeSet::new();
    let pages = pages_under(&source)?;
    for path in &pages {
        let text = fs::read_to_string(path)
            .with_context(|| format!("could not read {}", path.display()))?;
        let page = Page {
            path,
            name: path
                .strip_prefix(book)
                .unwrap_or(path)
                .display()
                .to_string(),
        };
        let links = page.check(&text, &mut faults);
        if path.ends_with("SUMMARY.md") {
            linked.extend(links);
        }
    }
    for path in &pages {
        if !path.ends_with("SUMMARY.md") && !linked.contains(&fs::canonicalize(path)?) {
            let name = path.strip_prefix(book).unwrap_or(path).display();
            faults.push(format!("{name}: not in src/SUMMARY.md"));
        }
    }
    Ok(faults)
}

fn pages_under(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    let entries = fs::read_dir(directory)
        .with_context(|| format!("could not read {}", directory.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            pages.extend(pages_under(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    Ok(pages)
}

struct Page<'a> {
    path: &'a Path,
    name: String,
}

impl Page<'_> {
    /// Adds the page's faults; returns the files that it links to.
    fn check(&self, text: &str, faults: &mut Vec<String>) -> Vec<PathBuf> {
        let mut linked = Vec::new();
        let mut block: Option<Fence> = None;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            let mut on_line = Vec::new();
            let include = included(line);
            if let Some(target) = include {
                on_line.extend(self.fault_of_include(target));
            }
            match &block {
                Some(open) if open.is_closed_by(line) => block = None,
                Some(open) if open.is_rust && !line.is_empty() => match include {
                    Some(target) if is_compiled(target) => {}
                    _ => on_line.push(
                        "Rust that nothing compiles: move it to book/snippets and include it"
                            .into(),
                    ),
                },
                Some(_) => {}
                None => {
                    block = Fence::opened_by(line);
                    for target in links_in(line) {
                        match fs::canonicalize(self.beside(target)) {
                            Ok(path) => linked.push(path),
                            Err(_) => on_line.push(format!("the link to {target} leads nowhere")),
                        }
                    }
                }
            }
            let name = &self.name;
            faults.extend(
                on_line
                    .iter()
                    .map(|fault| format!("{name}:{number}: {fault}")),
            );
        }
        linked
    }

    fn beside(&self, target: &str) -> PathBuf {
        self.path.with_file_name(target)
    }

    /// `file` or `file:anchor`.
    fn fault_of_include(&self, target: &str) -> Option<String> {
        let (file, anchor) = match target.split_once(':') {
            Some((file, anchor)) => (file, Some(anchor)),
            None => (target, None),
        };
        let Ok(text) = fs::read_to_string(self.beside(file)) else {
            return Some(format!("{file} cannot be included: there is no such file"));
        };
        let anchor = anchor?;
        let marks = |line: &str, mark: &str| {
            line.split_once(mark)
                .is_some_and(|(_, name)| name.trim() == anchor)
        };
        let mut lines = text.lines();
        let begins = lines.any(|line| marks(line, "ANCHOR:"));
        let within: Vec<&str> = lines
            .by_ref()
            .take_while(|line| !marks(line, "ANCHOR_END:"))
            .collect();
        let ends = text.lines().any(|line| marks(line, "ANCHOR_END:"));
        let has_text = within.iter().any(|line| !line.trim().is_empty());
        (!(begins && ends && has_text)).then(|| {
            format!("{file} has no text between `ANCHOR: {anchor}` and `ANCHOR_END: {anchor}`")
        })
    }
}

/// A code block's opening line.
struct Fence {
    mark: char,
    length: usize,
    is_rust: bool,
}

impl Fence {
    fn opened_by(line: &str) -> Option<Self> {
        let mark = line
            .chars()
            .next()
            .filter(|mark| matches!(mark, '`' | '~'))?;
        let length = line.chars().take_while(|c| *c == mark).count();
        let language = line[length..]
            .trim_start()
            .split(|c: char| matches!(c, ',' | '{') || c.is_whitespace())
            .next();
        (length >= 3).then_some(Self {
            mark,
            length,
            is_rust: matches!(language, Some("rust" | "rs")),
        })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        line.len() >= self.length && line.chars().all(|c| c == self.mark)
    }
}

/// The target of a line that is an include and nothing else.
fn included(line: &str) -> Option<&str> {
    let inner = line.strip_prefix("{{#")?.strip_suffix("}}")?;
    let target = inner
        .strip_prefix("include ")
        .or_else(|| inner.strip_prefix("rustdoc_include "))?;
    Some(target.trim())
}

/// Whether an included file is Rust that the workspace compiles, taken by an anchor: line numbers drift.
fn is_compiled(target: &str) -> bool {
    target.split_once(':').is_some_and(|(file, anchor)| {
        let file = Path::new(file);
        file.extension().is_some_and(|extension| extension == "rs")
            && file
                .components()
                .any(|part| matches!(part.as_os_str().to_str(), Some("snippets" | "examples")))
            && !anchor.starts_with(|c: char| c.is_ascii_digit() || c == ':')
    })
}

/// The relative targets of a line's links, without their fragments.
fn links_in(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split(')').next()?.split('#').next()?.trim();
        let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
        (!target.is_empty() && !is_elsewhere).then_some(target)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// The faults of a book of one page.
    fn faults_of(name: &str, page: &str) -> Vec<String> {
        let root = std::env::temp_dir().join(format!("mink-book-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("src")).unwrap();
        fs::create_dir_all(root.join("snippets/tests")).unwrap();
        fs::write(root.join("src/SUMMARY.md"), "- [Page](page.md)\n").unwrap();
        fs::write(root.join("src/page.md"), page).unwrap();
        let code = "// ANCHOR: a\nfn a() {}\n// ANCHOR_END: a\n// ANCHOR: open\nfn b() {}\n";
        fs::write(root.join("snippets/tests/code.rs"), code).unwrap();
        let found = faults(&root).unwrap();
        fs::remove_dir_all(root).unwrap();
        found
    }

    #[test]
    fn rust_that_is_included_by_an_anchor_is_good() {
        let page = "```rust\n{{#include ../snippets/tests/code.rs:a}}\n```\n[to](page.md#x)\n";
        assert_eq!(faults_of("good", page), [""; 0]);
    }

    #[test]
    fn rust_in_the_page_itself_is_a_fault() {
        for (case, info) in ["rust", "rust,ignore", "rs", "rust {}"].iter().enumerate() {
            let page = format!("text\n```{info}\nfn a() {{}}\n```\n");
            let found = faults_of(&format!("inline{case}"), &page);
            assert_eq!(found.len(), 1, "{info}");
            assert!(found[0].starts_with("src/page.md:3: Rust that nothing compiles"));
        }
    }

    #[test]
    fn code_in_other_languages_is_left_alone() {
        let page = "```toml\nx = \"rust\"\n```\n~~~sh\ncargo test\n```rust\n~~~\n";
        assert_eq!(faults_of("other", page), [""; 0]);
    }

    #[test]
    fn an_include_must_lead_to_an_anchor_with_an_end() {
        for (case, target) in ["code.rs:none", "code.rs:open", "gone.rs:a"]
            .iter()
            .enumerate()
        {
            let page = format!("```rust\n{{{{#include ../snippets/tests/{target}}}}}\n```\n");
            assert_eq!(
                faults_of(&format!("anchor{case}"), &page).len(),
                1,
                "{target}"
            );
        }
    }

    #[test]
    fn a_link_must_lead_to_a_file() {
        let found = faults_of(
            "link",
            "[a](gone.md) and [b](https://example.org/gone.md)\n",
        );
        assert_eq!(found, ["src/page.md:1: the link to gone.md leads nowhere"]);
    }

    #[test]
    fn a_page_must_be_in_the_table_of_contents() {
        let root = std::env::temp_dir().join(format!("mink-book-toc-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(root.join("src/SUMMARY.md"), "# Summary\n").unwrap();
        fs::write(root.join("src/lost.md"), "text\n").unwrap();
        assert_eq!(
            faults(&root).unwrap(),
            ["src/lost.md: not in src/SUMMARY.md"]
        );
        fs::remove_dir_all(root).unwrap();
    }
}
