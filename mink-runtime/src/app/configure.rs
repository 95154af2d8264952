use std::ffi::OsString;
use std::fmt::Display;
use std::panic::Location as Caller;
use std::path::PathBuf;

use super::{Mink, MinkBuilder, OpenError};
use crate::registry::Location;

impl Mink {
    /// Opens what `mink.toml` and the environment say: [`MinkBuilder::from_config`], and nothing else.
    ///
    /// # Errors
    /// [`OpenError::Faults`] with every fault of the configuration and of the program's declarations together;
    /// otherwise why the store cannot be opened.
    pub async fn from_config() -> Result<Self, OpenError> {
        MinkBuilder::from_config().open().await
    }
}

/// Where settings come from: defaults, then files in the order they are named, then the environment, then the calls of
/// the builder. What comes later wins, in whichever order it is called.
impl MinkBuilder {
    /// A builder that reads the file that `MINK_CONFIG` names, which must be there, or without that variable
    /// `mink.toml` in the working directory when it is there; and the [environment](Self::environment).
    #[must_use]
    pub fn from_config() -> Self {
        let mut builder = Self::default();
        builder.sources.usual_file();
        builder.environment()
    }

    /// A builder that reads the [environment](Self::environment).
    #[must_use]
    pub fn from_env() -> Self {
        Self::default().environment()
    }

    /// A TOML file to read, which must be there. Needs the feature `config`.
    #[must_use]
    pub fn config_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.file(path);
        self
    }

    /// The environment of this process, as it is now: `MINK_STORE_URL` for `store_url`, `MINK_POSTGRES__MIGRATE` for
    /// `postgres.migrate`. A variable `MINK_...` that resembles no setting is left alone.
    #[must_use]
    pub fn environment(self) -> Self {
        self.variables(std::env::vars_os())
    }

    /// Variables as those of the environment: of a test, or of a file of your own.
    #[must_use]
    pub fn variables<N, V>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        self.sources.variables(variables);
        self
    }

    /// One setting by its key, as a command line says it: `.set("postgres.max_connections", 20)`.
    #[must_use]
    #[track_caller]
    pub fn set(mut self, key: impl Into<String>, value: impl Display) -> Self {
        let caller = Caller::caller();
        let location = Location::new(caller.file(), caller.line());
        self.sources.set(key, &value, location);
        self
    }
}
