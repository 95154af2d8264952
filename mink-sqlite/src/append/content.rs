//! What no transaction is needed for to refuse.

use std::collections::HashSet;

use mink_runtime::storage::{Append, Commit, CommitError, ExpectedVersion, Format, NewEvent};
use serde::de::IgnoredAny;

/// Refuses a commit whose shape or content could not be stored as what it says it is.
pub(crate) fn check(commit: &Commit) -> Result<(), CommitError> {
    if commit.appends.is_empty() && commit.idempotency.is_none() {
        return Err(CommitError::NoEvents { stream: None });
    }
    if commit.appends.len() > 1 {
        let mut streams = HashSet::with_capacity(commit.appends.len());
        for append in &commit.appends {
            if !streams.insert((&append.tenant, &append.stream)) {
                return Err(CommitError::StreamTwice {
                    stream: append.stream.clone(),
                });
            }
        }
    }
    for append in &commit.appends {
        if append.events.is_empty() {
            return Err(CommitError::NoEvents {
                stream: Some(append.stream.clone()),
            });
        }
        if let ExpectedVersion::Exact(version) = append.expected
            && i64::try_from(version).is_err()
        {
            return Err(CommitError::InvalidVersion {
                stream: append.stream.clone(),
                version,
            });
        }
        for event in &append.events {
            payload(append, event)?;
        }
    }
    Ok(())
}

fn payload(append: &Append, event: &NewEvent) -> Result<(), CommitError> {
    let refused = |what: String| CommitError::Refused {
        reason: format!(
            "event `{}` (id {}) for stream `{}`: {what}",
            event.event_type, event.id, append.stream
        ),
    };
    match &event.format {
        Format::Json => {
            let text = std::str::from_utf8(&event.payload).map_err(|error| {
                refused(format!(
                    "its format is JSON, but byte {} is not UTF-8",
                    error.valid_up_to()
                ))
            })?;
            // The parser's own message may quote the text, so only the place is told.
            serde_json::from_str::<IgnoredAny>(text).map_err(|error| {
                refused(format!(
                    "its format is JSON, but it is not JSON at line {}, column {}",
                    error.line(),
                    error.column()
                ))
            })?;
            Ok(())
        }
        Format::Binary(name) if name == Format::Json.name() => Err(refused(
            "a binary format cannot be named `json`: use `Format::Json`, or another name".into(),
        )),
        Format::Binary(name) if Format::RESERVED.contains(&&**name) => {
            Err(CommitError::ReservedFormat {
                event_type: event.event_type.to_string(),
                format: name.to_string(),
            })
        }
        _ => Ok(()),
    }
}
