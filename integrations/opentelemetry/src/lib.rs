//! The bridge between OpenTelemetry's trace contexts and the metadata of mink's events.
//!
//! **Problem.** A trace ends where an event is stored: whoever reads the event later cannot tell which request it came
//! from.
//! **Mechanism.** [`CurrentSpan`], given to the builder, puts the W3C trace context of the span that dispatches into
//! every event's metadata. [`TracedSpan`] makes a span go on with a trace that came with an event or a request.
//! **Cost.** A look at the current span for each dispatch.
//! **What the caller must do.** Install a tracing subscriber with the layer of `tracing-opentelemetry`.
//!
//! ```no_run
//! # fn builder() -> mink_runtime::app::MinkBuilder {
//! use mink_opentelemetry::CurrentSpan;
//! use mink_runtime::app::Mink;
//!
//! Mink::builder().trace_context(CurrentSpan)
//! # }
//! ```

use mink_runtime::metadata::{SpanId, TraceContext, TraceContextSource, TraceId, TraceParent};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, trace};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The OpenTelemetry in whose types this crate speaks.
pub use opentelemetry;

/// The trace context of the span that runs: that of `tracing`, or outside of every span of `tracing`, OpenTelemetry's
/// own.
#[derive(Debug, Clone, Copy, Default)]
pub struct CurrentSpan;

impl TraceContextSource for CurrentSpan {
    fn current(&self) -> Option<TraceContext> {
        trace_of(&Span::current().context()).or_else(|| trace_of(&Context::current()))
    }
}

/// The trace context of an OpenTelemetry context; `None` when it is in no trace.
#[must_use]
pub fn trace_of(context: &Context) -> Option<TraceContext> {
    let span = context.span();
    let span = span.span_context();
    let trace_id = TraceId::new(span.trace_id().to_bytes())?;
    let span_id = SpanId::new(span.span_id().to_bytes())?;
    let parent = TraceParent::new(trace_id, span_id, span.is_sampled());
    let state = span.trace_state().header();
    Some(TraceContext {
        parent,
        state: state.parse().ok(),
    })
}

/// The OpenTelemetry context of a trace context, as one that came from elsewhere: a parent for spans.
#[must_use]
pub fn context_of(trace: &TraceContext) -> Context {
    Context::new().with_remote_span_context(span_context(trace))
}

fn span_context(trace: &TraceContext) -> SpanContext {
    let parent = trace.parent;
    let state = trace.state.as_ref();
    SpanContext::new(
        trace::TraceId::from_bytes(parent.trace_id().to_bytes()),
        trace::SpanId::from_bytes(parent.span_id().to_bytes()),
        TraceFlags::new(parent.flags()),
        true,
        state
            .and_then(|state| state.as_str().parse::<TraceState>().ok())
            .unwrap_or_default(),
    )
}

/// What a span can do with a trace that came from elsewhere. Call it before the span is entered.
pub trait TracedSpan {
    /// Makes the span a part of the trace, below the span that `trace` names: for a request with a `traceparent`, and
    /// for work that an event set in motion at once.
    ///
    /// Does nothing when no layer of `tracing-opentelemetry` takes the span, or when it was entered already.
    fn continue_trace(&self, trace: &TraceContext);

    /// Leaves the span in its own trace, and links it to the span that `trace` names: for work that came much later,
    /// or that gathers many events.
    fn link_trace(&self, trace: &TraceContext);
}

impl TracedSpan for Span {
    fn continue_trace(&self, trace: &TraceContext) {
        // Without the layer there is no trace to go on with, which is no fault.
        let _ = self.set_parent(context_of(trace));
    }

    fn link_trace(&self, trace: &TraceContext) {
        self.add_link(span_context(trace));
    }
}
