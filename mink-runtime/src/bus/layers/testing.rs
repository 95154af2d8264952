//! What the tests of the layers share: requests, and services that answer as a test says.

mod capture;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tower::{Service, service_fn};

pub(super) use capture::Capture;

use super::doc::{Account, Deposit, Frozen};
use crate::bus::{
    Accepted, CommandFault, CommandRequest, CommandResponse, DispatchOptions, Dispatchable, Effect,
    Receipt, Rejection,
};
use crate::id::{EventId, StreamId, TenantId};
use crate::metadata::Metadata;
use crate::storage::{CommitError, ConcurrencyConflict, ExpectedVersion};

pub(super) type Answered = Result<CommandResponse, CommandFault>;

pub(super) fn request<C: Dispatchable<To>, To>(command: C) -> CommandRequest {
    CommandRequest::new(
        Arc::new(command),
        C::ROUTE,
        TenantId::default(),
        Metadata::default(),
        DispatchOptions::new(),
    )
}

pub(super) fn deposit() -> CommandRequest {
    request(Deposit::new("1", 5))
}

pub(super) fn accepted() -> Answered {
    let receipt: Receipt<Account> = Receipt::appended(
        TenantId::default(),
        StreamId::of("Account", "1").unwrap(),
        7,
        crate::aggregate::Events::new(),
        vec![EventId::new()],
    );
    Ok(CommandResponse::Accepted(Accepted::new(receipt)))
}

pub(super) fn rejected() -> Answered {
    Ok(CommandResponse::Rejected(Rejection::new(Frozen)))
}

pub(super) fn unavailable() -> Answered {
    let reason = "the line is dead".to_owned();
    Err(CommandFault::Commit(CommitError::Unavailable { reason }))
}

pub(super) fn outcome_unknown() -> Answered {
    let reason = "the line is dead".to_owned();
    Err(CommandFault::Commit(CommitError::OutcomeUnknown { reason }))
}

pub(super) fn contended() -> Answered {
    Err(CommandFault::Contended(ConcurrencyConflict {
        stream: StreamId::of("Account", "1").unwrap(),
        expected: ExpectedVersion::Exact(1),
        actual: 2,
    }))
}

pub(super) fn panicked() -> Answered {
    Err(CommandFault::Panicked {
        command: "Deposit",
        effect: Effect::None,
    })
}

/// A service that gives these answers, the last one for ever, and how often it was called.
pub(super) fn answers(
    script: &'static [fn() -> Answered],
) -> (
    impl Service<
        CommandRequest,
        Response = CommandResponse,
        Error = CommandFault,
        Future: Send + 'static,
    > + Clone
    + Send
    + 'static,
    Arc<AtomicUsize>,
) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let service = service_fn(move |_: CommandRequest| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        std::future::ready(script[call.min(script.len() - 1)]())
    });
    (service, calls)
}

/// A service that never answers.
pub(super) fn silent()
-> impl Service<CommandRequest, Response = CommandResponse, Error = CommandFault, Future: Send + 'static>
+ Clone
+ Send
+ 'static {
    service_fn(|_: CommandRequest| std::future::pending::<Answered>())
}

pub(super) fn count(calls: &AtomicUsize) -> usize {
    calls.load(Ordering::SeqCst)
}
