//! The one way from a domain event to stored bytes and back.
//!
//! write: domain value -> serialize in its format -> stamp the schema's version -> (seal) -> commit.
//! read: stored -> (open) -> upcast -> deserialize -> domain value.
//!
//! Every reader and every writer goes through here, so an old schema is met in one place only.

mod decode;
mod encode;

pub use crate::event::codec::without_values;
pub use decode::{DecodeError, DecodeFault, decode, decode_with};
pub use encode::{EncodeError, encode};
