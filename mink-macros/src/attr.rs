//! Reading what the user wrote in attributes.

pub(crate) mod above;
pub(crate) mod derives;
pub(crate) mod keys;
pub(crate) mod mink;
pub(crate) mod serde;

use darling::FromAttributes;
use syn::Attribute;

use crate::ctxt::Ctxt;

// The attributes.
pub(crate) const EVENT: &str = "event";
pub(crate) const COMMAND: &str = "command";
pub(crate) const AGGREGATE: &str = "aggregate";
pub(crate) const HANDLER: &str = "handler";
pub(crate) const HANDLERS: &str = "handlers";
pub(crate) const MINK: &str = "mink";

// Their keys.
pub(crate) const CRATE: &str = "crate";
pub(crate) const DERIVE: &str = "derive";
pub(crate) const ENCRYPT: &str = "encrypt";
pub(crate) const ID: &str = "id";
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency_key";
pub(crate) const LOCAL: &str = "local";
pub(crate) const NAME: &str = "name";
pub(crate) const REPLAY_ERRORS: &str = "replay_errors";
pub(crate) const UPCAST: &str = "upcast";
pub(crate) const VERSION: &str = "version";

/// Reads the attribute `name` wherever it stands among `attributes`; faults go to `cx`.
pub(crate) fn read<T: FromAttributes + Default>(
    cx: &mut Ctxt,
    name: &str,
    attributes: &[Attribute],
) -> T {
    T::from_attributes(attributes).unwrap_or_else(|error| {
        for fault in error.flatten() {
            let text = without_place(&fault.to_string());
            // darling speaks of fields; the user wrote a key
            let message = match text.strip_prefix("Unknown field: ") {
                Some(rest) => format!(
                    "`#[{name}]` has no key {}",
                    rest.replace(". Did you", " here: did you")
                ),
                None => text,
            };
            cx.push(syn::Error::new(fault.span(), message));
        }
        T::default()
    })
}

/// darling ends a message with ` at key`; the span says so already.
fn without_place(message: &str) -> String {
    match message.rsplit_once(" at ") {
        Some((text, place)) if !place.contains([' ', '`']) => text.to_owned(),
        _ => message.to_owned(),
    }
}
