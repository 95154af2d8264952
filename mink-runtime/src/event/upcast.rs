use std::any::Any;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// One step up from version `from`.
pub struct Upcast<E> {
    /// The version it starts from.
    pub from: u32,
    /// What it does.
    pub step: UpcastStep<E>,
}

/// What a step of an upcaster chain does.
pub enum UpcastStep<E> {
    /// Turns the JSON value of version `from` into that of version `from + 1`.
    Json(fn(Value) -> Result<Value, UpcastFailure>),
    /// Reads the payload of version `from` as the struct it was then, and converts it, by way of the later old
    /// structs if there are any, into the event of today.
    Typed(fn(StoredPayload<'_>) -> Result<E, UpcastFailure>),
}

/// A payload on its way up.
pub enum StoredPayload<'a> {
    /// As it is stored: JSON text.
    Json(&'a [u8]),
    /// As an earlier step left it.
    Value(Value),
}

impl StoredPayload<'_> {
    /// Reads it as `T`.
    ///
    /// # Errors
    /// When it is not a `T`. The error holds no value of the payload.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, UpcastFailure> {
        match self {
            Self::Json(bytes) => serde_json::from_slice(bytes),
            Self::Value(value) => serde_json::from_value(value),
        }
        .map_err(|error| UpcastFailure::new(crate::pipeline::without_values(&error)))
    }
}

/// Why a step could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct UpcastFailure {
    reason: String,
}

impl UpcastFailure {
    /// A failure with this reason, which must not hold personal data: it reaches errors and logs.
    pub fn new(reason: impl std::fmt::Display) -> Self {
        Self {
            reason: reason.to_string(),
        }
    }
}

/// What a function given to `upcast(1 => f)` may return: a value, or a result of one.
#[diagnostic::on_unimplemented(
    message = "an upcaster cannot return `{Self}`",
    label = "this does not return a JSON value",
    note = "write `fn(serde_json::Value) -> serde_json::Value`, or return a `Result` of one with an error that implements `Display`"
)]
pub trait UpcastOutcome {
    /// As the chain wants it.
    ///
    /// # Errors
    /// The function's own.
    fn into_outcome(self) -> Result<Value, UpcastFailure>;
}

impl UpcastOutcome for Value {
    fn into_outcome(self) -> Result<Value, UpcastFailure> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: std::fmt::Display + 'static> UpcastOutcome for Result<Value, E> {
    fn into_outcome(self) -> Result<Value, UpcastFailure> {
        self.map_err(|error| match (&error as &dyn Any).downcast_ref() {
            // serde quotes the value that does not fit, and it may be personal
            Some(error) => UpcastFailure::new(crate::pipeline::without_values(error)),
            None => UpcastFailure::new(error),
        })
    }
}

/// A function given to `upcast(1 => f)`.
#[diagnostic::on_unimplemented(
    message = "this function is not an upcaster: `{Self}`",
    label = "not an upcaster",
    note = "write `fn(serde_json::Value) -> serde_json::Value`, or return a `Result` of one with an error that implements `Display`"
)]
pub trait JsonUpcaster {
    /// Calls it.
    ///
    /// # Errors
    /// The function's own.
    fn upcast(self, value: Value) -> Result<Value, UpcastFailure>;
}

#[diagnostic::do_not_recommend]
impl<F: FnOnce(Value) -> R, R: UpcastOutcome> JsonUpcaster for F {
    fn upcast(self, value: Value) -> Result<Value, UpcastFailure> {
        self(value).into_outcome()
    }
}

/// An old struct that turns into this one: every type that is `From<Old>`.
///
/// It stands for `From` in generated code so that a missing conversion is explained.
#[diagnostic::on_unimplemented(
    message = "`{Old}` cannot be upcast to `{Self}`",
    label = "`{Self}` is not made from this struct",
    note = "write `impl From<{Old}> for {Self}`"
)]
pub trait UpcastFrom<Old> {
    /// The conversion.
    fn upcast_from(old: Old) -> Self;
}

#[diagnostic::do_not_recommend]
impl<Old, T: From<Old>> UpcastFrom<Old> for T {
    fn upcast_from(old: Old) -> Self {
        T::from(old)
    }
}
