//! Trace contexts from spans to metadata, and back.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::LazyLock;

use mink_opentelemetry::opentelemetry::Context;
use mink_opentelemetry::opentelemetry::trace::{TraceContextExt, TracerProvider};
use mink_opentelemetry::{CurrentSpan, TracedSpan, context_of, trace_of};
use mink_runtime::metadata::{TraceContext, TraceContextSource};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;

const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn trace() -> TraceContext {
    TraceContext::parse(HEADER, Some("vendor=a,other=b")).unwrap()
}

fn tracing_to_memory() -> (InMemorySpanExporter, DefaultGuard) {
    // while there is only one subscriber, `tracing` asks the thread that comes to a span first, and the thread of another
    // test has none
    static KEPT: LazyLock<[tracing::Dispatch; 2]> =
        LazyLock::new(|| [(); 2].map(|()| tracing::Dispatch::new(tracing_subscriber::registry())));
    LazyLock::force(&KEPT);
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let subscriber = tracing_subscriber::registry().with(layer);
    (exporter, tracing::subscriber::set_default(subscriber))
}

#[test]
fn a_context_goes_to_opentelemetry_and_back_unchanged() {
    assert_eq!(trace_of(&context_of(&trace())), Some(trace()));
    let unsampled = TraceContext::parse(&HEADER.replace("-01", "-00"), None).unwrap();
    assert_eq!(trace_of(&context_of(&unsampled)), Some(unsampled));
    assert_eq!(trace_of(&Context::new()), None);
}

#[test]
fn the_current_span_is_the_one_that_events_are_told() {
    let (exporter, _guard) = tracing_to_memory();
    assert_eq!(CurrentSpan.current(), None);
    let told = tracing::info_span!("outer")
        .in_scope(|| tracing::info_span!("inner").in_scope(|| CurrentSpan.current()))
        .unwrap();
    let spans = exporter.get_finished_spans().unwrap();
    let inner = spans.iter().find(|span| span.name == "inner").unwrap();
    let is = &inner.span_context;
    assert_eq!(told.parent.trace_id().to_bytes(), is.trace_id().to_bytes());
    assert_eq!(told.parent.span_id().to_bytes(), is.span_id().to_bytes());
    assert!(told.parent.is_sampled());
}

#[test]
fn outside_of_tracing_opentelemetrys_own_context_counts() {
    let _attached = context_of(&trace()).attach();
    assert_eq!(CurrentSpan.current(), Some(trace()));
}

#[test]
fn a_span_goes_on_with_a_trace_that_came_from_elsewhere() {
    let (exporter, _guard) = tracing_to_memory();
    let span = tracing::info_span!("request");
    span.continue_trace(&trace());
    let told = span.in_scope(|| CurrentSpan.current()).unwrap();
    drop(span);
    assert_eq!(told.parent.trace_id(), trace().parent.trace_id());
    assert_ne!(told.parent.span_id(), trace().parent.span_id());
    assert_eq!(told.state, trace().state, "the state is passed along");
    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(
        spans[0].parent_span_id.to_bytes(),
        trace().parent.span_id().to_bytes()
    );
}

#[test]
fn a_span_is_linked_to_a_trace_and_stays_in_its_own() {
    let (exporter, _guard) = tracing_to_memory();
    let span = tracing::info_span!("batch");
    span.link_trace(&trace());
    drop(span);
    let spans = exporter.get_finished_spans().unwrap();
    let linked = spans[0].links[0].span_context.clone();
    let linked = trace_of(&Context::new().with_remote_span_context(linked));
    assert_eq!(linked, Some(trace()));
    assert_ne!(
        spans[0].span_context.trace_id().to_bytes(),
        trace().parent.trace_id().to_bytes()
    );
}

#[test]
fn without_a_subscriber_nothing_happens() {
    let span = tracing::info_span!("request");
    span.continue_trace(&trace());
    span.link_trace(&trace());
    assert_eq!(span.in_scope(|| CurrentSpan.current()), None);
}
