//! The same program with another URL.

use std::future::Future;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::crash::{Shop, killed_and_run_again, undisturbed};
use crate::program::File;
use crate::{real_ledger, sample};

/// Runs a test on a database of its own, on the server of `MINK_TEST_POSTGRES_URL`.
async fn in_a_fresh_database<T: Send + 'static, F>(test: impl FnOnce(String) -> F) -> T
where
    F: Future<Output = T> + Send + 'static,
{
    let Ok(server) = std::env::var("MINK_TEST_POSTGRES_URL") else {
        panic!(
            "MINK_TEST_POSTGRES_URL names no PostgreSQL server: run `cargo xtask test`, which starts one, or set it to postgres://USER@HOST/DATABASE"
        );
    };
    let name = format!("retail_{}", uuid::Uuid::now_v7().simple());
    let mut connection = PgConnection::connect(&server).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut connection)
        .await
        .unwrap();
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    let outcome = tokio::spawn(test(url.to_string())).await;
    sqlx::query(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))
        .execute(&mut connection)
        .await
        .unwrap();
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

#[tokio::test]
async fn the_sample_gives_the_same_figures_on_postgres() {
    in_a_fresh_database(async |store| sample::the_figures_hold(&store)).await;
}

#[tokio::test]
async fn a_real_year_end_gives_the_same_figures_on_postgres() {
    in_a_fresh_database(async |store| real_ledger::the_figures_hold(&store)).await;
}

#[tokio::test]
async fn an_import_into_postgres_that_is_killed_and_run_again_gives_the_same_figures() {
    let here = File::new();
    let ledger = here.path("ledger.csv");
    std::fs::write(&ledger, Shop::invent().csv).unwrap();
    let path = ledger.clone();
    let takes =
        in_a_fresh_database(async move |store| undisturbed(&Shop::invent(), &path, &store)).await;
    let mut in_the_middle = 0;
    for _ in 0..20 {
        let path = ledger.clone();
        in_the_middle += in_a_fresh_database(async move |store| {
            killed_and_run_again(&Shop::invent(), &path, &store, takes).await
        })
        .await;
        if in_the_middle >= 5 {
            break;
        }
    }
    println!("{in_the_middle} kills in the middle of an import");
    assert!(
        in_the_middle >= 5,
        "{in_the_middle} kills hit the import at work"
    );
}
