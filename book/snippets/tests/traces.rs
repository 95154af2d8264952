//! Traces: alone in its binary, since whether a span is heard is remembered by the process and not by the thread.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use mink::metadata::TraceContext;
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

fn receive(pieces: u32) -> ReceiveStock {
    ReceiveStock {
        sku: "tea".into(),
        pieces,
    }
}

#[tokio::test]
async fn an_event_knows_the_trace_that_it_came_from() {
    use mink_opentelemetry::opentelemetry::trace::TracerProvider;
    use tracing::Instrument;
    use tracing_subscriber::layer::SubscriberExt;

    let spans = opentelemetry_sdk::trace::InMemorySpanExporter::default();
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder()
        .with_simple_exporter(spans.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("shop"));
    let subscriber = tracing_subscriber::registry().with(layer);
    let _guard = tracing::subscriber::set_default(subscriber);

    // ANCHOR: trace
    use mink_opentelemetry::{CurrentSpan, TracedSpan};

    let app = Mink::builder()
        .url("memory://")
        .trace_context(CurrentSpan)
        .open()
        .await
        .unwrap();

    // a request that names its trace
    let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let incoming = TraceContext::parse(header, None).unwrap();
    let span = tracing::info_span!("request");
    span.continue_trace(&incoming);
    app.dispatch(receive(5)).instrument(span).await.unwrap();

    let page = app.feed().page().await.unwrap();
    let stored = page.events[0].event.metadata.trace.as_ref().unwrap();
    assert_eq!(stored.parent.trace_id(), incoming.parent.trace_id());
    // ANCHOR_END: trace
    let names: Vec<_> = spans.get_finished_spans().unwrap();
    let appended = names.iter().find(|span| span.name == "eventstore.append");
    let trace = appended.unwrap().span_context.trace_id().to_string();
    assert_eq!(trace, incoming.parent.trace_id().to_string());
}
