use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LockedEvent, LockedVersion, SchemaLock};
use crate::schema::{EventSchema, TypeSchema};

/// The version of the file's own form.
const LOCK: u32 = 1;

pub(super) fn parse(text: &str) -> Result<Vec<LockedEvent>, String> {
    #[derive(Deserialize)]
    struct Head {
        lock: u32,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(rename = "lock")]
        _lock: u32,
        events: Vec<LockedEvent>,
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // a newer mink may have put anything behind the number
    let head: Head = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if head.lock != LOCK {
        return Err(format!(
            "it is of version {}, and this mink knows version {LOCK}: use the mink that wrote it",
            head.lock
        ));
    }
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut events = file.events;
    events.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in events.windows(2) {
        if let [first, second] = pair
            && first.name == second.name
        {
            return Err(format!("event `{}` is in it twice", first.name));
        }
    }
    for event in &mut events {
        event.versions.sort_by_key(|version| version.version);
        for pair in event.versions.windows(2) {
            if let [first, second] = pair
                && first.version == second.version
            {
                return Err(format!(
                    "version {} of event `{}` is in it twice",
                    first.version, event.name
                ));
            }
        }
        if event
            .versions
            .first()
            .is_none_or(|first| first.version == 0)
        {
            return Err(format!(
                "event `{}` has no version, or one that is 0: versions start at 1",
                event.name
            ));
        }
    }
    Ok(events)
}

/// A version as the file has it: all on one level.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Version {
    version: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    retired: bool,
    format: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    encrypted: Vec<String>,
    shape: TypeSchema,
}

impl From<Version> for LockedVersion {
    fn from(file: Version) -> Self {
        Self {
            version: file.version,
            retired: file.retired,
            schema: EventSchema {
                format: file.format,
                encrypted: file.encrypted,
                shape: file.shape,
            },
        }
    }
}

impl From<LockedVersion> for Version {
    fn from(locked: LockedVersion) -> Self {
        Self {
            version: locked.version,
            retired: locked.retired,
            format: locked.schema.format,
            encrypted: locked.schema.encrypted,
            shape: locked.schema.shape,
        }
    }
}

/// The text of the file.
impl fmt::Display for SchemaLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = serde_json::to_value(&self.events).map_err(|_| fmt::Error)?;
        let mut text = String::new();
        write(&mut text, &events, 0)?;
        writeln!(f, "{{\"lock\": {LOCK}, \"events\": {text}}}")
    }
}

/// The order of the keys, for people; serde_json's own depends on its features.
const KEYS: [&str; 12] = [
    "name",
    "version",
    "retired",
    "format",
    "encrypted",
    "default",
    "aliases",
    "type",
    "tag",
    "shape",
    "variants",
    "versions",
];

/// A list of objects has one on each line, and all else goes on: one line for each field, mostly.
fn write(out: &mut String, value: &Value, indent: usize) -> fmt::Result {
    match value {
        Value::Object(fields) => {
            out.push('{');
            for (at, (key, value)) in sorted(fields).into_iter().enumerate() {
                let comma = if at > 0 { ", " } else { "" };
                write!(out, "{comma}{}: ", Value::from(key))?;
                write(out, value, indent)?;
            }
            out.push('}');
            Ok(())
        }
        Value::Array(values) if values.iter().any(Value::is_object) => {
            let inner = indent + 2;
            out.push('[');
            for (at, value) in values.iter().enumerate() {
                let comma = if at > 0 { "," } else { "" };
                write!(out, "{comma}\n{:inner$}", "")?;
                write(out, value, inner)?;
            }
            write!(out, "\n{:indent$}]", "")
        }
        Value::Array(values) => {
            out.push('[');
            for (at, value) in values.iter().enumerate() {
                let comma = if at > 0 { ", " } else { "" };
                write!(out, "{comma}{value}")?;
            }
            out.push(']');
            Ok(())
        }
        scalar => write!(out, "{scalar}"),
    }
}

fn sorted(fields: &serde_json::Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut sorted: Vec<(&str, &Value)> = fields
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    let rank = |key: &str| {
        KEYS.iter()
            .position(|known| *known == key)
            .unwrap_or(KEYS.len())
    };
    sorted.sort_by_key(|(key, _)| (rank(key), *key));
    sorted
}
