//! The schema's versions: which are applied, which are missing, and whether they are the ones this program carries.

use mink_runtime::storage::StorageError;
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection, Row};

use crate::failure::storage_error;
use crate::schema::Schema;

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
        name: "commit",
        sql: include_str!("../migrations/0002_commit.sql"),
    },
    Migration {
        version: 3,
        name: "tick",
        sql: include_str!("../migrations/0003_tick.sql"),
    },
    Migration {
        version: 4,
        name: "keys",
        sql: include_str!("../migrations/0004_keys.sql"),
    },
];

/// The newest version that this program knows.
pub(crate) const NEEDED: u32 = MIGRATIONS.len() as u32;

const INSPECT: &str = include_str!("migrate/inspect.sql");
const LOCK: &str = include_str!("migrate/lock.sql");
const CREATE_SCHEMA: &str = include_str!("migrate/create_schema.sql");
const CREATE_TABLE: &str = include_str!("migrate/create_table.sql");
const SELECT_APPLIED: &str = include_str!("migrate/select_applied.sql");
const INSERT_APPLIED: &str = include_str!("migrate/insert_applied.sql");

fn failed(error: sqlx::Error) -> StorageError {
    storage_error(&error)
}

/// Brings the schema to this program's version, or with `apply` unset only checks that it is there. Two nodes may do
/// so at once: the second waits for the first and finds nothing left to do.
pub(crate) async fn migrate(
    conn: &mut PgConnection,
    schema: &Schema,
    apply: bool,
) -> Result<(), StorageError> {
    let found = verify(conn, schema).await?;
    if found == NEEDED {
        return Ok(());
    }
    if !apply {
        return Err(StorageError::SchemaTooOld {
            found,
            needed: NEEDED,
        });
    }
    let mut tx = conn.begin().await.map_err(failed)?;
    run(&mut tx, schema, LOCK).await?;
    // Somebody else may have done it meanwhile.
    let found = verify(&mut tx, schema).await?;
    if !exists(&mut tx, schema).await?.schema {
        run(&mut tx, schema, CREATE_SCHEMA).await?;
    }
    run(&mut tx, schema, CREATE_TABLE).await?;
    for migration in MIGRATIONS.iter().filter(|m| m.version > found) {
        run(&mut tx, schema, migration.sql).await?;
        sqlx::query(schema.fill(INSERT_APPLIED).safe())
            .bind(i64::from(migration.version))
            .bind(migration.name)
            .bind(checksum(migration.sql))
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        tracing::info!(
            schema = schema.name(),
            version = migration.version,
            name = migration.name,
            "applied a migration"
        );
    }
    tx.commit().await.map_err(failed)
}

struct Exists {
    schema: bool,
    migrations: bool,
}

/// What is there, after checking that the server is one that a store can live on.
async fn exists(conn: &mut PgConnection, schema: &Schema) -> Result<Exists, StorageError> {
    let row = sqlx::query(INSPECT)
        .bind(schema.name())
        .fetch_one(conn)
        .await
        .map_err(failed)?;
    let version: i32 = row.try_get(0).map_err(failed)?;
    if version < 150_000 {
        return Err(StorageError::Unavailable {
            reason: format!(
                "the server is PostgreSQL {}: mink needs 15 or newer",
                version / 10_000
            ),
        });
    }
    let encoding: String = row.try_get(1).map_err(failed)?;
    if encoding != "UTF8" {
        return Err(StorageError::Unavailable {
            reason: format!(
                "the database's encoding is {encoding}: create one with `ENCODING 'UTF8'`"
            ),
        });
    }
    Ok(Exists {
        schema: row.try_get(2).map_err(failed)?,
        migrations: row.try_get(3).map_err(failed)?,
    })
}

/// The newest version applied, after checking that every version below it is the one this program carries.
async fn verify(conn: &mut PgConnection, schema: &Schema) -> Result<u32, StorageError> {
    if !exists(conn, schema).await?.migrations {
        return Ok(0);
    }
    let rows = sqlx::query(schema.fill(SELECT_APPLIED).safe())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let damaged = |what: &str| StorageError::Corrupt {
        what: format!("table `{}.migrations`: {what}", schema.name()),
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
    for ((version, stored), migration) in applied.iter().zip(MIGRATIONS) {
        if *version != migration.version {
            return Err(damaged(&format!(
                "version {} is missing",
                migration.version
            )));
        }
        if *stored != checksum(migration.sql) {
            return Err(StorageError::MigrationChanged {
                version: migration.version,
                name: migration.name.to_owned(),
            });
        }
    }
    Ok(found)
}

/// Of the text before the schema's name is filled in: the same in every schema.
fn checksum(sql: &str) -> String {
    Sha256::digest(sql)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

async fn run(conn: &mut PgConnection, schema: &Schema, sql: &str) -> Result<(), StorageError> {
    sqlx::raw_sql(schema.fill(sql).safe())
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(())
}
