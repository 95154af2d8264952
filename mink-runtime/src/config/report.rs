use std::fmt;

use super::{Origin, environment};

/// The configuration that an application runs with: every setting, its value and where it comes from. Prints itself,
/// one line a setting, as TOML does. Secrets are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Configuration {
    pub(crate) settings: Vec<Configured>,
}

/// One setting as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Configured {
    /// Its key.
    pub key: String,
    /// What it is for.
    pub about: &'static str,
    /// What it is; `None` when it is nothing. `***` for a secret.
    pub value: Option<String>,
    /// Where it comes from; `None` for the default.
    pub origin: Option<Origin>,
}

impl Configured {
    /// The environment variable that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        environment::variable(&self.key)
    }
}

impl Configuration {
    /// Every setting there is, those of the linked adapters included, by key.
    #[must_use]
    pub fn settings(&self) -> &[Configured] {
        &self.settings
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for setting in &self.settings {
            let value = setting.value.as_deref().unwrap_or("-");
            match &setting.origin {
                Some(origin) => writeln!(f, "{} = {value}  # {origin}", setting.key)?,
                None => writeln!(f, "{} = {value}", setting.key)?,
            }
        }
        Ok(())
    }
}
