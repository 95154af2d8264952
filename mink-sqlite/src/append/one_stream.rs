//! The commit that nearly all are: events of one decision, for one stream, at a version that is named.
//!
//! It needs no answer before it commits, so the whole transaction is one text, and one trip to SQLite's thread. A version
//! that does not hold becomes a NULL, which the table refuses; an event id that is stored already is refused by its index.
//! Either way nothing is written, and the batch is tried again in the way that finds out why.

use std::sync::{Arc, OnceLock};

use mink_runtime::storage::{Append, Commit, Committed, ExpectedVersion, NewEvent, StreamHead};
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, SqliteConnection};

use super::plan::bind_payload;
use super::statement::run;
use crate::failure::Failure;

const ONE_STREAM: &str = include_str!("one_stream.sql");

/// The most events in one text.
const MOST: usize = 128;

/// How many statements the text has.
const STATEMENTS: usize = 4;

/// A commit that can be done so.
pub(crate) struct OneStream<'a> {
    commit: &'a Commit,
    append: &'a Append,
    first: &'a NewEvent,
    expected: i64,
    version: i64,
    rows: Rows,
}

/// What the rows of a text bind for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// Id and payload: the events are of one type.
    Alike,
    /// Type, schema version and format too.
    Each,
}

impl<'a> OneStream<'a> {
    pub(crate) fn of(batch: &'a [Arc<Commit>]) -> Option<Self> {
        let [commit] = batch else { return None };
        if commit.idempotency.is_some() {
            return None;
        }
        let [append] = &*commit.appends else {
            return None;
        };
        // A key is looked up before the version.
        if commit.idempotency.is_some() {
            return None;
        }
        let expected = match append.expected {
            ExpectedVersion::NoStream => 0,
            ExpectedVersion::Exact(version) => i64::try_from(version).ok()?,
            _ => return None,
        };
        let (first, others) = append.events.split_first()?;
        let together = |event: &NewEvent| {
            event.recorded_at == first.recorded_at && event.metadata == first.metadata
        };
        if append.events.len() > MOST || !others.iter().all(together) {
            return None;
        }
        let alike = |event: &NewEvent| {
            event.event_type == first.event_type
                && event.schema_version == first.schema_version
                && event.format == first.format
        };
        Some(Self {
            commit,
            append,
            first,
            expected,
            version: expected.checked_add_unsigned(append.events.len() as u64)?,
            rows: if others.iter().all(alike) {
                Rows::Alike
            } else {
                Rows::Each
            },
        })
    }

    /// Commits it. After a failure the transaction must be rolled back by the caller.
    pub(crate) async fn commit(self, conn: &mut SqliteConnection) -> Result<Committed, Failure> {
        let arguments = self.arguments().map_err(sqlx::Error::Encode)?;
        let sql = sql(self.rows, self.append.events.len());
        run(conn, sql, arguments, STATEMENTS, true).await?;
        Ok(Committed {
            id: self.commit.id,
            streams: vec![StreamHead {
                tenant: self.append.tenant.clone(),
                stream: self.append.stream.clone(),
                version: u64::try_from(self.version).unwrap_or(0),
            }],
            recognised: false,
        })
    }

    /// In the order of the numbers in `one_stream.sql`.
    fn arguments(&self) -> Result<SqliteArguments, BoxDynError> {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(10 + self.append.events.len() * 5, 0);
        arguments.add(self.append.tenant.as_str())?;
        arguments.add(self.append.stream.as_str())?;
        arguments.add(self.append.stream.category())?;
        arguments.add(self.expected)?;
        arguments.add(self.version)?;
        arguments.add(self.first.recorded_at.timestamp_micros())?;
        arguments.add(serde_json::to_string(&self.first.metadata)?)?;
        if self.rows == Rows::Alike {
            bind_type(&mut arguments, self.first)?;
        }
        for event in &self.append.events {
            arguments.add(event.id.0.as_bytes().as_slice())?;
            if self.rows == Rows::Each {
                bind_type(&mut arguments, event)?;
            }
            bind_payload(&mut arguments, event)?;
        }
        Ok(arguments)
    }
}

fn bind_type(arguments: &mut SqliteArguments, event: &NewEvent) -> Result<(), BoxDynError> {
    arguments.add(&*event.event_type)?;
    arguments.add(i64::from(event.schema_version))?;
    arguments.add(event.format.name())
}

/// The text for this many rows.
fn sql(rows: Rows, count: usize) -> Arc<str> {
    static ALIKE: [OnceLock<Arc<str>>; MOST + 1] = [const { OnceLock::new() }; MOST + 1];
    static EACH: [OnceLock<Arc<str>>; MOST + 1] = [const { OnceLock::new() }; MOST + 1];
    let cells = match rows {
        Rows::Alike => &ALIKE,
        Rows::Each => &EACH,
    };
    match cells.get(count) {
        Some(cell) => cell.get_or_init(|| write(rows, count).into()).clone(),
        None => write(rows, count).into(),
    }
}

fn write(rows: Rows, count: usize) -> String {
    let mut text = String::new();
    for line in ONE_STREAM.lines() {
        if !line.contains("{n}") {
            text.push_str(line);
            text.push('\n');
            continue;
        }
        for row in 0..count {
            let [id, event_type, schema, format, payload] = match rows {
                Rows::Alike => [11 + row * 2, 8, 9, 10, 12 + row * 2],
                Rows::Each => [0, 1, 2, 3, 4].map(|column| 8 + row * 5 + column),
            };
            let named = [
                ("{n}", row + 1),
                ("{id}", id),
                ("{type}", event_type),
                ("{schema}", schema),
                ("{format}", format),
                ("{payload}", payload),
            ];
            let row_text = named.iter().fold(line.to_owned(), |line, (name, number)| {
                line.replace(name, &number.to_string())
            });
            text.push_str(&row_text);
            text.push_str(if row + 1 < count { ",\n" } else { "\n" });
        }
    }
    text
}
