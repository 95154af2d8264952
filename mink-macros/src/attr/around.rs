//! Which derives an item has, for a derive macro, which the compiler shows the item without them.
//!
//! Only the source text still shows them. Whatever cannot be read as plain attributes ends the search: then a derive
//! that is there is not seen, but never one seen that is not there.

use syn::Attribute;
use syn::parse::Parser;

use super::above::{attribute_at_end, before_line, comment_at_end};
use super::derives;

/// Whether the item whose derive stands at `line` and `column` (both counted from 1) derives serde's traits.
pub(crate) fn derives_serde(source: &str, line: usize, column: usize) -> bool {
    let attributes = around(source, line, column).unwrap_or_default();
    derives::writes_and_reads(&attributes, &[])
}

fn around(source: &str, line: usize, column: usize) -> Option<Vec<Attribute>> {
    let before = before_line(source, line).len();
    let in_line: usize = source
        .get(before..)?
        .chars()
        .take(column.checked_sub(1)?)
        .map(char::len_utf8)
        .sum();
    let place = before + in_line;
    let start = source.get(..place)?.rfind("#[")?;
    let (own, mut after) = attribute_at_start(source.get(start..)?)?;
    if derives::paths(&own).is_none() || source.len() - after.len() <= place {
        return None;
    }
    let mut found = vec![own];
    let mut before = source.get(..start)?.trim_end();
    loop {
        if let Some(start) = comment_at_end(before) {
            before = before.get(..start)?.trim_end();
            continue;
        }
        let Some(start) = attribute_at_end(before) else {
            break;
        };
        let Some((attribute, "")) = attribute_at_start(before.get(start..)?) else {
            break;
        };
        found.push(attribute);
        before = before.get(..start)?.trim_end();
    }
    loop {
        after = after.trim_start();
        if after.starts_with("//") {
            after = after.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some((attribute, rest)) = attribute_at_start(after) {
            found.push(attribute);
            after = rest;
        } else {
            return Some(found);
        }
    }
}

/// The attribute that `text` begins with, and what follows it.
fn attribute_at_start(text: &str) -> Option<(Attribute, &str)> {
    if !text.starts_with("#[") {
        return None;
    }
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => {
                depth -= 1;
                if depth == 0 {
                    let (attribute, rest) = text.split_at(at + 1);
                    let mut read = Attribute::parse_outer.parse_str(attribute).ok()?;
                    return match (read.pop(), read.is_empty()) {
                        (Some(only), true) => Some((only, rest)),
                        _ => None,
                    };
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether serde's derives are seen from the `Shape` that is marked `!Shape`.
    fn seen(source: &str) -> bool {
        let place = source.find("!Shape").unwrap_or_default();
        let line = source[..place].matches('\n').count() + 1;
        let column = source[..place]
            .chars()
            .rev()
            .take_while(|c| *c != '\n')
            .count()
            + 1;
        derives_serde(&source.replace("!Shape", "Shape"), line, column)
    }

    #[test]
    fn derives_beside_above_and_below_are_seen() {
        assert!(seen("#[derive(Serialize, Deserialize, !Shape)]\nstruct A;"));
        assert!(seen(
            "#[derive(Clone,\n    serde::Serialize, mink::serde::Deserialize,\n    mink::!Shape)]\nstruct A;"
        ));
        assert!(seen(
            "#[derive(Serialize)]\n/// [text]\n#[serde(default)]\n#[derive(!Shape)]\n// said\n#[derive(Deserialize)]\nstruct A;"
        ));
        assert!(seen(
            "struct ß; #[derive(Serialize, Deserialize, !Shape)] struct A;"
        ));
    }

    #[test]
    fn what_is_not_a_derive_of_serde_is_not_taken_for_one() {
        for source in [
            "#[derive(!Shape)]\nstruct A;",
            "#[derive(Serialize, !Shape)]\nstruct A;",
            "#[derive(rkyv::Serialize, rkyv::Deserialize, !Shape)]\nstruct A;",
            "#[derive(/* A, Serialize, Deserialize, */ !Shape)]\nstruct A;",
            "#[derive(!Shape, // Serialize, Deserialize,\n)]\nstruct A;",
            "#[cfg_attr(wide, derive(Serialize, Deserialize))]\n#[derive(!Shape)]\nstruct A;",
            "#[derive(Serialize, Deserialize)]\nstruct B;\n#[derive(!Shape)]\nstruct A;",
            "#[derive(!Shape)]\nstruct A;\n#[derive(Serialize, Deserialize)]\nstruct B;",
            "#[derive(!Shape)]\n#[doc = \"[\"]\nstruct A;\n#[doc = \"]\"]\n#[derive(Serialize, Deserialize)]\nstruct B;",
            "#[derive(!Shape)]\n/* */\n#[derive(Serialize, Deserialize)]\nstruct A;",
            "#[derive($(!Shape)*)]\n#[derive(Serialize, Deserialize)]\nstruct A;",
            "derive!(A, !Shape, Serialize, Deserialize)",
            "!Shape",
        ] {
            assert!(!seen(source), "{source}");
        }
    }

    #[test]
    fn a_place_outside_of_the_source_is_no_derive() {
        assert!(!derives_serde("struct A;", 9, 9));
        assert!(!derives_serde("", 1, 1));
        assert!(!derives_serde("", 0, 0));
    }
}
