use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ArchiveError;
use crate::id::{EventId, Position, StreamId, TenantId};
use crate::metadata::Metadata;
use crate::pipeline::without_values;
use crate::storage::{FeedEvent, Format, RecordedEvent};

/// The form that parts are written in.
const FORM: u32 = 1;

/// A run of events of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArchivePart {
    /// Whose stream.
    pub tenant: TenantId,
    /// Which stream.
    pub stream: StreamId,
    /// The version of its first event.
    pub first: u64,
    /// The version of its last event.
    pub last: u64,
}

#[derive(Serialize, Deserialize)]
struct Header<'a> {
    mink_archive: u32,
    tenant: Cow<'a, TenantId>,
    stream: Cow<'a, StreamId>,
    first: u64,
    last: u64,
}

#[derive(Deserialize)]
struct Form {
    mink_archive: u32,
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    version: u64,
    position: Position,
    id: EventId,
    event_type: Cow<'a, str>,
    schema_version: u32,
    /// Microseconds since 1970.
    recorded_at: i64,
    metadata: Cow<'a, Metadata>,
    format: Cow<'a, str>,
    payload: Payload<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Payload<'a> {
    Text(Cow<'a, str>),
    Base64(String),
}

#[derive(Serialize, Deserialize)]
struct Footer {
    sha256: String,
}

impl ArchivePart {
    /// These events as the content of the part: lines of JSON, the first of which says what it is, the last with the
    /// SHA-256 of all before it. The same events give the same bytes.
    ///
    /// # Errors
    /// [`ArchiveError::Unwritable`].
    pub fn encode(&self, events: &[FeedEvent]) -> Result<Bytes, ArchiveError> {
        let mut content = Vec::new();
        let header = Header {
            mink_archive: FORM,
            tenant: Cow::Borrowed(&self.tenant),
            stream: Cow::Borrowed(&self.stream),
            first: self.first,
            last: self.last,
        };
        self.line(&mut content, &header, self.first)?;
        for FeedEvent { position, event } in events {
            let line = Line {
                version: event.version,
                position: *position,
                id: event.id,
                event_type: Cow::Borrowed(&event.event_type),
                schema_version: event.schema_version,
                recorded_at: event.recorded_at.timestamp_micros(),
                metadata: Cow::Borrowed(&event.metadata),
                format: Cow::Borrowed(event.format.name()),
                payload: Payload::of(event),
            };
            self.line(&mut content, &line, event.version)?;
        }
        let footer = Footer {
            sha256: checksum(&content),
        };
        self.line(&mut content, &footer, self.last)?;
        Ok(content.into())
    }

    fn line(
        &self,
        content: &mut Vec<u8>,
        line: &impl Serialize,
        version: u64,
    ) -> Result<(), ArchiveError> {
        serde_json::to_writer(&mut *content, line).map_err(|error| ArchiveError::Unwritable {
            stream: self.stream.clone(),
            version,
            reason: without_values(&error),
        })?;
        content.push(b'\n');
        Ok(())
    }

    /// The events of the part, from content that was found at `place`: all that [`encode`](Self::encode) was given, and
    /// nothing else.
    ///
    /// # Errors
    /// [`ArchiveError::Damaged`], [`ArchiveError::Foreign`], [`ArchiveError::TooNew`].
    pub fn decode(&self, content: &[u8], place: &str) -> Result<Vec<FeedEvent>, ArchiveError> {
        let damaged = |reason: String| ArchiveError::Damaged {
            place: place.to_owned(),
            reason,
        };
        let body = checked(content).map_err(damaged)?;
        let mut lines = body.split_inclusive(|byte| *byte == b'\n').zip(1_u64..);
        let Some((first, _)) = lines.next() else {
            return Err(damaged("it is empty".to_owned()));
        };
        let Form { mink_archive } = read(first, 1).map_err(damaged)?;
        if mink_archive > FORM {
            return Err(ArchiveError::TooNew {
                place: place.to_owned(),
                found: mink_archive,
                known: FORM,
            });
        }
        let header: Header<'_> = read(first, 1).map_err(damaged)?;
        if *header.tenant != self.tenant
            || *header.stream != self.stream
            || (header.first, header.last) != (self.first, self.last)
        {
            return Err(ArchiveError::Foreign {
                place: place.to_owned(),
            });
        }
        let mut events = Vec::new();
        for (line, number) in lines {
            let line: Line<'_> = read(line, number).map_err(damaged)?;
            let expected = self.first + events.len() as u64;
            if line.version != expected || line.version > self.last {
                return Err(damaged(format!(
                    "line {number} has version {} where {expected} belongs",
                    line.version
                )));
            }
            let event = self.event(line);
            let event = event.map_err(|what| damaged(format!("line {number}: {what}")))?;
            events.push(event);
        }
        if events.len() as u64 != (self.last + 1).saturating_sub(self.first) {
            return Err(damaged(format!("it holds {} events", events.len())));
        }
        Ok(events)
    }

    fn event(&self, line: Line<'_>) -> Result<FeedEvent, &'static str> {
        let payload = match line.payload {
            Payload::Text(text) => Bytes::from(text.into_owned()),
            Payload::Base64(text) => BASE64_STANDARD
                .decode(text)
                .map_err(|_| "the payload is not base64")?
                .into(),
        };
        Ok(FeedEvent {
            position: line.position,
            event: RecordedEvent {
                id: line.id,
                tenant: self.tenant.clone(),
                stream: self.stream.clone(),
                version: line.version,
                event_type: line.event_type.into(),
                schema_version: line.schema_version,
                format: Format::from_name(&line.format),
                payload,
                metadata: line.metadata.into_owned(),
                recorded_at: DateTime::from_timestamp_micros(line.recorded_at)
                    .ok_or("the time is out of range")?,
            },
        })
    }
}

impl<'a> Payload<'a> {
    fn of(event: &'a RecordedEvent) -> Self {
        match (&event.format, std::str::from_utf8(&event.payload)) {
            (Format::Json, Ok(text)) => Self::Text(Cow::Borrowed(text)),
            _ => Self::Base64(BASE64_STANDARD.encode(&event.payload)),
        }
    }
}

/// Everything before the last line, when that holds its checksum.
fn checked(content: &[u8]) -> Result<&[u8], String> {
    let cut_off = || "it ends in the middle".to_owned();
    let lines = content.strip_suffix(b"\n").ok_or_else(cut_off)?;
    let end = lines.iter().rposition(|byte| *byte == b'\n');
    let (body, footer) = content.split_at(end.ok_or_else(cut_off)? + 1);
    let Ok(Footer { sha256 }) = serde_json::from_slice(footer) else {
        return Err("its last line is not its checksum".to_owned());
    };
    if sha256 != checksum(body) {
        return Err("its content does not have the checksum of its last line".to_owned());
    }
    Ok(body)
}

fn checksum(content: &[u8]) -> String {
    format!("{:x}", Sha256::digest(content))
}

fn read<'a, T: Deserialize<'a>>(line: &'a [u8], number: u64) -> Result<T, String> {
    serde_json::from_slice(line)
        .map_err(|error| format!("line {number} cannot be read: {}", without_values(&error)))
}
