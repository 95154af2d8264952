//! What is in the tables, read around the stores.

use anyhow::{Result, bail};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection};
use uuid::Uuid;

use crate::feed::Stored;

/// Every event in the store's table.
///
/// # Errors
/// When the table cannot be read.
pub async fn table(url: &str) -> Result<Vec<Stored>> {
    const IN_SQLITE: &str = "SELECT tenant, stream, version, event_id FROM mink_events";
    const IN_POSTGRES: &str = "SELECT tenant, stream, version, event_id FROM mink.events";
    let rows: Vec<(String, String, i64, Uuid)> = if url.starts_with("sqlite:") {
        let options: SqliteConnectOptions = url.parse()?;
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        let damage: String = sqlx::query_scalar("PRAGMA quick_check")
            .fetch_one(&pool)
            .await?;
        if damage != "ok" {
            bail!("SQLite finds the file damaged: {damage}");
        }
        let rows = sqlx::query_as(IN_SQLITE).fetch_all(&pool).await?;
        pool.close().await;
        rows
    } else {
        let pool = PgPoolOptions::new().max_connections(1).connect(url).await?;
        let rows = sqlx::query_as(IN_POSTGRES).fetch_all(&pool).await?;
        pool.close().await;
        rows
    };
    Ok(rows
        .into_iter()
        .map(|(tenant, stream, version, id)| Stored {
            id,
            tenant: tenant.into(),
            stream: stream.into(),
            version: version.try_into().unwrap_or_default(),
        })
        .collect())
}

/// The id and the payload of every event in the store's table, whose payloads are all JSON.
///
/// # Errors
/// When the table cannot be read.
pub async fn payloads(url: &str) -> Result<Vec<(Uuid, String)>> {
    const IN_SQLITE: &str = "SELECT event_id, CAST(payload AS TEXT) FROM mink_events";
    const IN_POSTGRES: &str = "SELECT event_id, payload::text FROM mink.events";
    if url.starts_with("sqlite:") {
        let options: SqliteConnectOptions = url.parse()?;
        let mut conn = options.connect().await?;
        let rows = sqlx::query_as(IN_SQLITE).fetch_all(&mut conn).await?;
        conn.close().await?;
        return Ok(rows);
    }
    let mut conn = PgConnection::connect(url).await?;
    let rows = sqlx::query_as(IN_POSTGRES).fetch_all(&mut conn).await?;
    conn.close().await?;
    Ok(rows)
}
