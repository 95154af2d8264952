//! The service over HTTP.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use mink::Mink;
use mink::app::HealthStatus;
use mink::bus::DispatchError;
use mink::metadata::TraceContext;
use mink_opentelemetry::TracedSpan;
use tracing::Instrument;

use crate::domain::{Deposit, Withdraw};

#[derive(Clone)]
struct Service {
    app: Mink,
    metrics: PrometheusHandle,
}

/// The amount in a request.
#[derive(serde::Deserialize)]
struct Amount {
    cents: u64,
}

/// The routes.
pub fn router(app: Mink, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/accounts/{id}/deposits", post(deposit))
        .route("/accounts/{id}/withdrawals", post(withdraw))
        .layer(middleware::from_fn(traced))
        .route("/metrics", get(scrape))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .with_state(Service { app, metrics })
}

/// Each request is a span: of the caller's trace when it names one, else of a new one.
async fn traced(request: Request, next: Next) -> Response {
    let span = tracing::info_span!(
        "http.request",
        otel.kind = "server",
        http.request.method = request.method().as_str(),
    );
    if let Some(trace) = incoming(request.headers()) {
        span.continue_trace(&trace);
    }
    next.run(request).instrument(span).await
}

fn incoming(headers: &HeaderMap) -> Option<TraceContext> {
    let parent = headers.get("traceparent")?.to_str().ok()?;
    let states: Vec<_> = headers
        .get_all("tracestate")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    TraceContext::parse(parent, Some(&states.join(","))).ok()
}

async fn deposit(
    State(service): State<Service>,
    Path(account_id): Path<String>,
    Json(Amount { cents }): Json<Amount>,
) -> Response {
    let outcome = service.app.dispatch(Deposit { account_id, cents }).await;
    answer(outcome.map(|receipt| receipt.version()))
}

async fn withdraw(
    State(service): State<Service>,
    Path(account_id): Path<String>,
    Json(Amount { cents }): Json<Amount>,
) -> Response {
    let outcome = service.app.dispatch(Withdraw { account_id, cents }).await;
    answer(outcome.map(|receipt| receipt.version()))
}

fn answer<E: std::error::Error>(outcome: Result<u64, DispatchError<E>>) -> Response {
    match outcome {
        Ok(version) => Json(version).into_response(),
        Err(DispatchError::Rejected(reason)) => {
            (StatusCode::CONFLICT, reason.to_string()).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a command had no effect");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// A look at the health sets the gauges, so that they are of now.
async fn scrape(State(service): State<Service>) -> String {
    service.app.health().await;
    service.metrics.run_upkeep();
    service.metrics.render()
}

async fn health(State(service): State<Service>) -> Response {
    let health = service.app.health().await;
    let code = match health.status {
        HealthStatus::Up | HealthStatus::Degraded => StatusCode::OK,
        HealthStatus::Down => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, Json(health)).into_response()
}

async fn ready(State(service): State<Service>) -> Response {
    let readiness = service.app.ready().await;
    let code = if readiness.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, Json(readiness)).into_response()
}
