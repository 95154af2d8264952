use super::CommandFault;
use crate::command::ValidationErrors;

/// Why a command had no effect, or why its effect is not known.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DispatchError<E> {
    /// The domain said no: its own error.
    #[error(transparent)]
    Rejected(E),
    /// The infrastructure could not do it.
    #[error(transparent)]
    Failed(CommandFault),
}

impl<E> DispatchError<E> {
    /// The domain's own error, when that is what it is.
    pub fn rejection(&self) -> Option<&E> {
        match self {
            Self::Rejected(error) => Some(error),
            Self::Failed(_) => None,
        }
    }

    /// What the infrastructure could not do, when that is what it is.
    pub fn fault(&self) -> Option<&CommandFault> {
        match self {
            Self::Rejected(_) => None,
            Self::Failed(fault) => Some(fault),
        }
    }

    /// The rules that the command breaks, by field, when that is what it is.
    pub fn invalid(&self) -> Option<&ValidationErrors> {
        match self.fault()? {
            CommandFault::Invalid { errors, .. } => Some(errors),
            _ => None,
        }
    }

    /// Whether the command may have taken effect all the same.
    pub fn is_outcome_unknown(&self) -> bool {
        self.fault().is_some_and(CommandFault::may_have_happened)
    }
}

impl<E, F: Into<CommandFault>> From<F> for DispatchError<E> {
    fn from(fault: F) -> Self {
        Self::Failed(fault.into())
    }
}
