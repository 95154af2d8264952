mod parent;
mod state;

use serde::{Deserialize, Serialize};

pub use parent::{InvalidTraceParent, SpanId, TraceId, TraceParent};
pub use state::{InvalidTraceState, TraceState};

/// The W3C trace context that something was written under (<https://www.w3.org/TR/trace-context/>).
///
/// Made from headers with [`parse`](Self::parse), or from a tracer by a [`TraceContextSource`].
///
/// ```
/// use mink_runtime::metadata::TraceContext;
///
/// let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// let trace = TraceContext::parse(header, Some("vendor=a"))?;
/// assert!(trace.parent.is_sampled());
/// assert_eq!(trace.parent.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
/// # Ok::<(), mink_runtime::metadata::InvalidTraceParent>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceContext {
    /// Which trace, and which span of it.
    #[serde(rename = "traceparent")]
    pub parent: TraceParent,
    /// What tracing systems pass along.
    #[serde(
        rename = "tracestate",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub state: Option<TraceState>,
}

impl TraceContext {
    /// A context without a state.
    #[must_use]
    pub fn new(parent: TraceParent) -> Self {
        Self {
            parent,
            state: None,
        }
    }

    /// From the headers `traceparent` and `tracestate`, as the specification wants them read: a `tracestate` that is
    /// not valid is left out, and the trace goes on. Of several `tracestate` headers, join the values with commas.
    ///
    /// # Errors
    /// [`InvalidTraceParent`]: the trace cannot go on; begin a new one. It holds nothing of the header.
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Result<Self, InvalidTraceParent> {
        let parent = traceparent.parse()?;
        let state = tracestate.and_then(|state| state.parse().ok());
        Ok(Self { parent, state })
    }
}

/// Knows the trace context of whatever runs now: the bridge from a tracer to the metadata of events. Given to the
/// builder's `trace_context`; the crate `mink-opentelemetry` has one.
///
/// Asked on the task that dispatches, before anything is awaited. It must be quick and must not block.
pub trait TraceContextSource: Send + Sync + 'static {
    /// The context; `None` outside of every trace.
    fn current(&self) -> Option<TraceContext>;
}

impl<F> TraceContextSource for F
where
    F: Fn() -> Option<TraceContext> + Send + Sync + 'static,
{
    fn current(&self) -> Option<TraceContext> {
        self()
    }
}
