//! The schema's versions: which are applied, which are missing, and whether they are the ones this program carries.

use mink_runtime::storage::StorageError;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::failure::storage_error;

struct Migration {
    version: u32,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "events",
        sql: include_str!("../migrations/0001_events.sql"),
    },
    Migration {
        version: 2,
        name: "keys",
        sql: include_str!("../migrations/0002_keys.sql"),
    },
];

/// The newest version that this program knows.
pub(crate) const NEEDED: u32 = MIGRATIONS.len() as u32;

const CREATE_TABLE: &str = include_str!("migrate/create_table.sql");
const TABLE_EXISTS: &str = include_str!("migrate/table_exists.sql");
const SELECT_APPLIED: &str = include_str!("migrate/select_applied.sql");
const INSERT_APPLIED: &str = include_str!("migrate/insert_applied.sql");

/// Brings the schema to this program's version, or with `apply` unset only checks that it is there. Two processes
/// may do so at once: the second waits for the first and finds nothing left to do.
pub(crate) async fn migrate(
    conn: &mut SqliteConnection,
    apply: bool,
    label: &str,
) -> Result<(), StorageError> {
    let found = verify(conn, label).await?;
    if found == NEEDED {
        return Ok(());
    }
    if !apply {
        return Err(StorageError::SchemaTooOld {
            found,
            needed: NEEDED,
        });
    }
    let failed = |error| storage_error(error, label);
    execute(conn, "BEGIN IMMEDIATE").await.map_err(failed)?;
    let outcome = match apply_pending(conn, label).await {
        Ok(()) => execute(conn, "COMMIT").await.map_err(failed),
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        // The first error is the one to tell; a rollback that fails too leaves a connection that open() drops.
        execute(conn, "ROLLBACK").await.ok();
    }
    outcome
}

async fn apply_pending(conn: &mut SqliteConnection, label: &str) -> Result<(), StorageError> {
    let failed = |error| storage_error(error, label);
    let found = verify(conn, label).await?;
    execute(conn, CREATE_TABLE).await.map_err(failed)?;
    for migration in MIGRATIONS.iter().filter(|m| m.version > found) {
        execute(conn, migration.sql).await.map_err(failed)?;
        sqlx::query(INSERT_APPLIED)
            .bind(migration.version)
            .bind(migration.name)
            .bind(checksum(migration.sql))
            .bind(chrono::Utc::now().timestamp_micros())
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
        tracing::info!(
            version = migration.version,
            name = migration.name,
            "applied a migration"
        );
    }
    Ok(())
}

/// The newest version applied, after checking that every version below it is the one this program carries.
async fn verify(conn: &mut SqliteConnection, label: &str) -> Result<u32, StorageError> {
    let failed = |error| storage_error(error, label);
    let exists: i64 = sqlx::query_scalar(TABLE_EXISTS)
        .fetch_one(&mut *conn)
        .await
        .map_err(failed)?;
    if exists == 0 {
        return Ok(0);
    }
    let rows = sqlx::query(SELECT_APPLIED)
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let damaged = |what: &str| StorageError::Corrupt {
        what: format!("`{label}`: table `mink_migrations`: {what}"),
    };
    let mut applied = Vec::with_capacity(rows.len());
    for row in &rows {
        let version = row
            .try_get::<i64, _>(0)
            .ok()
            .and_then(|version| u32::try_from(version).ok())
            .ok_or_else(|| damaged("a version is not a number above 0"))?;
        let checksum: String = row
            .try_get(1)
            .map_err(|_| damaged("a checksum is not text"))?;
        applied.push((version, checksum));
    }
    let found = applied.last().map_or(0, |(version, _)| *version);
    if found > NEEDED {
        return Err(StorageError::SchemaTooNew {
            found,
            known: NEEDED,
        });
    }
    for (expected, (version, found_checksum)) in (1..).zip(&applied) {
        if *version != expected {
            return Err(damaged(&format!("version {expected} is missing")));
        }
        let migration = &MIGRATIONS[*version as usize - 1];
        if *found_checksum != checksum(migration.sql) {
            return Err(StorageError::MigrationChanged {
                version: migration.version,
                name: migration.name.to_owned(),
            });
        }
    }
    Ok(found)
}

fn checksum(sql: &str) -> String {
    Sha256::digest(sql)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

async fn execute(conn: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}
