//! The lines to write.

use std::fmt::{self, Write as _};

use similar::{ChangeTag, TextDiff};

use super::Declared;
use crate::schema::{Change, ChangeKind, Comparison, EventSchema, TypeSchema};

/// What differs between the two, line by line, with what stayed around it.
pub(super) fn diff(old: &EventSchema, new: &EventSchema) -> String {
    let (old, new) = (old.to_string(), new.to_string());
    let mut text = String::new();
    for change in TextDiff::from_lines(&old, &new).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        let _ = write!(text, "{sign} {change}");
    }
    text
}

/// The attribute that keeps the stored name of an event whose type is called otherwise.
pub(super) fn keep_name(stored: &str, found: &Declared) -> String {
    let mut parts = vec![format!("name = {stored:?}")];
    if found.version > 1 {
        parts.push(format!("version = {}", found.version));
    }
    if !found.upcasts_from.is_empty() {
        parts.push(upcast(&found.upcasts_from, &[], found));
    }
    format!(
        "#[event({})] // on `{}`, at {}",
        parts.join(", "),
        found.type_name,
        found.place
    )
}

/// An attribute, and the functions that it names.
pub(super) struct Advice<'a> {
    event: &'a Declared,
    version: u32,
    /// The versions that need an upcaster. Only the last of them becomes what `changes` speaks of.
    steps: Vec<u32>,
    changes: &'a Comparison,
}

impl<'a> Advice<'a> {
    /// The declared form becomes the version behind the declared one.
    pub(super) fn for_a_new_version(event: &'a Declared, changes: &'a Comparison) -> Self {
        Self {
            event,
            version: event.version.saturating_add(1),
            steps: vec![event.version],
            changes,
        }
    }

    /// The declared version stays and gets what it lacks.
    pub(super) fn for_upcasters(
        event: &'a Declared,
        steps: &[u32],
        changes: &'a Comparison,
    ) -> Self {
        Self {
            event,
            version: event.version,
            steps: steps.to_vec(),
            changes,
        }
    }
}

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = self.event;
        let is_object = matches!(event.schema.shape, TypeSchema::Struct(_));
        let mut parts = Vec::new();
        if event.event != event.type_name {
            parts.push(format!("name = {:?}", event.event));
        }
        parts.push(format!("version = {}", self.version));
        parts.push(upcast(&event.upcasts_from, &self.steps, event));
        writeln!(f, "#[event({})]", parts.join(", "))?;
        for (at, from) in self.steps.iter().enumerate() {
            writeln!(f)?;
            writeln!(
                f,
                "fn {}(mut old: mink::serde_json::Value) -> mink::serde_json::Value {{",
                function(event, *from)
            )?;
            if at + 1 == self.steps.len() {
                if self.changes.is_empty() {
                    writeln!(f, "    // what changed from version {from} to {}", from + 1)?;
                }
                body(f, self.changes, is_object)?;
            } else {
                writeln!(f, "    // what changed from version {from} to {}", from + 1)?;
            }
            writeln!(f, "    old\n}}")?;
        }
        Ok(())
    }
}

fn upcast(have: &[u32], add: &[u32], event: &Declared) -> String {
    let mut steps: Vec<(u32, String)> = have.iter().map(|from| (*from, "...".into())).collect();
    steps.extend(add.iter().map(|from| (*from, function(event, *from))));
    steps.sort();
    let steps: Vec<String> = steps
        .iter()
        .map(|(from, with)| format!("{from} => {with}"))
        .collect();
    format!("upcast({})", steps.join(", "))
}

/// `order_placed_from_v1`
fn function(event: &Declared, from: u32) -> String {
    let mut name = String::new();
    for character in event.type_name.chars() {
        if character.is_uppercase() && !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        name.extend(character.to_lowercase());
    }
    format!("{name}_from_v{from}")
}

fn body(f: &mut fmt::Formatter<'_>, changes: &Comparison, is_object: bool) -> fmt::Result {
    let pair = renamed(changes).filter(|_| is_object);
    if let Some((from, to)) = pair {
        writeln!(
            f,
            "    old[{:?}] = old[{:?}].take(); // if `{to}` is what `{from}` was",
            to, from
        )?;
    }
    for change in &changes.changes {
        if pair.is_some_and(|(from, to)| change.path == from || change.path == to) {
            continue;
        }
        match (is_object && top_level(change), &change.kind, &change.after) {
            (true, ChangeKind::AddedRequired, Some(after)) => writeln!(
                f,
                "    old[{:?}] = mink::serde_json::json!(...); // {after}: what holds for old events",
                change.path
            )?,
            (true, ChangeKind::Retyped | ChangeKind::MadeRequired, Some(after)) => writeln!(
                f,
                "    old[{:?}] = mink::serde_json::json!(...); // {after}, from what was {}",
                change.path,
                change.before.as_deref().unwrap_or_default()
            )?,
            _ => writeln!(f, "    // {change}")?,
        }
    }
    Ok(())
}

/// A field that went and one that came, of one type: most likely one field that was renamed.
fn renamed(changes: &Comparison) -> Option<(&str, &str)> {
    let mut went = changes.changes.iter().filter(|change| {
        matches!(
            change.kind,
            ChangeKind::Removed | ChangeKind::RemovedAndRefused
        )
    });
    let mut came = changes
        .changes
        .iter()
        .filter(|change| matches!(change.kind, ChangeKind::Added | ChangeKind::AddedRequired));
    let (from, to) = (went.next()?, came.next()?);
    let alone = went.next().is_none() && came.next().is_none();
    (alone && from.before == to.after && top_level(from) && top_level(to))
        .then_some((from.path.as_str(), to.path.as_str()))
}

fn top_level(change: &Change) -> bool {
    !change.path.is_empty() && !change.path.contains('.')
}
