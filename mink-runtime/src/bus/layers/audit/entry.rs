use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use crate::bus::{CommandFault, CommandRequest, CommandResponse, Effect, Target};
use crate::id::{EventId, TenantId};
use crate::metadata::Metadata;

/// One command and how it ended. Holds nothing of the payload.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AuditEntry {
    /// The command's name.
    pub command: &'static str,
    /// Identifies this command.
    pub command_id: Uuid,
    /// Who handles it.
    pub target: Target,
    /// The aggregate that decided; of a command that nobody decided, the one that it is addressed to.
    pub aggregate_id: Option<String>,
    /// Whose data.
    pub tenant: TenantId,
    /// What its events carry.
    pub metadata: Metadata,
    /// When it came, by this machine's clock.
    pub at: DateTime<Utc>,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub outcome: AuditOutcome,
}

/// How a command ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AuditOutcome {
    /// It was handled.
    Accepted {
        /// The aggregate's version afterwards; `None` for a free-standing handler.
        version: Option<u64>,
        /// Its events, in order.
        event_ids: Vec<EventId>,
    },
    /// The domain said no. What it said is not here: it may quote what the command holds.
    Rejected,
    /// The infrastructure could not do it, or a rule is broken, or a handler panicked.
    Failed(CommandFault),
    /// Whoever waited for the answer went away first.
    Abandoned {
        /// What was known of its effect by then.
        effect: Effect,
    },
}

impl AuditOutcome {
    pub(super) fn of(answer: &Result<CommandResponse, CommandFault>) -> Self {
        match answer {
            Ok(CommandResponse::Accepted(accepted)) => Self::Accepted {
                version: accepted.version(),
                event_ids: accepted.event_ids().to_vec(),
            },
            Ok(CommandResponse::Rejected(_)) => Self::Rejected,
            Err(fault) => Self::Failed(fault.clone()),
        }
    }
}

/// What is known of a command before it has ended.
pub(super) struct Begun {
    entry: AuditEntry,
    since: Instant,
}

impl Begun {
    pub(super) fn now(request: &CommandRequest) -> Self {
        let mut metadata = request.metadata().clone();
        let id = || request.command_id().to_string();
        metadata.correlation_id.get_or_insert_with(id);
        metadata.causation_id.get_or_insert_with(id);
        Self {
            entry: AuditEntry {
                command: request.name(),
                command_id: request.command_id(),
                target: request.target(),
                aggregate_id: request.aggregate_id().map(Cow::into_owned),
                tenant: request.tenant().clone(),
                metadata,
                at: Utc::now(),
                took: Duration::ZERO,
                outcome: AuditOutcome::Abandoned {
                    effect: request.progress().effect(),
                },
            },
            since: Instant::now(),
        }
    }

    pub(super) fn answered(self, answer: &Result<CommandResponse, CommandFault>) -> AuditEntry {
        let mut entry = self.ended(AuditOutcome::of(answer));
        if let Ok(CommandResponse::Accepted(accepted)) = answer
            && let Some(stream) = accepted.stream()
        {
            entry.aggregate_id = Some(stream.id().to_owned());
        }
        entry
    }

    pub(super) fn ended(self, outcome: AuditOutcome) -> AuditEntry {
        AuditEntry {
            took: self.since.elapsed(),
            outcome,
            ..self.entry
        }
    }
}

/// One line for people.
impl fmt::Display for AuditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.command)?;
        if let Some(id) = &self.aggregate_id {
            write!(f, " for `{id}`")?;
        }
        write!(f, ": {}", self.outcome)
    }
}

impl fmt::Display for AuditOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted {
                version: Some(version),
                ..
            } => write!(f, "accepted at version {version}"),
            Self::Accepted { version: None, .. } => f.write_str("accepted"),
            Self::Rejected => f.write_str("rejected"),
            Self::Failed(fault) => write!(f, "failed: {fault}"),
            Self::Abandoned { effect } => write!(f, "abandoned; {effect}"),
        }
    }
}
