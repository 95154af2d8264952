use std::path::PathBuf;

use super::Origin;

/// What is wrong with the configuration. Shows no value of a setting that may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFault {
    /// A file that was named is not there.
    #[error("`{}` does not exist: write it, or do not name it", .path.display())]
    FileMissing {
        /// As it was named.
        path: PathBuf,
    },
    /// A file that is there cannot be read.
    #[error("`{}` cannot be read: {reason}", .path.display())]
    FileUnreadable {
        /// As it was named.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A line is not TOML.
    #[error("{at}: {reason}")]
    Syntax {
        /// Which line.
        at: Origin,
        /// What is wrong with it. Holds no text of the file.
        reason: String,
    },
    /// An environment variable that names a setting is not Unicode.
    #[error("environment variable {name}: its value is not Unicode")]
    NotUnicode {
        /// Which variable.
        name: String,
    },
    /// There is no such setting.
    #[error("{at}: there is no setting `{key}`{}", hint(.key, .meant.as_deref()))]
    UnknownSetting {
        /// Where it was written.
        at: Origin,
        /// What was written.
        key: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// A value of another type than the setting takes.
    #[error("{at}: `{key}` takes {takes}, and this is {found}")]
    WrongType {
        /// Where it was written.
        at: Origin,
        /// Which setting.
        key: String,
        /// What it takes.
        takes: String,
        /// What was found.
        found: &'static str,
    },
    /// A value of the right type that means nothing.
    #[error("{at}: `{key}` takes {takes}: {reason}")]
    Invalid {
        /// Where it was written.
        at: Origin,
        /// Which setting.
        key: String,
        /// What it takes.
        takes: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A value that is too small or too large.
    #[error("{at}: `{key}` is {value}: it must be {range}")]
    OutOfRange {
        /// Where it was written.
        at: Origin,
        /// Which setting.
        key: String,
        /// The value.
        value: String,
        /// What is allowed.
        range: String,
    },
    /// Neither a file, nor the environment, nor the builder names a store.
    #[error(
        "no store: write `store_url = \"sqlite://shop.db\"` in mink.toml, set MINK_STORE_URL, or call `.url(..)` or `.storage(..)`"
    )]
    NoStore,
    /// A file was named and this program cannot read TOML.
    #[error("`{}` cannot be read by this program: enable the feature `config` of the crate `mink`", .path.display())]
    NoFiles {
        /// As it was named.
        path: PathBuf,
    },
}

fn hint(key: &str, meant: Option<&str>) -> String {
    if let Some(meant) = meant {
        return format!(": did you mean `{meant}`?");
    }
    match key.split('.').next() {
        Some(store @ ("postgres" | "sqlite")) => format!(
            ", because no linked storage adapter is called `{store}`: enable the feature `{store}` of the crate `mink`"
        ),
        _ => String::new(),
    }
}
