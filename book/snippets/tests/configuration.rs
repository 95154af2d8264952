//! Settings from a file, the environment and the builder; health.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

mod support;

use std::time::Duration;

use mink::app::{HealthStatus, MinkBuilder, Readiness};
use mink::prelude::*;

#[event]
pub struct StockReceived {
    pub pieces: u32,
}

#[command(id = "sku")]
pub struct ReceiveStock {
    pub sku: String,
    pub pieces: u32,
}

#[derive(Aggregate, Default)]
pub struct Stock {
    pieces: u32,
}

#[handlers]
impl Stock {
    fn receive(&self, command: ReceiveStock) -> StockReceived {
        StockReceived {
            pieces: command.pieces,
        }
    }
    fn received(&mut self, event: &StockReceived) {
        self.pieces += event.pieces;
    }
}

#[allow(dead_code, reason = "it is shown, and would read the surroundings")]
async fn from_config() -> mink::Result<()> {
    // ANCHOR: from_config
    let app = Mink::from_config().await?;
    // ANCHOR_END: from_config
    app.shutdown().await
}

#[allow(dead_code, reason = "it is shown, and would read the surroundings")]
async fn from_config_and_more() -> mink::Result<()> {
    // ANCHOR: builder
    let app = MinkBuilder::from_config() // mink.toml and the environment
        .patience(Duration::from_secs(5)) // wins over both
        .open()
        .await?;
    // ANCHOR_END: builder
    app.shutdown().await
}

fn mink_toml() -> std::path::PathBuf {
    support::book("snippets/output/mink.toml")
}

#[tokio::test]
async fn the_builder_wins_over_the_environment_and_the_environment_over_the_file() {
    let file = mink_toml();
    // ANCHOR: order
    let app = Mink::builder()
        .url("memory://")
        .config_file(&file) // patience = "10s"
        .variables([("MINK_PATIENCE", "20s"), ("MINK_SERVICE", "store")])
        .set("service", "shop")
        .open()
        .await
        .unwrap();
    let settings = app.configuration().to_string();
    assert!(settings.contains("patience = 20s  # environment variable MINK_PATIENCE"));
    assert!(settings.contains("service = shop  # book/snippets/tests/configuration.rs:"));
    // ANCHOR_END: order
    assert!(
        settings.contains("postgres.max_connections = 20  # "),
        "{settings}"
    );
}

#[tokio::test]
async fn every_setting_is_shown_with_its_default() {
    let app = Mink::open("memory://").await.unwrap();
    support::assert_shown("settings.txt", &app.configuration().to_string());
}

#[tokio::test]
async fn every_fault_is_said_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("mink.toml");
    let content = "store_url = \"sqlite://shop.db\"\npatiense = \"10s\"\n\n[group]\nbatch_commits = 0\nbusy_patience = 30\n";
    std::fs::write(&file, content).unwrap();
    let refused = Mink::builder()
        .config_file(&file)
        .variables([("MINK_POSTGRES__MAX_CONNECTIONS", "many")])
        .open()
        .await
        .err()
        .unwrap();
    let path = format!("{}/", directory.path().display());
    let said = refused.to_string().replace(&path, "");
    support::assert_shown("configuration_faults.txt", &said);
}

#[tokio::test]
async fn health_and_readiness_are_plain_calls() {
    let app = Mink::open("sqlite::memory:").await.unwrap();
    // ANCHOR: health
    let health = app.health().await;
    assert_eq!(health.status, HealthStatus::Up);
    assert!(health.of_store.fault.is_none());
    let text = health.to_string();
    // ANCHOR_END: health
    let schema = health.of_store.schema.unwrap().found;
    let text = text.replace(&format!("schema {schema}"), "schema 1");
    support::assert_shown("health.txt", &text);
    // ANCHOR: ready
    assert_eq!(app.ready().await, Readiness::Ready);
    app.clone().shutdown().await.unwrap();
    assert!(!app.ready().await.is_ready());
    // ANCHOR_END: ready
}
