//! Which derives stand above an attribute macro.
//!
//! The compiler expands a `#[derive]` above an attribute before the attribute runs, and takes it out of what the
//! attribute sees. Only the source text still shows it, so that is where it is looked up; where there is no source
//! to read (an editor's own expansion), the answer is "none", and the compiler's conflict error remains.

/// The last names of the traits derived between the attributes directly above line `line` (counted from 1).
pub(crate) fn derived_above(source: &str, line: usize) -> Vec<String> {
    let mut rest = before_line(source, line).trim_end();
    let mut names = Vec::new();
    loop {
        if let Some(start) = comment_at_end(rest) {
            rest = rest[..start].trim_end();
        } else if let Some(start) = attribute_at_end(rest) {
            names.extend(derived_by(&rest[start..]));
            rest = rest[..start].trim_end();
        } else {
            return names;
        }
    }
}

pub(super) fn before_line(source: &str, line: usize) -> &str {
    let end = source
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    source.get(..end).unwrap_or_default()
}

/// Where the last line begins, when it is a comment.
pub(super) fn comment_at_end(text: &str) -> Option<usize> {
    let start = text.rfind('\n').map_or(0, |newline| newline + 1);
    let last = text.get(start..)?;
    let indent = last.len() - last.trim_start().len();
    last.trim_start()
        .starts_with("//")
        .then_some(start + indent)
}

/// Where the attribute begins that `text` ends with.
pub(super) fn attribute_at_end(text: &str) -> Option<usize> {
    if !text.ends_with(']') {
        return None;
    }
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().rev() {
        match byte {
            b']' => depth += 1,
            b'[' => {
                depth -= 1;
                if depth == 0 {
                    let hash = text.get(..at)?.trim_end();
                    return hash.ends_with('#').then(|| hash.len() - 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn derived_by(attribute: &str) -> Vec<String> {
    let inner: String = attribute
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect();
    let Some(list) = inner
        .strip_prefix("#[derive(")
        .and_then(|rest| rest.strip_suffix(")]"))
    else {
        return Vec::new();
    };
    list.split(',')
        .filter_map(|path| path.rsplit("::").next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "use a::b;\n\n/// A fact.\n#[derive(Debug,\n    serde::Serialize)]\n#[serde(rename_all = \"camelCase\")]\n// said [twice]\n#[event]\nstruct A;\n";

    #[test]
    fn derives_above_the_attribute_are_found() {
        assert_eq!(derived_above(SOURCE, 8), ["Debug", "Serialize"]);
    }

    #[test]
    fn another_items_derives_are_not() {
        let source = "#[derive(Clone)]\nstruct B;\n\n#[event]\nstruct A;\n";
        assert!(derived_above(source, 4).is_empty());
        assert!(derived_above(source, 1).is_empty());
        assert!(derived_above(source, 400).is_empty());
        assert!(derived_above("let a = b[1]\n#[event]\n", 2).is_empty());
    }
}
