use std::fmt;
use std::path::PathBuf;

use crate::registry::Location;

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A line of a file.
    File {
        /// As it was named.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A call of the builder's `set`.
    Call(Location),
    /// Another call of the builder.
    Builder,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Call(location) => location.fmt(f),
            Self::Builder => f.write_str("the builder"),
        }
    }
}

/// What a source says about one setting, before anybody judged it.
#[derive(Clone, PartialEq, Eq)]
pub enum Written {
    /// A string of a file.
    Text(String),
    /// An integer of a file.
    Integer(i128),
    /// `true` or `false` in a file.
    Flag(bool),
    /// Text of a source that knows nothing but text, as the environment: it may stand for a number or a flag.
    Untyped(String),
    /// What no setting takes: "a table", "an array".
    Other(&'static str),
}

impl Written {
    /// What it is called in a fault.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Flag(_) => "true or false",
            Self::Untyped(_) => "text",
            Self::Other(kind) => kind,
        }
    }
}

/// Shows the kind and not the value, which may be a secret.
impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// What was written.
    pub written: Written,
    /// Where.
    pub origin: Origin,
}
