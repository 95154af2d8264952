use std::fmt::Write as _;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::aggregate::{Aggregate, AnyEvent, Events};

/// `None` when both lists are the same as stored; otherwise a line by line difference. Encrypted fields are masked,
/// and said to differ when they do.
pub(super) fn events<A: Aggregate>(expected: &Events<A>, actual: &Events<A>) -> Option<String> {
    let same = expected.len() == actual.len()
        && expected
            .iter()
            .zip(actual)
            .all(|(e, a)| e.name() == a.name() && value(e) == value(a));
    if same {
        return None;
    }
    let (left, right) = (list(expected), list(actual));
    if left == right {
        return Some(format!("an encrypted field differs in\n{right}"));
    }
    let mut text = String::from("- expected\n+ got\n");
    for change in TextDiff::from_lines(&left, &right).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        let _ = write!(text, "{sign} {change}");
    }
    Some(text)
}

/// The events as people read them: name, then the stored form with encrypted fields masked.
pub(super) fn list<A: Aggregate>(events: &Events<A>) -> String {
    if events.is_empty() {
        return "no events\n".to_owned();
    }
    let mut text = String::new();
    for event in events {
        let mut value = value(event);
        for path in event.encrypted() {
            mask(&mut value, path);
        }
        let body = serde_json::to_string_pretty(&value).unwrap_or_default();
        let _ = writeln!(text, "{} {body}", event.name());
    }
    text
}

fn value<A: Aggregate>(event: &AnyEvent<A>) -> Value {
    event
        .to_json()
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or(Value::Null)
}

fn mask(value: &mut Value, path: &str) {
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(a, b)| (a, Some(b)));
    match value {
        Value::Array(list) => list.iter_mut().for_each(|inner| mask(inner, path)),
        Value::Object(fields) => {
            if let Some(field) = fields.get_mut(first) {
                match rest {
                    Some(rest) => mask(field, rest),
                    None => *field = Value::String("<encrypted>".to_owned()),
                }
            }
        }
        _ => {}
    }
}
