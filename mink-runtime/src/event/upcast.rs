use std::any::Any;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::codec::{
    Encoding, Formats, NativeFormat, NoJsonValue, PROTOBUF, ProtobufMessage, without_values,
};

/// One step up from version `from`.
pub struct Upcast<E> {
    /// The version it starts from.
    pub from: u32,
    /// What it does.
    pub step: UpcastStep<E>,
}

/// What a step of an upcaster chain does.
pub enum UpcastStep<E> {
    /// Turns the JSON value of version `from` into that of version `from + 1`. It takes payloads of every format that
    /// describes itself.
    Json(fn(Value) -> Result<Value, UpcastFailure>),
    /// Reads the payload of version `from` as the struct it was then, and converts it, by way of the later old
    /// structs if there are any, into the event of today.
    Typed(fn(StoredPayload<'_>) -> Result<E, UpcastFailure>),
}

/// A payload on its way up.
pub struct StoredPayload<'a> {
    form: Form<'a>,
}

enum Form<'a> {
    /// As it is stored.
    Bytes(&'a [u8], Encoding<'a>),
    /// As an earlier step left it.
    Value(Value),
}

impl<'a> StoredPayload<'a> {
    /// As it is stored in the format of this name.
    #[must_use]
    pub fn new(payload: &'a [u8], format: &'a str, formats: &'a Formats) -> Self {
        Self {
            form: Form::Bytes(payload, formats.encoding(format)),
        }
    }

    /// JSON text.
    #[must_use]
    pub fn json(payload: &'a [u8]) -> Self {
        Self {
            form: Form::Bytes(payload, Encoding::Json),
        }
    }

    /// As a step on JSON left it.
    #[must_use]
    pub fn value(value: Value) -> Self {
        Self {
            form: Form::Value(value),
        }
    }

    /// Reads it as `T` through serde, whichever format it is in.
    ///
    /// # Errors
    /// When it is not a `T`, or in a format that the type itself must read. The error holds no value of the payload.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, UpcastFailure> {
        match self.form {
            Form::Bytes(payload, encoding) => encoding.read(payload).map_err(UpcastFailure::new),
            Form::Value(value) => serde_json::from_value(value)
                .map_err(|error| UpcastFailure::new(without_values(&error))),
        }
    }

    /// Reads it as `T`: in one of these formats by the type itself, in every other through serde.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_or<T: DeserializeOwned>(
        self,
        native: &[NativeFormat<T>],
    ) -> Result<T, UpcastFailure> {
        match self.read_native(native) {
            Ok(read) => read,
            Err(stored) => stored.read(),
        }
    }

    /// Reads it as `T`, a Protocol Buffers message; in every other format with `serde`, when there is such.
    #[doc(hidden)]
    pub fn read_message<T: ProtobufMessage>(
        self,
        serde: Option<fn(StoredPayload<'_>) -> Result<T, UpcastFailure>>,
    ) -> Result<T, UpcastFailure> {
        let message = NativeFormat {
            name: PROTOBUF,
            encode: T::to_protobuf,
            decode: T::from_protobuf,
        };
        match (self.read_native(&[message]), serde) {
            (Ok(read), _) => read,
            (Err(stored), Some(serde)) => serde(stored),
            (Err(_), None) => Err(UpcastFailure::new(format_args!(
                "`{}` reads Protocol Buffers only, and this payload is in another format: derive `Deserialize` for it",
                short_name::<T>()
            ))),
        }
    }

    /// Reads it as `T`, a Protocol Buffers message that serde reads in every other format.
    #[doc(hidden)]
    pub fn read_message_or<T: ProtobufMessage + DeserializeOwned>(
        self,
    ) -> Result<T, UpcastFailure> {
        self.read_message(Some(|stored| stored.read()))
    }

    fn read_native<T>(
        self,
        native: &[NativeFormat<T>],
    ) -> Result<Result<T, UpcastFailure>, StoredPayload<'a>> {
        if let Form::Bytes(payload, Encoding::Named(name)) = self.form
            && let Some(native) = native.iter().find(|native| native.name == name)
        {
            return Ok((native.decode)(payload).map_err(UpcastFailure::new));
        }
        Err(self)
    }

    /// Reads it as a JSON value.
    pub(crate) fn into_json(self) -> Result<Value, NoJsonValue> {
        match self.form {
            Form::Bytes(payload, encoding) => encoding.read_json(payload),
            Form::Value(value) => Ok(value),
        }
    }
}

fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
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
            Some(error) => UpcastFailure::new(without_values(error)),
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
