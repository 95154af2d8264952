use super::Answer;
use crate::bus::{CommandFault, CommandResponse};

/// How the handling of a command ended, for layers that only look on.
pub(super) enum Ending<'a> {
    /// It was answered.
    Answered(&'a Result<CommandResponse, CommandFault>),
    /// Whoever waited for the answer went away first.
    Abandoned,
}

impl Ending<'_> {
    /// One word for it.
    pub(super) fn status(&self) -> &'static str {
        match self {
            Self::Answered(Ok(CommandResponse::Accepted(_))) => "success",
            Self::Answered(Ok(CommandResponse::Rejected(_))) => "rejected",
            Self::Answered(Err(_)) => "error",
            Self::Abandoned => "abandoned",
        }
    }

    /// The fault that it ended with.
    pub(super) fn fault(&self) -> Option<&CommandFault> {
        match self {
            Self::Answered(Err(fault)) => Some(fault),
            _ => None,
        }
    }
}

/// Calls, passes the answer on, and tells `look` how it ended: exactly once, also when it panics or nobody waits for the
/// answer any longer.
pub(super) fn observed<F>(
    call: impl FnOnce() -> F,
    look: impl FnOnce(&Ending<'_>) + Send + 'static,
) -> Answer
where
    F: Future<Output = Result<CommandResponse, CommandFault>> + Send + 'static,
{
    let mut looking = Looking(Some(look));
    let answer = call();
    Box::pin(async move {
        let answer = answer.await;
        looking.tell(&Ending::Answered(&answer));
        answer
    })
}

struct Looking<L: FnOnce(&Ending<'_>)>(Option<L>);

impl<L: FnOnce(&Ending<'_>)> Looking<L> {
    fn tell(&mut self, ending: &Ending<'_>) {
        if let Some(look) = self.0.take() {
            look(ending);
        }
    }
}

impl<L: FnOnce(&Ending<'_>)> Drop for Looking<L> {
    fn drop(&mut self) {
        self.tell(&Ending::Abandoned);
    }
}
