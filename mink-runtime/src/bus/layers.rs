//! What holds for every command, written once: [`tower`] layers, a folder for each.
//!
//! **Problem.** A timeout, a retry, a metric, who asked: each of them concerns every command and none of its handlers.
//! **Mechanism.** A layer sees a command before it is handled and its answer afterwards. Each folder has a `layer.rs` (what
//! is configured) and a `service.rs` (what is done), and its documentation says what it does, what it costs and what the
//! caller must do. **Cost.** A layer that is not used costs nothing: it is not in the stack. One that is used costs what its
//! documentation says, besides a box. **What the caller must do.** Choose, and mind the order.
//!
//! | Layer | |
//! |---|---|
//! | [`TracingLayer`] | a span for each command |
//! | [`MetricsLayer`] | commands counted and timed |
//! | [`LoggingLayer`] | a line for each command |
//! | [`PanicRecoveryLayer`] | a panic fails its own command |
//! | [`TenantLayer`], [`CorrelationLayer`], [`CausationLayer`] | whose data, and what it belongs to |
//! | [`AuditLayer`] | somebody is told |
//! | [`RateLimitLayer`] | no more than agreed (feature `rate-limit`) |
//! | [`IdempotencyLayer`] | a key from whoever sent it |
//! | [`TimeoutLayer`] | not longer than this |
//! | [`RetryLayer`] | another attempt after what passes |
//! | [`CircuitBreakerLayer`] | a store that is down is left alone |
//! | [`ValidationLayer`] | fields that break a rule reach nobody |
//!
//! # The default stack and the order
//!
//! [`default_stack`] is, from the outside: tracing, metrics, logging, panic recovery, *the application's layers*,
//! validation, the handler.
//!
//! - **Tracing** is outermost, so that everything else is within the span.
//! - **Metrics** and **logging** come next, since they should see every end that a command can have: also refused by a
//!   layer, and timed out.
//! - **Panic recovery** is within them, so that they see a panic as a fault; and around the application's layers, so that
//!   a panic in one of these is caught as well.
//! - **Validation** is innermost: what counts, limits or records commands sees the invalid ones, too.
//!
//! The application's own are best given in the order of the table: first whose command it is, so that the others can
//! tell; then who records and who limits; then the key, which all attempts share; then the timeout, for all attempts
//! together; then the retry; and within the retry the circuit breaker, which counts each attempt and ends them when it
//! opens.
//!
//! A layer of the application's own is any [`tower::Layer`] (see [`CommandLayer`](super::CommandLayer)).

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "tests"))]

mod observed;

pub mod audit;
pub mod causation;
pub mod circuit_breaker;
pub mod correlation;
#[doc(hidden)]
pub mod doc;
pub mod idempotency;
pub mod logging;
pub mod metrics;
pub mod panic_recovery;
#[cfg(feature = "rate-limit")]
pub mod rate_limit;
pub mod retry;
pub mod tenant;
#[cfg(test)]
mod testing;
pub mod timeout;
pub mod tracing;
pub mod validation;

use futures_util::future::BoxFuture;
use tower::ServiceBuilder;

#[doc(inline)]
pub use self::{
    audit::{AuditEntry, AuditHook, AuditLayer, AuditOutcome},
    causation::CausationLayer,
    circuit_breaker::{CircuitBreakerLayer, CircuitChange, CircuitState},
    correlation::CorrelationLayer,
    idempotency::IdempotencyLayer,
    logging::LoggingLayer,
    metrics::MetricsLayer,
    panic_recovery::PanicRecoveryLayer,
    retry::RetryLayer,
    tenant::TenantLayer,
    timeout::TimeoutLayer,
    tracing::TracingLayer,
    validation::ValidationLayer,
};
#[cfg(feature = "rate-limit")]
#[doc(inline)]
pub use rate_limit::RateLimitLayer;

use super::{CommandFault, CommandResponse, DefaultStack, Stack};
use crate::observe::Observer;

/// What a service answers that awaits what is within.
type Answer = BoxFuture<'static, Result<CommandResponse, CommandFault>>;

/// The layers that an application has unless it asks for a [bare stack](crate::app::MinkBuilder::bare_stack): see the
/// [module](self) for their order and its reasons. Nothing is counted when `observer` counts nothing.
#[must_use]
pub fn default_stack(observer: &Observer) -> DefaultStack {
    let counting = observer.counts_as();
    // as one layer, so that they take one box and not four
    let outer = ServiceBuilder::new()
        .layer(TracingLayer::new().service(observer.service()))
        .option_layer(counting.map(|service| MetricsLayer::new().service(service)))
        .layer(LoggingLayer::new())
        .layer(PanicRecoveryLayer::new());
    DefaultStack {
        outer: Stack::new().layer(outer),
        inner: Stack::new().layer(ValidationLayer::new()),
    }
}

/// The service that was made ready, for a future that calls it later; in its place stays a clone that was not.
fn ready_clone<S: Clone>(service: &mut S) -> S {
    let clone = service.clone();
    std::mem::replace(service, clone)
}
