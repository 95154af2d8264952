//! Runs the bank on 127.0.0.1:8080, with the store that `mink.toml` or `MINK_STORE_URL` names.

use anyhow::{Context, Result};
use mink::app::MinkBuilder;
use mink_opentelemetry::CurrentSpan;
use observed::{http, telemetry};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<()> {
    let telemetry = telemetry::install("bank", opentelemetry_stdout::SpanExporter::default())?;
    let app = MinkBuilder::from_config()
        .set("service", "bank")
        .trace_context(CurrentSpan)
        .open()
        .await?;
    let router = http::router(app.clone(), telemetry.metrics.clone());
    let listener = TcpListener::bind("127.0.0.1:8080")
        .await
        .context("listening on 127.0.0.1:8080")?;
    axum::serve(listener, router)
        .with_graceful_shutdown(async {
            if let Err(error) = tokio::signal::ctrl_c().await {
                tracing::error!(%error, "Ctrl-C cannot be waited for: stopping");
            }
        })
        .await?;
    app.shutdown().await?;
    telemetry.traces.shutdown()?;
    Ok(())
}
