use std::fmt;

/// Rules that a command's fields keep, checked before anybody handles it.
///
/// **A command that has rules is checked; nothing registers them.** `#[command]` finds `Validate`, derived by
/// [`garde`](https://docs.rs/garde) (feature `garde`) or written by hand:
///
/// ```
/// use mink_runtime::command::{Validate, ValidationErrors};
///
/// struct Transfer { from: String, to: String, amount: u64 }
///
/// impl Validate for Transfer {
///     fn validate(&self) -> Result<(), ValidationErrors> {
///         let mut errors = ValidationErrors::new();
///         if self.amount == 0 {
///             errors.add("amount", "is zero");
///         }
///         if self.from == self.to {
///             errors.add("to", "is the account that the money comes from");
///         }
///         errors.into_result()
///     }
/// }
/// # assert!(Transfer { from: "1".into(), to: "1".into(), amount: 0 }.validate().is_err());
/// ```
///
/// What depends on the aggregate's state is no rule of a field: the method that decides refuses it.
#[diagnostic::on_unimplemented(
    message = "nobody checks the rules of `{Self}`",
    label = "its rules would be ignored",
    note = "derive `garde::Validate` and enable the feature `garde` of the crate `mink`, or implement `mink::command::Validate` by hand"
)]
pub trait Validate {
    /// Every rule that is broken.
    ///
    /// # Errors
    /// [`ValidationErrors`]. A message never says the value: it is shown and logged.
    fn validate(&self) -> Result<(), ValidationErrors>;
}

/// Checks the rules of a `C`.
pub type Rules<C> = fn(&C) -> Result<(), ValidationErrors>;

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's path, as in `address.zip` and `lines[2].sku`; empty for a rule of the whole command.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

/// The rules that a command breaks, by field.
///
/// As text it names the fields and what is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ValidationErrors {
    fields: Vec<FieldError>,
}

impl ValidationErrors {
    /// No rule is broken.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a broken rule.
    pub fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.fields.push(FieldError {
            path: path.into(),
            message: message.into(),
        });
    }

    /// The broken rules, in the order in which they were found.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// What is wrong with one field.
    pub fn of<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |field| field.path == path)
            .map(|field| field.message.as_str())
    }

    /// Whether no rule is broken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Itself, when a rule is broken.
    ///
    /// # Errors
    /// Itself.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Cuts paths where personal data begins: within such a field a path may hold a map's key.
    pub(crate) fn without_personal_paths(mut self, encrypted: &[&str]) -> Self {
        for field in &mut self.fields {
            let within = |personal: &&&str| {
                field
                    .path
                    .strip_prefix(**personal)
                    .is_some_and(|rest| rest.starts_with(['.', '[']))
            };
            if let Some(personal) = encrypted.iter().find(within) {
                field.path.truncate(personal.len());
            }
        }
        self
    }
}

impl std::error::Error for ValidationErrors {}

impl fmt::Display for ValidationErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, field) in self.fields.iter().enumerate() {
            if place > 0 {
                f.write_str("; ")?;
            }
            match field.path.as_str() {
                "" => f.write_str(&field.message)?,
                path => write!(f, "`{path}` {}", field.message)?,
            }
        }
        Ok(())
    }
}

#[cfg(feature = "garde")]
#[diagnostic::do_not_recommend]
impl<T: garde::Validate> Validate for T
where
    T::Context: Default,
{
    fn validate(&self) -> Result<(), ValidationErrors> {
        let Err(report) = garde::Validate::validate(self) else {
            return Ok(());
        };
        let mut errors = ValidationErrors::new();
        for (path, error) in report.iter() {
            errors.add(path.to_string(), error.message());
        }
        errors.into_result()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_where_personal_data_begins() {
        let mut errors = ValidationErrors::new();
        errors.add("contacts[joe@example.com].zip", "is too long");
        errors.add("contacts", "are too many");
        errors.add("contacts_count", "is wrong");
        let shown = errors.without_personal_paths(&["contacts"]).to_string();
        assert_eq!(
            shown,
            "`contacts` is too long; `contacts` are too many; `contacts_count` is wrong"
        );
    }
}
