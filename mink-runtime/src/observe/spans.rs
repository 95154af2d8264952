use std::collections::BTreeSet;

use tracing::Span;
use tracing::field::Empty;

use super::Operation;
use crate::storage::{Append, Commit, StreamQuery};

/// How many names of types one span lists.
const TYPES: usize = 16;

/// The span of a commit. What it takes to fill is done only when somebody listens.
pub(crate) fn append_span(service: &str, commit: &Commit) -> Span {
    let first = commit.appends.first();
    tracing::info_span!(
        target: "mink",
        "eventstore.append",
        otel.kind = "client",
        otel.status_code = Empty,
        error.type = Empty,
        mink.service = service,
        mink.stream_id = first.map(|append| append.stream.as_str()),
        mink.streams.count = commit.appends.len(),
        mink.expected_version = first.map(expected),
        mink.events.count = commit.event_count(),
        mink.events.types = types(commit),
        mink.stored.version = Empty,
    )
}

/// The span of an aggregate that is loaded, from the query of its first page.
pub(crate) fn load_span(service: &str, query: &StreamQuery) -> Span {
    tracing::info_span!(
        target: "mink",
        "eventstore.load",
        otel.kind = "client",
        otel.status_code = Empty,
        error.type = Empty,
        mink.service = service,
        mink.stream_id = query.stream.as_str(),
        mink.from_version = query.from,
        mink.events.loaded = Empty,
        mink.stream.version = Empty,
    )
}

/// The span of any other operation.
pub(crate) fn operation_span(service: &str, operation: Operation) -> Span {
    macro_rules! span {
        ($name:literal) => {
            tracing::info_span!(
                target: "mink",
                $name,
                otel.kind = "client",
                otel.status_code = Empty,
                error.type = Empty,
                mink.service = service,
                mink.stream_id = Empty,
                mink.events.loaded = Empty,
                mink.last_position = Empty,
            )
        };
    }
    match operation {
        Operation::Append => span!("eventstore.append"),
        Operation::Load => span!("eventstore.load"),
        Operation::ReadStream => span!("eventstore.read_stream"),
        Operation::ReadStreams => span!("eventstore.read_streams"),
        Operation::ReadFeed => span!("eventstore.read_feed"),
        Operation::GetEvent => span!("eventstore.get_event"),
        Operation::GetStreamInfo => span!("eventstore.get_stream_info"),
        Operation::ListStreams => span!("eventstore.list_streams"),
        Operation::GetLastPosition => span!("eventstore.get_last_position"),
        Operation::Initialize => span!("eventstore.initialize"),
    }
}

fn expected(append: &Append) -> String {
    append.expected.to_string()
}

fn types(commit: &Commit) -> String {
    let names: BTreeSet<&str> = commit.events().map(|event| &*event.event_type).collect();
    let listed: Vec<_> = names.into_iter().take(TYPES).collect();
    listed.join(",")
}
