//! The commits that most are: events of one decision, for one stream that exists, at a version that is named, without a
//! key.
//!
//! The function that commits a batch serves every case, and pays for that. Here one plain statement does it, for one
//! commit or for many of one event each. What it does not write, since the version does not hold or another transaction
//! has the stream, the function is asked about, which says why.

use std::collections::HashSet;

use mink_runtime::id::EventId;
use mink_runtime::storage::{
    Append, Commit, Committed, ExpectedVersion, Format, NewEvent, StreamHead,
};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row};

use super::arguments::{at, text};
use crate::schema::{Schema, Sql};

const EVENT: &str = include_str!("plain/event.sql");
const EVENTS: &str = include_str!("plain/events.sql");
const EVENT_EACH: &str = include_str!("plain/event_each.sql");

/// The statements.
pub(super) struct Statements {
    event: Sql,
    events: Sql,
    event_each: Sql,
}

impl Statements {
    pub(super) fn new(schema: &Schema) -> Self {
        Self {
            event: schema.fill(EVENT),
            events: schema.fill(EVENTS),
            event_each: schema.fill(EVENT_EACH),
        }
    }
}

/// Commits that one of the statements fits: one of any number of events, or many of one.
pub(super) struct Plain<'a>(Vec<One<'a>>);

struct One<'a> {
    commit: &'a Commit,
    append: &'a Append,
    first: &'a NewEvent,
    expected: i64,
    version: u64,
}

impl<'a> One<'a> {
    fn of(commit: &'a Commit) -> Option<Self> {
        // A key is looked up before the version.
        let ([append], None) = (&*commit.appends, &commit.idempotency) else {
            return None;
        };
        // A stream that does not exist yet is claimed by its name, which is the function's to do.
        let version = match append.expected {
            ExpectedVersion::Exact(version) if version > 0 => version,
            _ => return None,
        };
        let first = append.events.first()?;
        let fits = append.events.iter().all(|event| {
            event.format == Format::Json
                && event.recorded_at == first.recorded_at
                && event.metadata == first.metadata
        });
        let grown = version.checked_add(append.events.len() as u64)?;
        i64::try_from(grown).ok()?;
        fits.then_some(Self {
            commit,
            append,
            first,
            expected: i64::try_from(version).ok()?,
            version: grown,
        })
    }

    fn committed(&self) -> Committed {
        Committed {
            id: self.commit.id,
            streams: vec![StreamHead {
                tenant: self.append.tenant.clone(),
                stream: self.append.stream.clone(),
                version: self.version,
            }],
            recognised: false,
        }
    }
}

/// Checked to be UTF-8 before; what is not becomes no payload and is refused.
fn payload(event: &NewEvent) -> Option<&str> {
    std::str::from_utf8(&event.payload).ok()
}

fn all<'a, T>(of: &'a [One<'a>], what: impl Fn(&'a One<'a>) -> T) -> Vec<T> {
    of.iter().map(what).collect()
}

impl<'a> Plain<'a> {
    pub(super) fn of(commits: &[&'a Commit]) -> Option<Self> {
        let is_alone = commits.len() == 1;
        let one = |commit: &&'a Commit| {
            One::of(commit).filter(|one| is_alone || one.append.events.len() == 1)
        };
        let ones = commits.iter().map(one).collect::<Option<Vec<_>>>()?;
        Some(Self(ones))
    }

    /// Whether each was written.
    pub(super) async fn commit(
        &self,
        conn: &mut PgConnection,
        statements: &Statements,
    ) -> Result<Vec<Option<Committed>>, sqlx::Error> {
        let [one] = &*self.0 else {
            return self.commit_each(conn, &statements.event_each).await;
        };
        let count = one.append.events.len();
        let query = match count {
            1 => event(one, &statements.event),
            _ => events(one, &statements.events),
        };
        let written = query.execute(conn).await?.rows_affected() == count as u64;
        Ok(vec![written.then(|| one.committed())])
    }

    async fn commit_each(
        &self,
        conn: &mut PgConnection,
        sql: &Sql,
    ) -> Result<Vec<Option<Committed>>, sqlx::Error> {
        // Read to the end: the rows come before the commit, and what comes after it is that it happened.
        let rows = event_each(&self.0, sql).fetch_all(conn).await?;
        let mut written = HashSet::with_capacity(rows.len());
        for row in &rows {
            written.insert(EventId(row.try_get(0)?));
        }
        let answer = |one: &One<'_>| written.contains(&one.first.id).then(|| one.committed());
        Ok(self.0.iter().map(answer).collect())
    }
}

type Bound<'q> = Query<'q, Postgres, PgArguments>;

fn event<'q>(one: &'q One<'_>, sql: &Sql) -> Bound<'q> {
    sqlx::query(sql.safe())
        .bind(one.append.tenant.as_str())
        .bind(one.append.stream.as_str())
        .bind(one.expected)
        .bind(text(&one.first.metadata))
        .bind(at(one.first))
        .bind(one.first.id.0)
        .bind(&*one.first.event_type)
        .bind(i64::from(one.first.schema_version))
        .bind(payload(one.first))
}

fn events<'q>(one: &'q One<'_>, sql: &Sql) -> Bound<'q> {
    let events = one.append.events.iter();
    sqlx::query(sql.safe())
        .bind(one.append.tenant.as_str())
        .bind(one.append.stream.as_str())
        .bind(one.expected)
        .bind(text(&one.first.metadata))
        .bind(at(one.first))
        .bind(events.clone().map(|event| event.id.0).collect::<Vec<_>>())
        .bind(
            events
                .clone()
                .map(|event| &*event.event_type)
                .collect::<Vec<_>>(),
        )
        .bind(
            events
                .clone()
                .map(|event| i64::from(event.schema_version))
                .collect::<Vec<_>>(),
        )
        .bind(events.map(payload).collect::<Vec<_>>())
}

fn event_each<'q>(many: &'q [One<'_>], sql: &Sql) -> Bound<'q> {
    sqlx::query(sql.safe())
        .bind(all(many, |one| one.append.tenant.as_str()))
        .bind(all(many, |one| one.append.stream.as_str()))
        .bind(all(many, |one| one.expected))
        .bind(all(many, |one| text(&one.first.metadata)))
        .bind(all(many, |one| at(one.first)))
        .bind(all(many, |one| one.first.id.0))
        .bind(all(many, |one| &*one.first.event_type))
        .bind(all(many, |one| i64::from(one.first.schema_version)))
        .bind(all(many, |one| payload(one.first)))
}
