//! Visits of a stream: what aggregates are loaded with.

use std::borrow::Cow;
use std::ops::ControlFlow;

use bytes::Bytes;

use super::ground::{Ground, same_events, stream};
use crate::storage::{
    Direction, Format, NewEvent, RecordedEvent, StorageError, StoredEvent, StreamBounds,
    StreamQuery,
};

/// Events of every kind, more than a store might put into one answer.
fn many_kinds(at: &Ground) -> Vec<NewEvent> {
    let kinds = [
        ("Happened", Format::Json, "{\"a\": 1}"),
        ("Happened", Format::Json, "\"\\u0000 é😀 7 8 9 10\""),
        ("7 8 \u{1F600}", Format::Binary(Cow::Borrowed("bytes")), ""),
        (
            "Happened Again",
            Format::Binary(Cow::Borrowed("7 \u{1} ")),
            "\0\u{1} 2",
        ),
    ];
    (0..300)
        .map(|n| {
            let (event_type, format, payload) = kinds[n % 7 % kinds.len()].clone();
            NewEvent {
                event_type: Cow::Borrowed(event_type),
                schema_version: 1 + u32::try_from(n % 3).unwrap_or(0),
                payload: match format {
                    Format::Binary(_) if n % 2 == 0 => Bytes::from(vec![0xff, 0, 0x20, 0xc3]),
                    _ => Bytes::from(payload),
                },
                format,
                ..at.event("Happened")
            }
        })
        .collect()
}

/// What was visited, with the metadata and time that a visit leaves out taken from the stream as it was read.
struct Seen<'w> {
    whole: &'w [RecordedEvent],
    events: Vec<RecordedEvent>,
    most: usize,
}

impl Seen<'_> {
    fn see(&mut self, event: StoredEvent<'_>) -> ControlFlow<()> {
        let known = self.whole.iter().find(|known| known.id == event.id);
        let known = known.unwrap_or_else(|| panic!("a visited event is one of the stream"));
        self.events.push(RecordedEvent {
            id: event.id,
            tenant: event.tenant.clone(),
            stream: event.stream.clone(),
            version: event.version,
            event_type: event.event_type.into(),
            schema_version: event.schema_version,
            format: event.format.clone(),
            payload: Bytes::copy_from_slice(event.payload),
            metadata: known.metadata.clone(),
            recorded_at: known.recorded_at,
        });
        if self.events.len() < self.most {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

async fn visit(at: &Ground, query: &StreamQuery, whole: &[RecordedEvent], most: usize) {
    let mut seen = Seen {
        whole,
        events: Vec::new(),
        most,
    };
    let mut see = |event: StoredEvent<'_>| seen.see(event);
    let bounds = at.store.visit_stream(query, &mut see).await;
    let bounds = bounds.unwrap_or_else(|error| {
        panic!("an existing stream can be visited, whatever the window ({query:?}): {error}")
    });
    let promise = format!(
        "a visit {:?} {}..={}, {} at a time and {most} at most, gives what reading gives",
        query.direction, query.from, query.to, query.limit
    );
    let mut expected: Vec<_> = whole
        .iter()
        .filter(|event| query.from <= event.version && event.version <= query.to)
        .cloned()
        .collect();
    if query.direction == Direction::Backwards {
        expected.reverse();
    }
    expected.truncate(most);
    same_events(&seen.events, &expected, &promise);
    let expected = StreamBounds {
        version: whole.len() as u64,
        first: 1,
        archived: false,
    };
    assert_eq!(
        bounds, expected,
        "{promise}: where the stream begins and ends"
    );
}

pub(super) async fn visiting_a_stream_gives_what_reading_it_gives(at: Ground) {
    let order = stream("Order-1");
    let events = many_kinds(&at);
    at.put(&order, &events).await;
    at.put(&stream("Order-2"), &at.events(3)).await;
    let whole = at.recorded(&order, 1, &events);
    let beyond = i64::MAX as u64;
    for direction in [Direction::Forwards, Direction::Backwards] {
        for (from, to) in [
            (0, u64::MAX),
            (1, 300),
            (2, 299),
            (65, 128),
            (64, 64),
            (300, beyond),
            (301, u64::MAX),
            (beyond, beyond + 1),
            (u64::MAX, u64::MAX),
            (2, 1),
            (0, 0),
        ] {
            for limit in [0, 7, 64, 100, usize::MAX] {
                let query = StreamQuery {
                    from,
                    to,
                    direction,
                    limit,
                    ..at.query(&order)
                };
                visit(&at, &query, &whole, usize::MAX).await;
                if from == 0 {
                    visit(&at, &query, &whole, 70).await;
                }
            }
        }
    }
}

pub(super) async fn a_missing_stream_is_not_visited(at: Ground) {
    at.put(&stream("Order-1"), &at.events(1)).await;
    let missing = stream("Order-2");
    let mut see = |_: StoredEvent<'_>| panic!("an event of another stream was visited");
    match at.store.visit_stream(&at.query(&missing), &mut see).await {
        Err(StorageError::StreamNotFound { stream }) => {
            assert_eq!(stream, missing, "the error names the stream");
        }
        Err(error) => panic!("a missing stream is `StreamNotFound`, not: {error}"),
        Ok(_) => panic!("a stream that was never written to was visited"),
    }
}
