use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::history::TimeTravelError;
use super::{Loaded, Repository};
use crate::aggregate::AggregateHandlers;
use crate::id::{StreamId, TenantId};
use crate::pipeline::without_values;

/// What is different between two states of one aggregate.
///
/// `Display` is for people and shows the values, also personal ones: it is the caller's to show. `Debug` shows the paths
/// alone.
#[derive(Clone, PartialEq)]
pub struct StateDiff {
    /// Which aggregate.
    pub stream: StreamId,
    /// The version of the state before.
    pub from: u64,
    /// The version of the state after.
    pub to: u64,
    /// What changed, ordered by the fields' names.
    pub changes: Vec<StateChange>,
}

/// One place of the state that changed.
#[derive(Clone, PartialEq)]
pub struct StateChange {
    /// Where, in stored names: `lines[2].sku`. Empty for the whole state. A place in a list is that of the state after,
    /// or, for what is gone, that of the state before.
    pub path: String,
    /// What was there; `None` when it was not there.
    pub before: Option<Value>,
    /// What is there; `None` when it is gone.
    pub after: Option<Value>,
}

impl StateDiff {
    /// Whether the two states are alike.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl fmt::Display for StateDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, version {} -> {}", self.stream, self.from, self.to)?;
        if self.is_empty() {
            f.write_str(": no difference")?;
        }
        for change in &self.changes {
            write!(f, "\n  {change}")?;
        }
        Ok(())
    }
}

impl fmt::Display for StateChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "(state)"
        } else {
            &self.path
        };
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "{path}: {before} -> {after}"),
            (None, Some(after)) => write!(f, "{path}: + {after}"),
            (Some(before), None) => write!(f, "{path}: - {before}"),
            (None, None) => f.write_str(path),
        }
    }
}

impl fmt::Debug for StateDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateDiff")
            .field("stream", &self.stream)
            .field("from", &self.from)
            .field("to", &self.to)
            .field("changes", &self.changes)
            .finish()
    }
}

impl fmt::Debug for StateChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match (&self.before, &self.after) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        write!(f, "{} {kind}", self.path)
    }
}

impl Repository {
    /// What is different between the states of an aggregate at two versions; 0 is the initial state.
    ///
    /// # Errors
    /// As [`load_at_version`](Self::load_at_version); a state that cannot be written as JSON.
    pub async fn diff<A: AggregateHandlers + Serialize>(
        &self,
        tenant: &TenantId,
        id: &str,
        from: u64,
        to: u64,
    ) -> Result<StateDiff, TimeTravelError> {
        let mut loaded = self.load_at_version::<A>(tenant, id, from.min(to)).await?;
        let earlier = json(&loaded)?;
        self.go_to(tenant, &mut loaded, from.max(to)).await?;
        let later = json(&loaded)?;
        let (before, after) = if from <= to {
            (earlier, later)
        } else {
            (later, earlier)
        };
        let mut changes = Vec::new();
        compare(&mut changes, "", before, after);
        Ok(StateDiff {
            stream: loaded.stream().clone(),
            from,
            to,
            changes,
        })
    }
}

fn json<A: Serialize>(loaded: &Loaded<A>) -> Result<Value, TimeTravelError> {
    serde_json::to_value(&**loaded).map_err(|error| TimeTravelError::NotJson {
        stream: loaded.stream().clone(),
        version: loaded.version(),
        reason: without_values(&error),
    })
}

fn compare(changes: &mut Vec<StateChange>, path: &str, before: Value, after: Value) {
    match (before, after) {
        (before, after) if before == after => {}
        (Value::Object(before), Value::Object(after)) => objects(changes, path, before, after),
        (Value::Array(before), Value::Array(after)) => lists(changes, path, before, after),
        (before, after) => changes.push(StateChange {
            path: path.to_owned(),
            before: Some(before),
            after: Some(after),
        }),
    }
}

fn objects(
    changes: &mut Vec<StateChange>,
    path: &str,
    mut before: Map<String, Value>,
    mut after: Map<String, Value>,
) {
    let names: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
    for name in names {
        let (before, after) = (before.remove(&name), after.remove(&name));
        either(changes, &field(path, &name), before, after);
    }
}

/// Pairs the elements that stayed, so that one that was taken out of the middle is one change.
fn lists(
    changes: &mut Vec<StateChange>,
    path: &str,
    mut before: Vec<Value>,
    mut after: Vec<Value>,
) {
    let texts = |list: &[Value]| list.iter().map(Value::to_string).collect::<Vec<_>>();
    for operation in capture_diff_slices(Algorithm::Myers, &texts(&before), &texts(&after)) {
        if operation.tag() == DiffTag::Equal {
            continue;
        }
        let (mut olds, mut news) = (operation.old_range(), operation.new_range());
        loop {
            let (old, new) = (olds.next(), news.next());
            let Some(at) = new.or(old) else { break };
            let old = old.map(|at| before[at].take());
            let new = new.map(|at| after[at].take());
            either(changes, &format!("{path}[{at}]"), old, new);
        }
    }
}

fn either(changes: &mut Vec<StateChange>, path: &str, before: Option<Value>, after: Option<Value>) {
    match (before, after) {
        (Some(before), Some(after)) => compare(changes, path, before, after),
        (before, after) => changes.push(StateChange {
            path: path.to_owned(),
            before,
            after,
        }),
    }
}

/// `path.name`, or `path["odd name"]` where a dot would mislead.
fn field(path: &str, name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    match (path, !name.is_empty() && name.chars().all(plain)) {
        ("", true) => name.to_owned(),
        (_, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{}]", Value::from(name)),
    }
}
