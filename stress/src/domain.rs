//! The aggregate that the writers write: every event says which commit it belongs to, how many events that commit
//! has, and proves its own content.

use std::borrow::Cow;
use std::convert::Infallible;

use mink_runtime::aggregate::{Aggregate, AggregateHandlers, Applies, Decider, Decides, Evolver};
use mink_runtime::command::{Command, CommandContext, MissingService, Routed};
use mink_runtime::event::Event;
use mink_runtime::registry::{Location, Registry};
use mink_runtime::schema::{Field, Shape, StructShape, TypeShape};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One event of a commit of `of` events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Names the commit, and with the number the event, in one piece: `<commit>/<number>`.
    pub tag: String,
    /// How many events the commit has, over all its streams.
    pub of: u32,
    /// Content without a meaning.
    pub filler: String,
    /// Proves all of the above.
    pub sum: String,
}

impl Part {
    /// Event `number` (from 0) of the commit.
    #[must_use]
    pub fn new(commit: &str, number: u32, of: u32, filler: String) -> Self {
        let tag = format!("{commit}/{number}");
        let sum = checksum(&tag, of, &filler);
        Self {
            tag,
            of,
            filler,
            sum,
        }
    }

    /// The commit and the number of the event in it; `None` when the content is not what was written.
    #[must_use]
    pub fn verified(&self) -> Option<(&str, u32)> {
        if checksum(&self.tag, self.of, &self.filler) != self.sum {
            return None;
        }
        let (commit, number) = self.tag.rsplit_once('/')?;
        Some((commit, number.parse().ok()?))
    }
}

fn checksum(tag: &str, of: u32, filler: &str) -> String {
    let digest = Sha256::digest(format!("{tag}\n{of}\n{filler}"));
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Shape for Part {
    const SHAPE: TypeShape = TypeShape::Struct(StructShape {
        name: "Part",
        fields: &[
            field("tag", <String as Shape>::SHAPE),
            field("of", <u32 as Shape>::SHAPE),
            field("filler", <String as Shape>::SHAPE),
            field("sum", <String as Shape>::SHAPE),
        ],
    });
}

const fn field(name: &'static str, shape: TypeShape) -> Field {
    Field {
        name,
        shape,
        default: false,
    }
}

impl Event for Part {
    const NAME: &'static str = "Part";
}

/// Writes these events to one ledger.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Write {
    /// Which ledger.
    pub ledger: String,
    /// What to write.
    pub parts: Vec<Part>,
}

impl Command for Write {
    const NAME: &'static str = "Write";

    fn aggregate_id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.ledger)
    }
}

/// Counts its events.
#[derive(Debug, Default)]
pub struct Ledger {
    /// How many events it has.
    pub parts: u64,
}

impl Aggregate for Ledger {
    const NAME: &'static str = "Ledger";
}

impl Applies<Part> for Ledger {
    fn apply(&mut self, _: &Part) {
        self.parts += 1;
    }
}

impl Routed<Ledger> for Write {}

impl Decides<Write> for Ledger {
    type Decision = Vec<Part>;

    async fn decide(
        &self,
        command: Write,
        _: &CommandContext,
    ) -> Result<Vec<Part>, MissingService> {
        Ok(command.parts)
    }
}

impl AggregateHandlers for Ledger {
    const EVOLVERS: &'static [Evolver<Self>] =
        &[Evolver::of::<Part>(Location::new(file!(), line!()))];
    const DECIDERS: &'static [Decider] = &[Decider::of::<Write, Ledger, Infallible>(
        &[],
        Location::new(file!(), line!()),
    )];
}

/// The registry of this domain.
#[must_use]
pub fn registry() -> Registry {
    Registry::by_hand()
        .event::<Part>()
        .command::<Write>()
        .aggregate::<Ledger>()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_was_altered_is_noticed() {
        let part = Part::new("c", 3, 5, "abc".into());
        assert_eq!(part.verified(), Some(("c", 3)));
        let altered = Part {
            filler: "abd".into(),
            ..part
        };
        assert_eq!(altered.verified(), None);
    }
}
