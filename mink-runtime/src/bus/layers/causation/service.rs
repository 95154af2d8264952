use std::task::{Context, Poll};

use tower::Service;

use super::layer::IdOf;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`CausationLayer`](super::CausationLayer).
#[derive(Clone)]
pub struct CausationService<S> {
    inner: S,
    id_of: IdOf,
    replaces: bool,
}

impl<S> CausationService<S> {
    pub(super) const fn new(inner: S, id_of: IdOf, replaces: bool) -> Self {
        Self {
            inner,
            id_of,
            replaces,
        }
    }
}

impl<S> Service<CommandRequest> for CausationService<S>
where
    S: Service<CommandRequest, Response = CommandResponse, Error = CommandFault>,
{
    type Response = CommandResponse;
    type Error = CommandFault;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: CommandRequest) -> S::Future {
        if (self.replaces || request.metadata().causation_id.is_none())
            && let Some(id) = (self.id_of)(&request)
        {
            request.metadata_mut().causation_id = Some(id);
        }
        self.inner.call(request)
    }
}
