use std::any::TypeId;
use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use uuid::Uuid;

use super::nested::Handling;
use super::route::{ErrorJson, Payload, Route};
use super::{DispatchOptions, Extensions, Progress, Target};
use crate::command::{Command, ValidationErrors};
use crate::id::TenantId;
use crate::metadata::Metadata;

/// A command on its way to whoever handles it, as the layers see it.
///
/// Cheap to clone: a layer that tries again sends a clone. Clones have the same [`command_id`](Self::command_id) and
/// share their [`progress`](Self::progress).
#[derive(Clone)]
pub struct CommandRequest {
    payload: Arc<Payload>,
    pub(super) route: &'static Route,
    pub(super) tenant: TenantId,
    pub(super) command_id: Uuid,
    pub(super) metadata: Arc<Metadata>,
    pub(super) options: DispatchOptions,
    extensions: Extensions,
    pub(super) progress: Progress,
    /// How the domain's error is kept under an idempotency key.
    pub(super) error_json: Option<ErrorJson>,
    /// How many dispatches this one is within, itself included.
    pub(super) depth: usize,
}

impl CommandRequest {
    pub(super) fn new(
        payload: Arc<Payload>,
        route: &'static Route,
        tenant: TenantId,
        metadata: Metadata,
        options: DispatchOptions,
    ) -> Self {
        let (metadata, depth) = Handling::extend(metadata);
        Self {
            payload,
            route,
            tenant,
            command_id: Uuid::now_v7(),
            metadata: Arc::new(metadata),
            options,
            extensions: Extensions::default(),
            progress: Progress::within(Handling::progress()),
            error_json: None,
            depth,
        }
    }

    /// The command's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.route.command
    }

    /// The aggregate or the free-standing handler that it goes to.
    #[must_use]
    pub fn target(&self) -> Target {
        self.route.target
    }

    /// The id of the aggregate that it is addressed to; `None` for a command of a free-standing handler, and for an id
    /// whose `Display` panics or fails: such a command fails where it would be handled, as one whose handler panics.
    #[must_use]
    pub fn aggregate_id(&self) -> Option<Cow<'_, str>> {
        // layers ask around the one that recovers from panics
        catch_unwind(AssertUnwindSafe(|| {
            (self.route.aggregate_id)(&*self.payload)
        }))
        .ok()
        .flatten()
    }

    /// Identifies this command; the causation id of the events it leads to. The same in every attempt.
    #[must_use]
    pub fn command_id(&self) -> Uuid {
        self.command_id
    }

    /// Whether it is a `C`.
    #[must_use]
    pub fn is<C: Command>(&self) -> bool {
        (self.route.type_id)() == TypeId::of::<C>()
    }

    /// The command, when it is a `C`.
    #[must_use]
    pub fn command<C: Command>(&self) -> Option<&C> {
        self.payload.downcast_ref()
    }

    /// Dotted paths of the fields that hold personal data, in stored names. What prints or keeps a command leaves them
    /// out.
    #[must_use]
    pub fn encrypted(&self) -> &'static [&'static str] {
        self.route.encrypted
    }

    /// The command as JSON text; `None` when it is never sent nor stored (`#[command(local)]`).
    #[must_use]
    pub fn to_json(&self) -> Option<Result<Vec<u8>, serde_json::Error>> {
        self.route.json.map(|json| (json.write)(&*self.payload))
    }

    /// The key under which it takes effect at most once: what the options say, else the command's own.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<Cow<'_, str>> {
        match &self.options.idempotency_key {
            Some(key) => Some(Cow::Borrowed(key)),
            None => (self.route.idempotency_key)(&*self.payload),
        }
    }

    /// Checks the rules that the command declares; `Ok` when it has none.
    ///
    /// # Errors
    /// The broken ones, by field.
    pub fn validate(&self) -> Result<(), ValidationErrors> {
        match self.route.validate {
            None => Ok(()),
            Some(validate) => validate(&*self.payload)
                .map_err(|errors| errors.without_personal_paths(self.route.encrypted)),
        }
    }

    /// Whose data.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Changes whose data it is.
    pub fn set_tenant(&mut self, tenant: TenantId) {
        self.tenant = tenant;
    }

    /// What its events will carry. A correlation or a cause that nobody set by the time the command is handled is the
    /// command's own id.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The same, to change it.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        Arc::make_mut(&mut self.metadata)
    }

    /// How it is dispatched.
    #[must_use]
    pub fn options(&self) -> &DispatchOptions {
        &self.options
    }

    /// The same, to change it.
    pub fn options_mut(&mut self) -> &mut DispatchOptions {
        &mut self.options
    }

    /// What layers tell the layers within them.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// The same, to change it.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }

    /// Where it is. Keep a clone to look at when you give up waiting.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Whether it is dispatched from within the handling of another command.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.depth > 1
    }
}

/// Shows the command's name and id, not its fields, which may be personal.
impl fmt::Debug for CommandRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandRequest")
            .field("name", &self.name())
            .field("command_id", &self.command_id)
            .field("tenant", &self.tenant)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
