//! Commands that come by name, as JSON.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::route::{ErrorJson, Payload, Route, RouteEntry};
use super::{
    Accepted, Bus, CommandFault, CommandRequest, CommandResponse, DispatchOptions, Rejection,
};
use crate::id::{EventId, StreamId, TenantId};
use crate::metadata::Metadata;
use crate::pipeline::without_values;
use crate::registry::{CommandEntry, Registry};

/// The routes of a program's commands by name.
#[derive(Clone, Default)]
pub(super) struct Routes {
    by_name: HashMap<&'static str, (&'static Route, Option<ErrorJson>)>,
    declared: Vec<&'static str>,
}

impl Routes {
    /// The routes of all commands of the registry, among those that the program was linked with and `more`.
    pub(super) fn of(registry: &Registry, more: &[RouteEntry]) -> Self {
        let mut routes = Self::default();
        let linked: HashMap<_, _> = inventory::iter::<RouteEntry>
            .into_iter()
            .copied()
            .chain(more.iter().copied())
            .filter_map(|entry| {
                entry
                    .route
                    .map(|route| ((route.type_id)(), (route, entry.error)))
            })
            .collect();
        for command in registry.commands() {
            routes.declared.push(command.name);
            if let Some(found) = linked.get(&(command.type_id)()) {
                routes.by_name.insert(command.name, *found);
            }
        }
        routes
    }

    /// The commands whose refusals are to be kept, and whose domain error cannot be.
    pub(super) fn unkept_errors(registry: &Registry, more: &[RouteEntry]) -> Vec<CommandEntry> {
        let routes = Self::of(registry, more);
        registry
            .commands()
            .iter()
            .filter(|command| command.replay_errors)
            .filter(|command| routes.error_json(command.name).is_none())
            .copied()
            .collect()
    }

    /// How the domain error of this command is written; `None` when it is not.
    pub(super) fn error_json(&self, command: &str) -> Option<ErrorJson> {
        self.by_name.get(command).and_then(|(_, error)| *error)
    }

    fn find(&self, name: &str) -> Result<(&'static Route, Option<ErrorJson>), JsonDispatchError> {
        match self.by_name.get(name) {
            Some(found) => Ok(*found),
            None => match self.declared.iter().find(|declared| **declared == name) {
                Some(command) => Err(JsonDispatchError::NotSent { command }),
                None => Err(JsonDispatchError::UnknownCommand {
                    name: name.to_owned(),
                    meant: closest(name, &self.declared),
                }),
            },
        }
    }
}

/// What came of a command that was sent as JSON. Writes itself as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JsonReceipt {
    /// The command.
    pub command: &'static str,
    /// The stream of the aggregate that decided.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub stream: Option<StreamId>,
    /// The aggregate's version after the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The ids of its events, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub event_ids: Vec<EventId>,
    /// The handler's reply; `null` when it gives none.
    pub reply: serde_json::Value,
}

#[allow(clippy::ref_option, reason = "serde asks for this signature")]
fn as_text<S: Serializer>(stream: &Option<StreamId>, serializer: S) -> Result<S::Ok, S::Error> {
    match stream {
        Some(stream) => serializer.collect_str(stream),
        None => serializer.serialize_none(),
    }
}

/// Why a command that was sent as JSON had no effect, or why its effect is not known.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum JsonDispatchError {
    /// No command has this name.
    #[error("there is no command `{name}`{}", .meant.map(|meant| format!(": did you mean `{meant}`?")).unwrap_or_default())]
    UnknownCommand {
        /// The name.
        name: String,
        /// The one that was probably meant.
        meant: Option<&'static str>,
    },
    /// The command is declared as one that is never sent (`#[command(local)]`), or has no JSON form.
    #[error(
        "the command `{command}` is never sent as JSON: remove `local` from its `#[command]`, or dispatch it as a value"
    )]
    NotSent {
        /// The command.
        command: &'static str,
    },
    /// The payload is not what the command's type says.
    #[error("the payload does not fit the command `{command}`: {reason}")]
    Unreadable {
        /// The command.
        command: &'static str,
        /// What does not fit, without any value.
        reason: String,
    },
    /// The domain said no.
    #[error("{message}")]
    Rejected {
        /// The command.
        command: &'static str,
        /// The error's text.
        message: String,
        /// The error itself, when it can be written as JSON.
        error: Option<serde_json::Value>,
    },
    /// The reply cannot be written as JSON. The command has taken effect.
    #[error("`{command}` was handled, and its reply cannot be written as JSON: {reason}")]
    Reply {
        /// The command.
        command: &'static str,
        /// What its `Serialize` says.
        reason: String,
    },
    /// The infrastructure could not do it.
    #[error(transparent)]
    Failed(#[from] CommandFault),
}

impl Bus {
    /// Sends the command of this name.
    ///
    /// # Errors
    /// [`JsonDispatchError`].
    pub async fn dispatch_json(
        &self,
        tenant: &TenantId,
        metadata: &Metadata,
        name: &str,
        payload: &serde_json::Value,
        options: DispatchOptions,
    ) -> Result<JsonReceipt, JsonDispatchError> {
        let (route, error) = self.routes.find(name)?;
        let payload = read(route, payload)?;
        let request =
            CommandRequest::new(payload, route, tenant.clone(), metadata.clone(), options);
        match self.send(request).await? {
            CommandResponse::Accepted(accepted) => receipt(route.command, &accepted),
            CommandResponse::Rejected(rejection) => Err(rejected(route.command, &rejection, error)),
        }
    }
}

fn read(
    route: &'static Route,
    payload: &serde_json::Value,
) -> Result<Arc<Payload>, JsonDispatchError> {
    let command = route.command;
    let json = route.json.ok_or(JsonDispatchError::NotSent { command })?;
    serde_json::to_vec(payload)
        .and_then(|text| (json.read)(&text))
        .map_err(|error| {
            let mut reason = without_values(&error);
            // a place in a text that nobody has seen
            reason.truncate(reason.rfind(" at line ").unwrap_or(reason.len()));
            JsonDispatchError::Unreadable { command, reason }
        })
}

fn receipt(command: &'static str, accepted: &Accepted) -> Result<JsonReceipt, JsonDispatchError> {
    let reply = accepted
        .reply_json()
        .map_err(|error| JsonDispatchError::Reply {
            command,
            reason: error.to_string(),
        })?;
    Ok(JsonReceipt {
        command,
        stream: accepted.stream().cloned(),
        version: accepted.version(),
        event_ids: accepted.event_ids().to_vec(),
        reply,
    })
}

fn rejected(
    command: &'static str,
    rejection: &Rejection,
    json: Option<ErrorJson>,
) -> JsonDispatchError {
    let error = rejection.error();
    JsonDispatchError::Rejected {
        command,
        message: error.to_string(),
        error: json.and_then(|json| (json.write)(error)),
    }
}

/// The name that `written` was probably meant to be.
fn closest(written: &str, names: &[&'static str]) -> Option<&'static str> {
    names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(written, name), *name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
