//! The service is started, used over HTTP, and looked into as an operator does.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;

use mink::Mink;
use mink::metadata::TraceContext;
use mink_opentelemetry::CurrentSpan;
use observed::domain::Account;
use observed::telemetry::Telemetry;
use observed::{http, telemetry};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SpanData};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

struct Service {
    app: Mink,
    telemetry: Telemetry,
    spans: InMemorySpanExporter,
    address: SocketAddr,
    client: Client,
}

impl Service {
    async fn start() -> Self {
        let spans = InMemorySpanExporter::default();
        let telemetry = telemetry::install("bank", spans.clone()).unwrap();
        let app = Mink::builder()
            .url("sqlite::memory:")
            .service_name("bank")
            .trace_context(CurrentSpan)
            .open()
            .await
            .unwrap();
        let router = http::router(app.clone(), telemetry.metrics.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            app,
            telemetry,
            spans,
            address,
            client: Client::new(),
        }
    }

    async fn post(&self, path: &str, cents: u64, traceparent: Option<&str>) -> StatusCode {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.post(url).json(&json!({ "cents": cents }));
        if let Some(header) = traceparent {
            request = request.header("traceparent", header);
        }
        request.send().await.unwrap().status()
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let url = format!("http://{}{path}", self.address);
        let answer = self.client.get(url).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// The sample with this name and these labels, in whichever order.
    async fn sample(&self, name: &str, labels: &[&str]) -> f64 {
        let (_, text) = self.get("/metrics").await;
        let line = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .find(|line| {
                let (metric, rest) = line.split_once('{').unwrap_or((line, ""));
                let count = rest.matches("=\"").count();
                metric == name && count == labels.len() && labels.iter().all(|l| rest.contains(l))
            })
            .unwrap_or_else(|| panic!("there is no {name} {labels:?} in:\n{text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    fn spans(&self, name: &str) -> Vec<SpanData> {
        self.telemetry.traces.force_flush().unwrap();
        let spans = self.spans.get_finished_spans().unwrap();
        spans.into_iter().filter(|span| span.name == name).collect()
    }
}

fn attribute(span: &SpanData, name: &str) -> String {
    let mut attributes = span.attributes.iter();
    let found = attributes.find(|attribute| attribute.key.as_str() == name);
    found
        .unwrap_or_else(|| panic!("there is no {name} in {:?}", span.attributes))
        .value
        .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_in_the_service_is_seen_from_outside() {
    let service = Service::start().await;
    let header = format!("00-{TRACE}-b7ad6b7169203331-01");
    let deposits = "/accounts/7/deposits";
    assert_eq!(service.post(deposits, 100, Some(&header)).await, 200);
    assert_eq!(service.post(deposits, 50, None).await, 200);
    assert_eq!(
        service.post("/accounts/7/withdrawals", 500, None).await,
        409
    );

    // the metrics, by name and value
    let bank = "service=\"bank\"";
    let deposited = [bank, "event_type=\"Deposited\""];
    let withdrawn = [bank, "event_type=\"Withdrawn\""];
    for (kind, status, count) in [("Deposit", "success", 2.0), ("Withdraw", "rejected", 1.0)] {
        let kind = format!("command_type=\"{kind}\"");
        let status = format!("status=\"{status}\"");
        let labels = [bank, &kind, &status];
        assert_eq!(service.sample("mink_commands_total", &labels).await, count);
        let labels = [bank, &kind];
        assert_eq!(
            service.sample("mink_commands_in_flight", &labels).await,
            0.0
        );
    }
    let appended = "mink_events_appended_total";
    assert_eq!(service.sample(appended, &deposited).await, 2.0);
    assert_eq!(service.sample(appended, &withdrawn).await, 0.0);
    let appends = [bank, "operation=\"append\"", "status=\"success\""];
    let operations = "mink_eventstore_operations_total";
    assert_eq!(service.sample(operations, &appends).await, 2.0);
    let took = "mink_eventstore_operation_duration_seconds_count";
    assert_eq!(
        service.sample(took, &[bank, "operation=\"append\""]).await,
        2.0
    );
    let cache = "mink_aggregate_cache_total";
    for (outcome, count) in [("miss", 1.0), ("hit", 2.0), ("confirmed", 1.0)] {
        let outcome = format!("outcome=\"{outcome}\"");
        let found = service.sample(cache, &[bank, &outcome]).await;
        assert_eq!(found, count, "{outcome}");
    }
    let conflicts = [bank, "error_type=\"concurrency_conflict\""];
    assert_eq!(service.sample("mink_errors_total", &conflicts).await, 0.0);
    assert_eq!(
        service.sample("mink_feed_head_position", &[bank]).await,
        2.0
    );

    // the spans, and where they hang
    let request = &service.spans("http.request")[0];
    let command = &service.spans("command.Deposit")[0];
    let append = &service.spans("eventstore.append")[0];
    assert_eq!(request.span_context.trace_id().to_string(), TRACE);
    assert_eq!(append.span_context.trace_id().to_string(), TRACE);
    assert_eq!(command.parent_span_id, request.span_context.span_id());
    assert_eq!(append.parent_span_id, command.span_context.span_id());
    assert_eq!(attribute(append, "mink.stream_id"), "Account-7");
    assert_eq!(attribute(append, "mink.events.types"), "Deposited");
    assert_eq!(attribute(append, "mink.stored.version"), "1");

    // the trace in the stored events is that of the request, and their span that of the command
    let traces = stored_traces(&service.app).await;
    let loaded = service.sample("mink_events_loaded_total", &[bank]).await;
    assert_eq!(loaded, 2.0);
    let stored = traces[0].parent;
    assert_eq!(stored.trace_id().to_string(), TRACE);
    assert_eq!(
        stored.span_id().to_bytes(),
        command.span_context.span_id().to_bytes()
    );
    let other = &service.spans("http.request")[1];
    assert_eq!(
        traces[1].parent.trace_id().to_string(),
        other.span_context.trace_id().to_string()
    );
    assert_ne!(traces[1].parent.trace_id(), stored.trace_id());

    // the health
    let (code, health) = service.get("/health").await;
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!((code, &health["status"]), (StatusCode::OK, &json!("up")));
    assert_eq!(service.get("/ready").await.0, 200);
    service.app.clone().shutdown().await.unwrap();
    assert_eq!(service.get("/ready").await.0, 503);
    let (code, health) = service.get("/health").await;
    assert_eq!(code, 503);
    assert!(health.contains("\"kind\":\"closed\""), "{health}");
    assert_eq!(service.post(deposits, 1, None).await, 503);
}

async fn stored_traces(app: &Mink) -> Vec<TraceContext> {
    assert_eq!(app.load::<Account>("7").await.unwrap().version(), 2);
    let page = app.feed().page().await.unwrap();
    let events = page.events.into_iter();
    events
        .map(|event| event.event.metadata.trace.unwrap())
        .collect()
}
