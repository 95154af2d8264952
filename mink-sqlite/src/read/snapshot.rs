//! A stream's snapshot and what follows it, in one statement and so of one moment.

use chrono::DateTime;
use mink_runtime::storage::{
    Direction, Fingerprint, Format, Snapshot, SnapshotPage, StorageError, StreamQuery,
};
use sqlx::Arguments;
use sqlx::sqlite::SqliteRow;

use super::{Page, Reader, arguments, fetch};
use crate::row::{Facts, Whose, column, damaged, torn, unsigned};

const FROM_SNAPSHOT: &str = include_str!("from_snapshot.sql");

impl Reader {
    pub(crate) async fn snapshot_page(
        &self,
        query: &StreamQuery,
        fingerprint: &Fingerprint,
    ) -> Result<SnapshotPage, StorageError> {
        let query = StreamQuery {
            direction: Direction::Forwards,
            ..query.clone()
        };
        let mut arguments =
            arguments(std::slice::from_ref(&query)).map_err(|error| self.encode(error))?;
        arguments
            .add(fingerprint.0.as_slice())
            .map_err(|error| self.encode(error))?;
        let mut found = None;
        let mut page = Page::of(&query);
        let mut conn = self.connection().await?;
        fetch(&mut *conn, FROM_SNAPSHOT, arguments, 1, |_, row| {
            let is_snapshot: i64 = column(row, 2, "kind", Whose::Stream(&query.stream))?;
            if is_snapshot == 0 {
                return page.add(row);
            }
            found = Some(snapshot(row, &query, fingerprint)?);
            Ok(())
        })
        .await
        .map_err(|failed| self.explain(failed))?;
        match page.page {
            Some(page) => Ok(SnapshotPage {
                snapshot: found,
                page,
            }),
            None => Err(StorageError::StreamNotFound {
                stream: query.stream.clone(),
            }),
        }
    }
}

fn snapshot(
    row: &SqliteRow,
    query: &StreamQuery,
    fingerprint: &Fingerprint,
) -> Result<Snapshot, StorageError> {
    let whose = Whose::Stream(&query.stream);
    let mut facts = Facts::of(row, 0, whose)?;
    let version = facts.number().ok_or_else(|| torn(whose))?;
    let taken_at = facts.number().ok_or_else(|| torn(whose))?;
    let format = std::str::from_utf8(facts.rest())
        .map_err(|_| damaged(whose, "its snapshot's format is not text"))?;
    let payload: Vec<u8> = column(row, 1, "payload", whose)?;
    Ok(Snapshot {
        tenant: query.tenant.clone(),
        stream: query.stream.clone(),
        version: unsigned(version, "version of the snapshot", whose)?,
        fingerprint: *fingerprint,
        format: Format::from_name(format),
        payload: payload.into(),
        taken_at: DateTime::from_timestamp_micros(taken_at)
            .ok_or_else(|| damaged(whose, "its snapshot's time is out of range"))?,
    })
}
