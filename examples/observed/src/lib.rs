//! A small bank over HTTP that can be looked into: metrics for Prometheus, traces for OpenTelemetry, health for
//! whoever restarts it.
//!
//! `main` prints the traces; a test keeps them in memory and reads them back. To send them to a collector, give
//! [`telemetry::install`] the exporter of `opentelemetry-otlp`.

pub mod domain;
pub mod http;
pub mod telemetry;
