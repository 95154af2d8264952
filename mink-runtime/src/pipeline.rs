//! The one way from a domain event to stored bytes and back.
//!
//! write: domain value -> serialize -> stamp the schema's version -> (seal) -> commit.
//! read: stored -> (open) -> upcast -> deserialize -> domain value.
//!
//! Every reader and every writer goes through here, so an old schema is met in one place only.

mod decode;
mod encode;

pub use decode::{DecodeError, DecodeFault, decode, without_values};
pub use encode::{EncodeError, encode};
