//! Changes of whole streams, each in one transaction that holds the stream's row from its first statement on.

use std::collections::HashSet;
use std::sync::Arc;

use mink_runtime::storage::{
    Change, ChangeDecision, Format, LifecycleError, RecordedEvent, RestoreFault, StreamChange,
    StreamChanged, StreamMarks, Touch,
};
use sqlx::{Connection, PgConnection};

use crate::commit::metadata_text;
use crate::connections::Connections;
use crate::failure::{Fault, fault, said, storage_error};
use crate::read::{Marks, clamp};
use crate::row::{Columns, Whose};
use crate::schema::{Schema, Sql};

const LOCK: &str = include_str!("lifecycle/lock.sql");
const STRIP: &str = include_str!("lifecycle/strip.sql");
const RESTORE: &str = include_str!("lifecycle/restore.sql");
const MARK: &str = include_str!("lifecycle/mark.sql");
const DROP_SNAPSHOT: &str = include_str!("lifecycle/drop_snapshot.sql");

/// How many events one statement restores.
const CHUNK: usize = 256;

pub(crate) struct Changer {
    connections: Arc<Connections>,
    lock: Sql,
    strip: Sql,
    restore: Sql,
    mark: Sql,
    drop_snapshot: Sql,
}

/// Why a change did not come to its end.
enum Broken {
    /// A statement failed: the transaction is rolled back.
    Before(sqlx::Error),
    /// The transaction's end failed.
    AtTheEnd(sqlx::Error),
    /// The change is refused.
    Refused(LifecycleError),
}

impl From<sqlx::Error> for Broken {
    fn from(error: sqlx::Error) -> Self {
        Self::Before(error)
    }
}

impl Changer {
    pub(crate) fn new(connections: Arc<Connections>, schema: &Schema) -> Self {
        Self {
            connections,
            lock: schema.fill(LOCK),
            strip: schema.fill(STRIP),
            restore: schema.fill(RESTORE),
            mark: schema.fill(MARK),
            drop_snapshot: schema.fill(DROP_SNAPSHOT),
        }
    }

    /// A connection that is lost before the transaction's end is replaced once: nothing has happened.
    pub(crate) async fn change(
        &self,
        change: &StreamChange,
    ) -> Result<StreamChanged, LifecycleError> {
        let mut again = true;
        loop {
            let mut lease = self
                .connections
                .lease()
                .await
                .map_err(|error| storage_error(&error))?;
            let (kept, answer) = match self.transact(lease.conn(), change).await {
                Ok(changed) => (Ok(()), Ok(changed)),
                Err(Broken::Refused(refused)) => (Ok(()), Err(refused)),
                Err(Broken::Before(error)) if again && fault(&error) == Fault::Lost => {
                    again = false;
                    lease.give_back::<()>(&Err(error));
                    continue;
                }
                Err(Broken::Before(error)) => {
                    let answer = Err(before(&error, change));
                    (Err(error), answer)
                }
                Err(Broken::AtTheEnd(error)) => {
                    let answer = Err(match fault(&error) {
                        Fault::Lost => LifecycleError::OutcomeUnknown {
                            stream: change.stream.clone(),
                            reason: said(&error),
                        },
                        _ => before(&error, change),
                    });
                    (Err(error), answer)
                }
            };
            lease.give_back(&kept);
            return answer;
        }
    }

    async fn transact(
        &self,
        conn: &mut PgConnection,
        change: &StreamChange,
    ) -> Result<StreamChanged, Broken> {
        let mut tx = conn.begin().await?;
        match self.apply(&mut tx, change).await {
            Ok(changed) => {
                tx.commit().await.map_err(Broken::AtTheEnd)?;
                Ok(changed)
            }
            Err(Broken::Refused(refused)) => {
                tx.rollback().await?;
                Err(Broken::Refused(refused))
            }
            Err(broken) => {
                // The statement's error says more than that of a rollback on a connection that may be gone.
                tx.rollback().await.ok();
                Err(broken)
            }
        }
    }

    async fn apply(
        &self,
        conn: &mut PgConnection,
        change: &StreamChange,
    ) -> Result<StreamChanged, Broken> {
        let (tenant, stream) = (change.tenant.as_str(), change.stream.as_str());
        let row = sqlx::query(self.lock.safe())
            .bind(tenant)
            .bind(stream)
            .fetch_optional(&mut *conn)
            .await?;
        let Some(row) = row else {
            return Err(Broken::Refused(LifecycleError::StreamNotFound {
                stream: change.stream.clone(),
            }));
        };
        let whose = Whose::Stream(&change.stream);
        let Marks(marks) = Marks::of(Columns::of(&row), 0, whose)
            .map_err(|error| Broken::Refused(error.into()))?;
        let decision = change.decide(marks).map_err(Broken::Refused)?;
        let touched = self.touch(conn, change, &decision).await?;
        if touched != decision.events() {
            return Err(rows_differ(change, decision.events(), touched));
        }
        let StreamMarks {
            first,
            truncated,
            deleted,
            ..
        } = decision.marks;
        let marked = sqlx::query(self.mark.safe())
            .bind(tenant)
            .bind(stream)
            .bind(clamp(first))
            .bind(clamp(truncated))
            .bind(deleted)
            .execute(&mut *conn)
            .await?
            .rows_affected();
        if marked != 1 {
            return Err(rows_differ(change, 1, marked));
        }
        sqlx::query(self.drop_snapshot.safe())
            .bind(tenant)
            .bind(stream)
            .bind(clamp(first))
            .execute(&mut *conn)
            .await?;
        Ok(decision.answer())
    }

    /// How many rows of events were touched.
    async fn touch(
        &self,
        conn: &mut PgConnection,
        change: &StreamChange,
        decision: &ChangeDecision,
    ) -> Result<u64, Broken> {
        match (&decision.touch, &change.change) {
            (Touch::Stub { versions, format }, _) => {
                let done = sqlx::query(self.strip.safe())
                    .bind(change.tenant.as_str())
                    .bind(change.stream.as_str())
                    .bind(clamp(versions.start))
                    .bind(clamp(versions.end))
                    .bind(*format)
                    .execute(conn)
                    .await?;
                Ok(done.rows_affected())
            }
            (Touch::Restore { .. }, Change::Restore(events)) => {
                let mut restored = HashSet::with_capacity(events.len());
                for chunk in events.chunks(CHUNK) {
                    restored.extend(self.put_back(conn, change, chunk).await?);
                }
                let other = events
                    .iter()
                    .find(|event| !restored.contains(&clamp(event.version)));
                match other {
                    Some(event) => Err(Broken::Refused(
                        change.not_restorable(event, RestoreFault::OtherEvent),
                    )),
                    None => Ok(restored.len() as u64),
                }
            }
            (Touch::Nothing | Touch::Restore { .. }, _) => Ok(0),
        }
    }

    /// The versions that were there as archived stubs of these events, whose versions follow each other.
    async fn put_back(
        &self,
        conn: &mut PgConnection,
        change: &StreamChange,
        events: &[RecordedEvent],
    ) -> Result<Vec<i64>, sqlx::Error> {
        fn all<'a, T>(events: &'a [RecordedEvent], of: impl Fn(&'a RecordedEvent) -> T) -> Vec<T> {
            events.iter().map(of).collect()
        }
        let first = events.first().map_or(0, |event| event.version);
        sqlx::query_scalar(self.restore.safe())
            .bind(change.tenant.as_str())
            .bind(change.stream.as_str())
            .bind(clamp(first))
            .bind(all(events, |event| event.id.0))
            .bind(all(events, |event| &*event.event_type))
            .bind(all(events, |event| i64::from(event.schema_version)))
            .bind(all(events, |event| event.recorded_at))
            .bind(all(events, |event| event.format.name()))
            // Decided on only when it is JSON, so UTF-8.
            .bind(all(events, |event| match event.format {
                Format::Json => std::str::from_utf8(&event.payload).ok(),
                _ => None,
            }))
            .bind(all(events, |event| match event.format {
                Format::Json => None,
                _ => Some(&*event.payload),
            }))
            .bind(all(events, |event| metadata_text(&event.metadata)))
            .fetch_all(conn)
            .await
    }
}

fn rows_differ(change: &StreamChange, expected: u64, found: u64) -> Broken {
    Broken::Refused(LifecycleError::RowsDiffer {
        stream: change.stream.clone(),
        expected,
        found,
    })
}

/// The error of a change of which nothing has happened.
fn before(error: &sqlx::Error, change: &StreamChange) -> LifecycleError {
    match fault(error) {
        Fault::GaveWay | Fault::LockTimeout => LifecycleError::Busy {
            stream: change.stream.clone(),
        },
        _ => storage_error(error).into(),
    }
}
