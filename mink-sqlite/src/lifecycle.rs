//! Streams that are deleted, cut and put back.
//!
//! Removed content is overwritten with zeros where it stood; the pages that it took are used again for what is appended
//! later.

use futures_util::future::BoxFuture;
use mink_runtime::storage::{
    Change, Format, Lifecycle, LifecycleError, RecordedEvent, RestoreFault, StreamChange,
    StreamChanged, Touch,
};
use sqlx::{Sqlite, SqliteConnection};

use crate::failure::{Failure, Fault, fault, storage_error};
use crate::row::{Whose, marks_at};
use crate::store::SqliteStore;
use crate::writer::{begin, commit, rollback};

const SELECT_MARKS: &str = include_str!("lifecycle/select_marks.sql");
const UPDATE_MARKS: &str = include_str!("lifecycle/update_marks.sql");
const STUB: &str = include_str!("lifecycle/stub.sql");
const RESTORE: &str = include_str!("lifecycle/restore.sql");
const DELETE_SNAPSHOT: &str = include_str!("lifecycle/delete_snapshot.sql");

impl Lifecycle for SqliteStore {
    fn change_stream<'a>(
        &'a self,
        change: &'a StreamChange,
    ) -> BoxFuture<'a, Result<StreamChanged, LifecycleError>> {
        Box::pin(async move {
            let wish = change.clone();
            let done = self
                .attempt(move |conn| {
                    Box::pin(async move {
                        overwrite_freed(conn, true).await?;
                        let changed = transaction(conn, &wish).await;
                        // When this fails, later writes overwrite what they free too, and are a little slower.
                        overwrite_freed(conn, false).await.ok();
                        changed
                    })
                })
                .await?;
            done.unwrap_or_else(|failure| Err(explain(failure, change, self.label())))
        })
    }
}

/// Whether what this connection frees is overwritten with zeros.
async fn overwrite_freed(conn: &mut SqliteConnection, on: bool) -> Result<(), sqlx::Error> {
    let sql = match on {
        true => "PRAGMA secure_delete = ON",
        false => "PRAGMA secure_delete = OFF",
    };
    sqlx::raw_sql(sql).execute(conn).await?;
    Ok(())
}

async fn transaction(
    conn: &mut SqliteConnection,
    wish: &StreamChange,
) -> Result<Result<StreamChanged, LifecycleError>, Failure> {
    begin(conn).await?;
    match apply(conn, wish).await {
        Ok(changed) => {
            commit(conn).await?;
            Ok(Ok(changed))
        }
        Err(Stopped::Refused(error)) => {
            rollback(conn).await?;
            Ok(Err(error))
        }
        Err(Stopped::Failed(error)) => Err(error.into()),
    }
}

/// Why a change is taken back.
enum Stopped {
    Refused(LifecycleError),
    Failed(sqlx::Error),
}

impl From<sqlx::Error> for Stopped {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<LifecycleError> for Stopped {
    fn from(error: LifecycleError) -> Self {
        Self::Refused(error)
    }
}

async fn apply(conn: &mut SqliteConnection, wish: &StreamChange) -> Result<StreamChanged, Stopped> {
    let row = of_stream(SELECT_MARKS, wish)
        .fetch_optional(&mut *conn)
        .await?;
    let row = row.ok_or_else(|| LifecycleError::StreamNotFound {
        stream: wish.stream.clone(),
    })?;
    let marks = marks_at(&row, 0, Whose::Stream(&wish.stream)).map_err(LifecycleError::from)?;
    let decision = wish.decide(marks)?;
    let found = match (&decision.touch, &wish.change) {
        (Touch::Stub { versions, format }, _) => of_stream(STUB, wish)
            .bind(number(versions.start))
            .bind(number(versions.end))
            .bind(*format)
            .execute(&mut *conn)
            .await?
            .rows_affected(),
        (Touch::Restore { .. }, Change::Restore(events)) => {
            for event in events {
                restore(conn, wish, event).await?;
            }
            events.len() as u64
        }
        _ => 0,
    };
    let differ = |expected, found| LifecycleError::RowsDiffer {
        stream: wish.stream.clone(),
        expected,
        found,
    };
    if found != decision.events() {
        return Err(differ(decision.events(), found).into());
    }
    let after = decision.marks;
    let streams = of_stream(UPDATE_MARKS, wish)
        .bind(number(after.first))
        .bind(number(after.truncated))
        .bind(after.deleted)
        .execute(&mut *conn)
        .await?
        .rows_affected();
    if streams != 1 {
        return Err(differ(1, streams).into());
    }
    of_stream(DELETE_SNAPSHOT, wish)
        .bind(number(after.first.saturating_sub(1)))
        .execute(&mut *conn)
        .await?;
    Ok(decision.answer())
}

async fn restore(
    conn: &mut SqliteConnection,
    wish: &StreamChange,
    event: &RecordedEvent,
) -> Result<(), Stopped> {
    let metadata = serde_json::to_string(&event.metadata)
        .map_err(|error| sqlx::Error::Encode(error.into()))?;
    let query = of_stream(RESTORE, wish)
        .bind(number(event.version))
        .bind(event.id.0.as_bytes().as_slice())
        .bind(&*event.event_type)
        .bind(i64::from(event.schema_version))
        .bind(event.recorded_at.timestamp_micros())
        .bind(event.format.name())
        .bind(metadata);
    // JSON is text to SQLite, so that its functions work on it.
    let query = match &event.format {
        Format::Json => match std::str::from_utf8(&event.payload) {
            Ok(text) => query.bind(text),
            Err(_) => return Err(wish.not_restorable(event, RestoreFault::Payload).into()),
        },
        _ => query.bind(&*event.payload),
    };
    if query.execute(conn).await?.rows_affected() == 1 {
        return Ok(());
    }
    Err(wish.not_restorable(event, RestoreFault::OtherEvent).into())
}

fn of_stream<'q>(
    sql: &'static str,
    wish: &'q StreamChange,
) -> sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments> {
    sqlx::query(sql)
        .bind(wish.tenant.as_str())
        .bind(wish.stream.as_str())
}

fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn explain(failure: Failure, change: &StreamChange, label: &str) -> LifecycleError {
    match fault(&failure.error) {
        Fault::Busy => LifecycleError::Busy {
            stream: change.stream.clone(),
        },
        Fault::Lost | Fault::Unknown if failure.in_commit => LifecycleError::OutcomeUnknown {
            stream: change.stream.clone(),
            reason: format!("`{label}`: {}", failure.error),
        },
        _ => LifecycleError::Storage(storage_error(failure.error, label)),
    }
}
