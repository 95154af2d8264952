//! What keeps a program from starting.

use std::fmt;

use crate::config::{ConfigFault, Origin};
use crate::registry::{Location, RegistryFault};
use crate::schema::SchemaFault;

/// Every fault found at start, together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartupFaults {
    /// At least one.
    pub faults: Vec<StartupFault>,
}

impl std::error::Error for StartupFaults {}

impl fmt::Display for StartupFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len();
        write!(
            f,
            "this program cannot start: {count} fault{}",
            if count == 1 { "" } else { "s" }
        )?;
        for fault in &self.faults {
            write!(f, "\n  - {fault}")?;
        }
        Ok(())
    }
}

/// One fault found at start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartupFault {
    /// The declarations do not fit together.
    #[error(transparent)]
    Registry(#[from] RegistryFault),
    /// The configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigFault),
    /// The configuration says another default format than the program declares.
    #[error(
        "{at}: `default_format` is `{format}`, and this program declares `{declared}` at {location}: keep one of them. What is declared is what the schema lock pins"
    )]
    DefaultFormat {
        /// Where it was configured.
        at: Origin,
        /// The one that was.
        format: String,
        /// The one that is declared.
        declared: String,
        /// The declaration.
        location: Location,
    },
    /// The program is not what its schema lock pins.
    #[error("the schema lock that this program was given: {0}")]
    SchemaLock(SchemaFault),
    /// A handler takes a service that nobody provided.
    #[error(
        "{location}: `{handler}` takes a `{service}` to {does} `{command}`, and nobody provides one: add `.service(..)` to the builder"
    )]
    MissingService {
        /// The service's type.
        service: &'static str,
        /// The command.
        command: &'static str,
        /// The aggregate, or the free-standing handler.
        handler: &'static str,
        /// What it needs it for: to "decide", or to "handle".
        does: &'static str,
        /// The method or function.
        location: Location,
    },
    /// Refusals of a command are to be kept under its idempotency key, and the domain's error cannot be.
    #[error(
        "{location}: `{command}` is declared with `replay_errors`, and its error cannot be kept: derive `serde::Serialize` and `serde::Deserialize` for the error, or remove `replay_errors`"
    )]
    UnkeptError {
        /// The command.
        command: &'static str,
        /// Its declaration.
        location: Location,
    },
    /// Fields are declared encrypted and there is no key to encrypt them with.
    #[error(
        "{location}: {kind} `{name}` declares `encrypt = \"{fields}\"`, and this application has no encryption provider, so the fields would be stored in clear text. This version of mink has none to configure yet: remove `encrypt`, or, in a test, allow it with `.store_encrypted_fields_in_clear_text()`"
    )]
    NoEncryption {
        /// What declares them.
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// The fields.
        fields: String,
        /// The declaration.
        location: Location,
    },
}
