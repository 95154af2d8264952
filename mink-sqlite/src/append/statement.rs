//! The statements of a batch: few shapes, each prepared once per connection.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use futures_util::TryStreamExt;
use mink_runtime::storage::Append;
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Either, Executor, Row, SqliteConnection};

use super::Owner;
use super::plan::{LastText, Plan};
use crate::failure::Failure;

const SELECT_POSITION: &str = include_str!("select_position.sql");
const SELECT_VERSION: &str = include_str!("select_version.sql");
const INSERT_EVENTS: &str = include_str!("insert_events.sql");
const UPSERT_STREAMS: &str = include_str!("upsert_streams.sql");
const UPSERT_KEYS: &str = include_str!("upsert_keys.sql");

/// How many rows one statement writes: 1, 2, 4 ... 64.
const SIZES: usize = 7;
const LARGEST: usize = 1 << (SIZES - 1);

/// Where a batch starts from.
pub(super) struct Heads {
    /// The feed's last position; 0 when it is empty.
    pub(super) position: i64,
    /// The version of each append's stream; 0 when it does not exist.
    pub(super) versions: Vec<i64>,
}

/// Begins the transaction when it is ours to begin, and reads where everything stands: one row per 64 streams.
pub(super) async fn heads(
    conn: &mut SqliteConnection,
    appends: &[&Append],
    owner: Owner,
) -> Result<Heads, Failure> {
    let mut heads = Heads {
        position: 0,
        versions: Vec::with_capacity(appends.len()),
    };
    let mut begin = owner == Owner::Store;
    if appends.is_empty() && begin {
        conn.execute("BEGIN IMMEDIATE").await?;
    }
    for chunk in appends.chunks(LARGEST) {
        // 0, 3 or 6: columns that are not asked for are NULL and cost nothing to look up.
        let class = match chunk.len() {
            1 => 0,
            2..=8 => 3,
            _ => SIZES - 1,
        };
        let mut arguments = SqliteArguments::default();
        for append in chunk {
            arguments
                .add(append.tenant.as_str())
                .and_then(|()| arguments.add(append.stream.as_str()))
                .map_err(sqlx::Error::Encode)?;
        }
        let query = sqlx::query_with(AssertSqlSafe(heads_sql(class, begin)), arguments);
        begin = false;
        let row = conn
            .fetch_optional(query)
            .await?
            .ok_or(sqlx::Error::WorkerCrashed)?;
        heads.position = row.try_get::<Option<i64>, _>(0)?.unwrap_or(0);
        for column in 1..=chunk.len() {
            let version = row.try_get::<Option<i64>, _>(column)?;
            heads.versions.push(version.unwrap_or(0));
        }
    }
    Ok(heads)
}

fn heads_sql(class: usize, begin: bool) -> Arc<str> {
    static CELLS: [[OnceLock<Arc<str>>; SIZES]; 2] =
        [const { [const { OnceLock::new() }; SIZES] }; 2];
    CELLS[usize::from(begin)][class]
        .get_or_init(|| {
            let begin = if begin { "BEGIN IMMEDIATE;\n" } else { "" };
            let mut sql = format!("{begin}SELECT ({})", SELECT_POSITION.trim_end());
            for _ in 0..1 << class {
                let _ = write!(sql, ", ({})", SELECT_VERSION.trim_end());
            }
            sql.into()
        })
        .clone()
}

/// Writes the plan, and commits when the transaction is ours.
pub(super) async fn write(
    conn: &mut SqliteConnection,
    plan: &Plan<'_>,
    owner: Owner,
) -> Result<(), Failure> {
    let encode = |error: BoxDynError| Failure::from(sqlx::Error::Encode(error));
    let mut last = LastText::default();
    let mut keys = plan.keys.iter();
    let mut streams = plan.writes.iter();
    let mut rows = plan.rows();

    let (pieces, last_keys) = pieces(plan.keys.len());
    for piece in pieces {
        let mut arguments = SqliteArguments::default();
        for key in keys.by_ref().take(1 << piece) {
            key.bind(&mut arguments).map_err(encode)?;
        }
        let text = Text {
            keys: Some(piece),
            ..Text::default()
        };
        run(conn, text.sql(), arguments, 1, false).await?;
    }
    let (pieces, last_streams) = self::pieces(plan.writes.len());
    for piece in pieces {
        let mut arguments = SqliteArguments::default();
        for write in streams.by_ref().take(1 << piece) {
            write.bind(&mut arguments).map_err(encode)?;
        }
        let text = Text {
            streams: Some(piece),
            ..Text::default()
        };
        run(conn, text.sql(), arguments, 1, false).await?;
    }
    let (pieces, last_rows) = self::pieces(plan.event_count());
    for piece in pieces {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(12 << piece, 0);
        for row in rows.by_ref().take(1 << piece) {
            row.bind(&mut arguments, &mut last).map_err(encode)?;
        }
        let text = Text {
            events: Some(piece),
            ..Text::default()
        };
        run(conn, text.sql(), arguments, 1, false).await?;
    }

    let mut arguments = SqliteArguments::default();
    for row in rows {
        row.bind(&mut arguments, &mut last).map_err(encode)?;
    }
    for write in streams {
        write.bind(&mut arguments).map_err(encode)?;
    }
    for key in keys {
        key.bind(&mut arguments).map_err(encode)?;
    }
    let text = Text {
        events: last_rows,
        streams: last_streams,
        keys: last_keys,
        commit: owner == Owner::Store,
    };
    run(conn, text.sql(), arguments, text.statements(), text.commit).await
}

/// `count` as powers of two, largest first, none above [`LARGEST`]: all but the last, and the last, which is `None`
/// when there is nothing.
fn pieces(count: usize) -> (Vec<usize>, Option<usize>) {
    let mut pieces = vec![SIZES - 1; count / LARGEST];
    let rest = count % LARGEST;
    pieces.extend((0..SIZES - 1).rev().filter(|bit| rest & (1 << bit) != 0));
    let last = pieces.pop();
    (pieces, last)
}

/// What one text writes: of each kind, how many rows as a power of two, or none.
#[derive(Debug, Clone, Copy, Default)]
struct Text {
    events: Option<usize>,
    streams: Option<usize>,
    keys: Option<usize>,
    commit: bool,
}

impl Text {
    fn statements(self) -> usize {
        usize::from(self.events.is_some())
            + usize::from(self.streams.is_some())
            + usize::from(self.keys.is_some())
            + usize::from(self.commit)
    }

    fn sql(self) -> Arc<str> {
        const CLASSES: usize = SIZES + 1;
        static CELLS: [OnceLock<Arc<str>>; CLASSES * CLASSES * CLASSES * 2] =
            [const { OnceLock::new() }; CLASSES * CLASSES * CLASSES * 2];
        let class = |size: Option<usize>| size.map_or(0, |size| size + 1);
        let cell =
            (class(self.keys) * CLASSES + class(self.events)) * CLASSES + class(self.streams);
        CELLS[cell * 2 + usize::from(self.commit)]
            .get_or_init(|| self.write().into())
            .clone()
    }

    fn write(self) -> String {
        let mut sql = String::new();
        for (rows, statement) in [
            (self.events, INSERT_EVENTS),
            (self.streams, UPSERT_STREAMS),
            (self.keys, UPSERT_KEYS),
        ] {
            if let Some(rows) = rows {
                sql.push_str(&repeated(statement, 1 << rows));
            }
        }
        if self.commit {
            sql.push_str("COMMIT");
        }
        sql
    }
}

/// The statement with its one row of `VALUES`, which stands on a line of its own, repeated.
fn repeated(sql: &str, rows: usize) -> String {
    let mut text = String::with_capacity(sql.len() + rows * 40);
    for line in sql.lines() {
        if line.starts_with("(?") {
            for row in 0..rows {
                if row > 0 {
                    text.push_str(",\n");
                }
                text.push_str(line);
            }
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

/// Runs a text of `statements` statements to its end. A connection whose thread died ends its answers early and
/// without an error, so they are counted.
pub(super) async fn run(
    conn: &mut SqliteConnection,
    sql: Arc<str>,
    arguments: SqliteArguments,
    statements: usize,
    commits: bool,
) -> Result<(), Failure> {
    let mut done = 0;
    let mut answers = conn.fetch_many(sqlx::query_with(AssertSqlSafe(sql), arguments));
    loop {
        match answers.try_next().await {
            Ok(Some(Either::Left(_))) => done += 1,
            Ok(Some(Either::Right(_))) => {}
            Ok(None) if done == statements => return Ok(()),
            Ok(None) => {
                return Err(Failure {
                    error: sqlx::Error::WorkerCrashed,
                    in_commit: commits,
                });
            }
            Err(error) => {
                return Err(Failure {
                    in_commit: commits
                        && (done + 1 >= statements || matches!(error, sqlx::Error::WorkerCrashed)),
                    error,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_add_up_to_the_count() {
        for count in 0..=1000 {
            let (pieces, last) = pieces(count);
            let sum: usize = pieces.iter().chain(&last).map(|piece| 1 << piece).sum();
            assert_eq!(sum, count);
        }
    }

    #[test]
    fn a_repeated_statement_has_one_row_per_event() {
        let sql = repeated(INSERT_EVENTS, 4);
        assert_eq!(sql.matches('?').count(), 48);
        assert_eq!(repeated(UPSERT_STREAMS, 2).matches('?').count(), 8);
    }
}
