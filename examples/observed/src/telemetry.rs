//! Where metrics and traces go.

use anyhow::{Context, Result};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use mink::observe::names;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What was installed for the whole process.
pub struct Telemetry {
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// Shut it down at the end, so that the last spans are exported.
    pub traces: SdkTracerProvider,
}

/// Seconds, from a cached read to a store that is being restarted.
const DURATIONS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0,
];

/// Installs a recorder and a subscriber. Do this first: an application finds the recorder when it is opened.
///
/// # Errors
/// When another recorder or subscriber is installed already.
pub fn install(service: &str, exporter: impl SpanExporter + 'static) -> Result<Telemetry> {
    let metrics = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &DURATIONS)?
        .set_buckets_for_metric(
            Matcher::Full(names::BATCH_COMMITS.to_owned()),
            &[1.0, 4.0, 16.0, 64.0, 256.0],
        )?
        .install_recorder()
        .context("installing the metrics recorder")?;
    let traces = SdkTracerProvider::builder()
        .with_resource(
            Resource::builder()
                .with_service_name(service.to_owned())
                .build(),
        )
        .with_batch_exporter(exporter)
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer("mink"));
    tracing_subscriber::registry()
        .with(layer)
        .try_init()
        .context("installing the tracing subscriber")?;
    Ok(Telemetry { metrics, traces })
}
