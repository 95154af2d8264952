use std::future::{Ready, ready};
use std::task::{Context, Poll};

use futures_util::future::Either;
use tower::Service;

use super::layer::TenantOf;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};
use crate::id::TenantId;

/// See [`TenantLayer`](super::TenantLayer).
#[derive(Clone)]
pub struct TenantService<S> {
    inner: S,
    tenant_of: TenantOf,
    required: bool,
}

impl<S> TenantService<S> {
    pub(super) const fn new(inner: S, tenant_of: TenantOf, required: bool) -> Self {
        Self {
            inner,
            tenant_of,
            required,
        }
    }

    fn settle(&self, request: &mut CommandRequest) -> Result<(), CommandFault> {
        let nobody = TenantId::default();
        let command = request.name();
        match (self.tenant_of)(request) {
            Some(told) if *request.tenant() == nobody => request.set_tenant(told),
            Some(told) if *request.tenant() != told => {
                return Err(CommandFault::OtherTenant { command });
            }
            _ => {}
        }
        if self.required && *request.tenant() == nobody {
            return Err(CommandFault::NoTenant { command });
        }
        Ok(())
    }
}

impl<S> Service<CommandRequest> for TenantService<S>
where
    S: Service<CommandRequest, Response = CommandResponse, Error = CommandFault>,
{
    type Response = CommandResponse;
    type Error = CommandFault;
    type Future = Either<S::Future, Ready<Result<CommandResponse, CommandFault>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: CommandRequest) -> Self::Future {
        match self.settle(&mut request) {
            Ok(()) => Either::Left(self.inner.call(request)),
            Err(fault) => Either::Right(ready(Err(fault))),
        }
    }
}
