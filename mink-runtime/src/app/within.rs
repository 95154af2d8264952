use std::sync::Weak;

use super::{Mink, Shared};
use crate::command::{CommandContext, MissingService};

/// The way from a handler back to its application, among the services.
pub(super) struct Within(pub(super) Weak<Shared>);

impl Mink {
    /// The application as the handler of a command sees it: for the command's tenant, and whatever it sets in motion is
    /// caused by the command. A handler that takes `&Mink` gets it.
    ///
    /// # Errors
    /// [`MissingService`] outside of an application, as in a test of an aggregate.
    pub fn within(context: &CommandContext) -> Result<Self, MissingService> {
        let missing = MissingService {
            service: std::any::type_name::<Self>(),
        };
        let Within(shared) = context.service::<Within>().map_err(|_| missing.clone())?;
        Ok(Self {
            shared: shared.upgrade().ok_or(missing)?,
            tenant: context.tenant.clone(),
            metadata: context.metadata_of_effects(),
        })
    }
}
