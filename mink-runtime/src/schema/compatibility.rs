//! What a change of a stored form means for what is stored, and for programs that do not know of it yet.

mod compare;

use std::fmt;

pub use compare::{compare, compare_shapes};

/// How two versions of a schema stand to each other.
///
/// | What changed, at any depth | |
/// |---|---|
/// | nothing | [`Full`](Self::Full) |
/// | only what may be missing was added, or something now takes more than before | [`Backward`](Self::Backward) |
/// | only fields were removed | [`Forward`](Self::Forward) |
/// | both, or a type, or a field became required | [`Breaking`](Self::Breaking) |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compatibility {
    /// What is stored looks the same.
    Full,
    /// A program with the new schema reads everything that is stored, and loses nothing of it. A program with the old one
    /// may refuse what the new one stores.
    Backward,
    /// A program with the old schema finds nothing in new payloads that it does not know. One with the new schema reads
    /// what is stored without what was removed: that is dropped in silence.
    Forward,
    /// What is stored needs an upcaster.
    Breaking,
}

impl Compatibility {
    /// Whether a program with the new schema reads everything that is stored and loses nothing.
    #[must_use]
    pub const fn reads_what_is_stored(self) -> bool {
        matches!(self, Self::Full | Self::Backward)
    }
}

impl fmt::Display for Compatibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Backward => "backward",
            Self::Forward => "forward",
            Self::Breaking => "breaking",
        })
    }
}

/// All that differs between two schemas. Prints one line for each change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The changes, in the order of the fields.
    pub changes: Vec<Change>,
}

impl Comparison {
    /// How the two stand to each other.
    #[must_use]
    pub fn compatibility(&self) -> Compatibility {
        let (mut added, mut removed) = (false, false);
        for change in &self.changes {
            match change.kind.alone() {
                Compatibility::Full => {}
                Compatibility::Backward => added = true,
                Compatibility::Forward => removed = true,
                Compatibility::Breaking => return Compatibility::Breaking,
            }
        }
        match (added, removed) {
            (false, false) => Compatibility::Full,
            (true, false) => Compatibility::Backward,
            (false, true) => Compatibility::Forward,
            (true, true) => Compatibility::Breaking,
        }
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        Ok(())
    }
}

/// One difference. Prints itself as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where: a dotted path in stored names, empty for the payload itself. Lists and options are passed through, as in
    /// `encrypt = "lines.sku"`; a variant is a part of it by its name, the values of a map are `*`, a place of a tuple is its
    /// number.
    pub path: String,
    /// What.
    pub kind: ChangeKind,
    /// What was there, on one line; `None` when nothing was.
    pub before: Option<String>,
    /// What is there, on one line; `None` when nothing is.
    pub after: Option<String>,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// A field that may be missing was added.
    Added,
    /// A field that must be there was added.
    AddedRequired,
    /// A field was removed.
    Removed,
    /// A field was removed from a type that refuses fields which it does not know.
    RemovedAndRefused,
    /// A field or variant has a new name, and is read under the old one too.
    Renamed {
        /// The old name.
        from: String,
    },
    /// A field or variant is no longer read under this other name.
    AliasRemoved {
        /// The name.
        alias: String,
    },
    /// A value is of another type.
    Retyped,
    /// A value is of a type that takes all that the old one took, such as a `u64` for a `u32`.
    Widened,
    /// What had to be there may be missing or `null`.
    MadeOptional,
    /// What could be missing or `null` has to be there.
    MadeRequired,
    /// Fields that are not declared are refused.
    MadeStrict,
    /// Fields that are not declared are ignored.
    MadeLenient,
    /// A variant was added.
    VariantAdded,
    /// A variant was removed.
    VariantRemoved,
    /// A stored value says in another way which variant it is.
    Retagged,
    /// Payloads are written in another format. What is stored says in which it is.
    Reformatted,
    /// The form changed, and this format finds values by their place.
    ByPlace,
    /// A field is encrypted from now on.
    EncryptionAdded,
    /// A field is no longer encrypted.
    EncryptionRemoved,
}

impl ChangeKind {
    /// What it means when nothing else changes.
    #[must_use]
    pub const fn alone(&self) -> Compatibility {
        match self {
            Self::MadeLenient => Compatibility::Full,
            Self::Added
            | Self::Renamed { .. }
            | Self::Widened
            | Self::MadeOptional
            | Self::MadeStrict
            | Self::VariantAdded
            | Self::Reformatted
            | Self::EncryptionAdded
            | Self::EncryptionRemoved => Compatibility::Backward,
            Self::Removed => Compatibility::Forward,
            Self::AddedRequired
            | Self::RemovedAndRefused
            | Self::AliasRemoved { .. }
            | Self::Retyped
            | Self::MadeRequired
            | Self::VariantRemoved
            | Self::Retagged
            | Self::ByPlace => Compatibility::Breaking,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, kind, .. } = self;
        let before = self.before.as_deref().unwrap_or("nothing");
        let after = self.after.as_deref().unwrap_or("nothing");
        match path.as_str() {
            "" => f.write_str("the payload")?,
            path => write!(f, "`{path}`")?,
        }
        match kind {
            ChangeKind::Added => write!(f, " ({after}) was added, and may be missing"),
            ChangeKind::AddedRequired => {
                write!(f, " ({after}) was added and must be there: nothing that is stored has it")
            }
            ChangeKind::Removed => {
                write!(f, " ({before}) was removed: without an upcaster, what is stored there is dropped")
            }
            ChangeKind::RemovedAndRefused => write!(
                f,
                " ({before}) was removed, and `deny_unknown_fields` refuses payloads that have it"
            ),
            ChangeKind::Renamed { from } => {
                write!(f, " was `{from}`, and is read under that name too")
            }
            ChangeKind::AliasRemoved { alias } => write!(
                f,
                " is no longer read under `{alias}`, and payloads with that name may be stored"
            ),
            ChangeKind::Retyped => write!(f, " was {before} and is {after}"),
            ChangeKind::Widened => {
                write!(f, " was {before} and is {after}, which takes all of that")
            }
            ChangeKind::MadeOptional => {
                write!(f, " was {before} and is {after}: it may be missing now")
            }
            ChangeKind::MadeRequired => write!(
                f,
                " was {before} and is {after}: payloads without it may be stored"
            ),
            ChangeKind::MadeStrict => f.write_str(
                " refuses fields that are not declared: an upcaster must leave none behind, and a newer program must add none",
            ),
            ChangeKind::MadeLenient => {
                f.write_str(" ignores fields that are not declared, which it refused before")
            }
            ChangeKind::VariantAdded => write!(
                f,
                " ({after}) is a new variant, which older programs cannot read"
            ),
            ChangeKind::VariantRemoved => write!(
                f,
                " ({before}) is no longer a variant, and payloads with it may be stored"
            ),
            ChangeKind::Retagged => write!(
                f,
                " said which variant it is {before}, and says it {after}"
            ),
            ChangeKind::Reformatted => write!(
                f,
                " is written as {after} from now on; what is stored as {before} stays and is read as such"
            ),
            ChangeKind::ByPlace => write!(
                f,
                " is written as {after}, which finds values by their place or number and not by their name: any change moves them"
            ),
            ChangeKind::EncryptionAdded => f.write_str(
                " is encrypted from now on; what is stored stays in clear text until it is encrypted anew",
            ),
            ChangeKind::EncryptionRemoved => f.write_str(
                " is stored in CLEAR TEXT from now on; what is stored encrypted stays so, and still needs its key",
            ),
        }
    }
}
