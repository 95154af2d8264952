//! What a domain needs: `use mink::prelude::*;`.

pub use mink_macros::{Aggregate, Shape, command, event, handler, handlers};

pub use crate::aggregate::{Aggregate, Events, Replying};
pub use crate::app::Mink;
pub use crate::command::{Command, CommandContext};
pub use crate::event::Event;
pub use crate::schema::Shape;
pub use crate::storage::ExpectedVersion;
pub use crate::testing::Fixture;

// reading a stream or the feed needs their methods, and nobody their names
pub use mink_runtime::futures_util::{StreamExt as _, TryStreamExt as _};
