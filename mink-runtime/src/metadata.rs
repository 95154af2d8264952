//! What is known about an event besides its payload: who, why, and in whose name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The W3C trace context an event was written under (<https://www.w3.org/TR/trace-context/>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceContext {
    /// The `traceparent` header: version, trace id, parent id, flags.
    #[serde(rename = "traceparent")]
    pub parent: String,
    /// The `tracestate` header.
    #[serde(
        rename = "tracestate",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub state: Option<String>,
}

/// Metadata stored with every event. Kept as one JSON object beside the payload, so that it can be asked for
/// in SQL.
///
/// The framework fills it from the dispatch context: nobody passes it by hand. The event's id, tenant, stream,
/// version and time are fields of the record itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Metadata {
    /// What ties together everything that one request set in motion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The command or event that directly caused this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    /// On whose behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The distributed trace this event belongs to.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceContext>,
    /// Whatever else the application wants to remember.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, String>,
}
