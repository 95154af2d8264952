//! What is known about an event besides its payload: who, why, and in whose name.

mod trace;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use trace::{
    InvalidTraceParent, InvalidTraceState, SpanId, TraceContext, TraceContextSource, TraceId,
    TraceParent, TraceState,
};

/// Metadata stored with every event. Kept as one JSON object beside the payload, so that it can be asked for
/// in SQL.
///
/// The framework fills it from the dispatch context: nobody passes it by hand. The event's id, tenant, stream,
/// version and time are fields of the record itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Metadata {
    /// What ties together everything that one request set in motion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The command or event that directly caused this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    /// On whose behalf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The distributed trace this event belongs to.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceContext>,
    /// Whatever else the application wants to remember.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, String>,
}

/// Metadata as it is read: every field by its own name, since a flattened one makes serde keep all the others in
/// memory first, which takes longer than the rest of reading an event.
#[derive(Deserialize)]
struct Stored {
    correlation_id: Option<String>,
    causation_id: Option<String>,
    user_id: Option<String>,
    traceparent: Option<String>,
    tracestate: Option<String>,
    #[serde(default)]
    custom: BTreeMap<String, String>,
}

impl From<Stored> for Metadata {
    fn from(stored: Stored) -> Self {
        Self {
            correlation_id: stored.correlation_id,
            causation_id: stored.causation_id,
            user_id: stored.user_id,
            // An event is read also when the trace it was written under cannot be.
            trace: stored
                .traceparent
                .and_then(|parent| TraceContext::parse(&parent, stored.tracestate.as_deref()).ok()),
            custom: stored.custom,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_back_as_it_was_written() {
        let some = |text: &str| Some(text.to_owned());
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let trace = |state| TraceContext::parse(header, state).ok();
        for metadata in [
            Metadata::default(),
            Metadata {
                trace: trace(None),
                ..Metadata::default()
            },
            Metadata {
                correlation_id: some("a"),
                causation_id: some("b"),
                user_id: some("c"),
                trace: trace(Some("vendor=1")),
                custom: BTreeMap::from([("traceparent".to_owned(), "not that one".to_owned())]),
            },
        ] {
            let text = serde_json::to_string(&metadata).unwrap_or_default();
            let read: Option<Metadata> = serde_json::from_str(&text).ok();
            assert_eq!(read, Some(metadata), "{text}");
        }
    }

    #[test]
    fn metadata_is_read_also_when_its_trace_cannot_be() {
        let text = r#"{"correlation_id":"a","traceparent":"00-1-2-01","tracestate":"vendor=1"}"#;
        let read: Option<Metadata> = serde_json::from_str(text).ok();
        let expected = Metadata {
            correlation_id: Some("a".to_owned()),
            ..Metadata::default()
        };
        assert_eq!(read, Some(expected));
    }

    #[test]
    fn metadata_of_a_newer_program_is_read_as_far_as_it_is_known() {
        let text = r#"{"correlation_id":"a","weather":{"sun":[1]}}"#;
        let read: Option<Metadata> = serde_json::from_str(text).ok();
        assert_eq!(
            read.and_then(|read| read.correlation_id).as_deref(),
            Some("a")
        );
    }
}
