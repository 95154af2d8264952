//! The commit that most are: events of one decision, for one stream that exists, at a version that is named, without a
//! key.
//!
//! The function that commits a batch serves every case, and pays for that with some 80 microseconds for each call. Here
//! one plain statement does it, or writes nothing: when the version does not hold or another transaction has the stream,
//! the function is asked, which says why.

use mink_runtime::storage::{Append, Commit, Committed, ExpectedVersion, Format, StreamHead};
use sqlx::PgConnection;

use super::arguments::{at, text};
use crate::schema::Sql;

pub(super) const ONE_STREAM: &str = include_str!("one_stream.sql");

pub(super) struct OneStream<'a> {
    commit: &'a Commit,
    append: &'a Append,
    expected: i64,
    version: i64,
}

impl<'a> OneStream<'a> {
    pub(super) fn of(commits: &[&'a Commit]) -> Option<Self> {
        let [commit] = commits else { return None };
        let ([append], None) = (&*commit.appends, &commit.idempotency) else {
            return None;
        };
        // A key is looked up before the version.
        if commit.idempotency.is_some() {
            return None;
        }
        // A stream that does not exist yet is claimed by its name, which is the function's to do.
        let expected = match append.expected {
            ExpectedVersion::Exact(version) if version > 0 => i64::try_from(version).ok()?,
            _ => return None,
        };
        let first = append.events.first()?;
        let fits = append.events.iter().all(|event| {
            event.format == Format::Json
                && event.recorded_at == first.recorded_at
                && event.metadata == first.metadata
        });
        fits.then_some(Self {
            commit,
            append,
            expected,
            version: expected.checked_add_unsigned(append.events.len() as u64)?,
        })
    }

    /// `None` when nothing was written, since the version does not hold or another transaction has the stream.
    pub(super) async fn commit(
        &self,
        conn: &mut PgConnection,
        sql: &Sql,
    ) -> Result<Option<Committed>, sqlx::Error> {
        let events = &self.append.events;
        let Some(first) = events.first() else {
            return Ok(None);
        };
        let done = sqlx::query(sql.safe())
            .bind(self.append.tenant.as_str())
            .bind(self.append.stream.as_str())
            .bind(self.expected)
            .bind(text(&first.metadata))
            .bind(at(first))
            .bind(events.iter().map(|event| event.id.0).collect::<Vec<_>>())
            .bind(
                events
                    .iter()
                    .map(|event| &*event.event_type)
                    .collect::<Vec<_>>(),
            )
            .bind(
                events
                    .iter()
                    .map(|event| i64::from(event.schema_version))
                    .collect::<Vec<_>>(),
            )
            .bind(
                events
                    .iter()
                    // Checked to be UTF-8 before.
                    .map(|event| std::str::from_utf8(&event.payload).ok())
                    .collect::<Vec<_>>(),
            )
            .execute(conn)
            .await?;
        Ok(
            (done.rows_affected() == events.len() as u64).then(|| Committed {
                id: self.commit.id,
                streams: vec![StreamHead {
                    tenant: self.append.tenant.clone(),
                    stream: self.append.stream.clone(),
                    version: u64::try_from(self.version).unwrap_or(0),
                }],
                recognised: false,
            }),
        )
    }
}
