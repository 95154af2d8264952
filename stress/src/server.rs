//! Where the tests' PostgreSQL comes from.

use anyhow::{Context, Result};
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;
use xtask::services::{POSTGRES_URL_VARIABLE, Postgres, PostgresOptions};

/// A PostgreSQL server: one that is given, or a private one that can be killed.
#[derive(Debug)]
pub enum Server {
    /// The server that `MINK_TEST_POSTGRES_URL` names.
    Given(String),
    /// A cluster of our own.
    Private(Box<Postgres>),
}

impl Server {
    /// The server that `MINK_TEST_POSTGRES_URL` names, or else a private one.
    ///
    /// # Errors
    /// When neither is to be had, with what to do.
    pub fn given_or_private() -> Result<Self> {
        match std::env::var(POSTGRES_URL_VARIABLE) {
            Ok(url) if !url.is_empty() => Ok(Self::Given(url)),
            _ => Self::private(),
        }
    }

    /// A cluster of our own.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or does not start.
    pub fn private() -> Result<Self> {
        let postgres = Postgres::start(options()).context("PostgreSQL is needed")?;
        Ok(Self::Private(Box::new(postgres)))
    }

    /// A database of its own for one run; [`drop_database`] removes it from a server that is not ours.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_database(&self) -> Result<String> {
        let url = match self {
            Self::Given(url) => url.clone(),
            Self::Private(postgres) => postgres.url(),
        };
        create_database(&url).await
    }

    /// The private cluster, when that is what it is.
    #[must_use]
    pub fn into_private(self) -> Option<Postgres> {
        match self {
            Self::Given(_) => None,
            Self::Private(postgres) => Some(*postgres),
        }
    }
}

/// What a private cluster is started with: room for every writer, and the statistics that show a tick's cost.
#[must_use]
pub fn options() -> PostgresOptions {
    PostgresOptions::new()
        .setting("max_connections", "300")
        .setting("shared_buffers", "256MB")
        .setting("shared_preload_libraries", "pg_stat_statements")
        .setting("pg_stat_statements.track", "all")
}

/// Creates a database with a name of its own on the server of `url`, and gives its URL.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub async fn create_database(url: &str) -> Result<String> {
    let name = format!("mink_stress_{}", Uuid::new_v4().simple());
    let mut conn = PgConnection::connect(url)
        .await
        .context("could not reach PostgreSQL")?;
    conn.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .await?;
    conn.close().await?;
    with_database(url, &name)
}

/// Drops the database that `url` names, which is given up by its users or taken from them.
///
/// # Errors
/// When the server of `admin` cannot be reached or refuses.
pub async fn drop_database(admin: &str, url: &str) -> Result<()> {
    let (_, name) = url.rsplit_once('/').context("the URL names no database")?;
    let name = name.split('?').next().unwrap_or(name);
    let mut conn = PgConnection::connect(admin).await?;
    let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    conn.execute(sqlx::AssertSqlSafe(statement)).await?;
    conn.close().await?;
    Ok(())
}

/// The same server's URL for another database.
fn with_database(url: &str, name: &str) -> Result<String> {
    let (base, query) = match url.split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (url, String::new()),
    };
    let after_scheme = base.find("://").context("not a URL")? + 3;
    let host_end = base[after_scheme..]
        .find('/')
        .map_or(base.len(), |slash| after_scheme + slash);
    Ok(format!("{}/{name}{query}", &base[..host_end]))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn a_database_is_named_whatever_the_url_ends_with() {
        for (url, expected) in [
            ("postgres://u:p@h:1/a", "postgres://u:p@h:1/b"),
            ("postgres://u:p@h:1", "postgres://u:p@h:1/b"),
            ("postgres://h/a?x=1", "postgres://h/b?x=1"),
        ] {
            assert_eq!(with_database(url, "b").ok().as_deref(), Some(expected));
        }
    }
}
