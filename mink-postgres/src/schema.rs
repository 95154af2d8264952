//! The name of the PostgreSQL schema that a store lives in, and statements that speak of it.

use std::sync::Arc;

use sqlx::AssertSqlSafe;

/// A name that needs no quoting rules to be safe in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema(Arc<str>);

/// PostgreSQL cuts identifiers at 63 bytes; the notification channel adds a prefix.
const MAX_BYTES: usize = 50;

/// A statement with the schema's name filled in, cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Sql(Arc<str>);

impl Schema {
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        let mut characters = name.chars();
        let first = characters
            .next()
            .is_some_and(|c| c.is_ascii_lowercase() || c == '_');
        let rest = characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !first || !rest || name.len() > MAX_BYTES {
            return Err(format!(
                "schema `{name}` is not a usable name: write 1 to {MAX_BYTES} of a-z, 0-9 and `_`, not starting with a digit"
            ));
        }
        if name.starts_with("pg_") || name == "information_schema" {
            return Err(format!(
                "schema `{name}` belongs to PostgreSQL itself: choose another"
            ));
        }
        Ok(Self(name.into()))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// The channel on which the sequencer says that the feed has moved.
    pub(crate) fn channel(&self) -> String {
        format!("mink_{}", self.0)
    }

    /// `text` with the schema's name in place of `{schema}`.
    pub(crate) fn fill(&self, text: &str) -> Sql {
        Sql(text.replace("{schema}", &format!("\"{}\"", self.0)).into())
    }
}

impl Sql {
    /// Only [`Schema::fill`] makes one, from the program's own text and a checked name.
    pub(crate) fn safe(&self) -> AssertSqlSafe<Arc<str>> {
        AssertSqlSafe(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_need_quotes_is_refused() {
        for name in [
            "", "1a", "Shop", "a-b", "a\"b", "a b", "é", "pg_shop", "a;drop",
        ] {
            assert!(Schema::new(name).is_err(), "{name}");
        }
        assert!(Schema::new(&"a".repeat(51)).is_err());
    }

    #[test]
    fn a_plain_name_is_filled_in() {
        let schema = Schema::new("shop_2").map(|s| s.fill("FROM {schema}.events").0);
        assert_eq!(schema.as_deref(), Ok("FROM \"shop_2\".events"));
    }
}
