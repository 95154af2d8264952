use std::fmt::Display;

/// Why a payload could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct CodecError {
    reason: String,
}

impl CodecError {
    /// A failure with this reason, which must hold nothing of the event: it reaches errors and logs.
    pub fn new(reason: impl Display) -> Self {
        Self {
            reason: reason.to_string(),
        }
    }

    /// What serde, or a library that passes serde's errors on, says is wrong, without the value that it quotes: the
    /// value may be personal. The kind of value, what was expected, and names of fields stay.
    #[allow(clippy::needless_pass_by_value, reason = "it is given to map_err")]
    pub fn without_values(error: impl Display) -> Self {
        let text = error.to_string();
        Self {
            reason: known(&text)
                .unwrap_or_else(|| "a value is not what the type expects".to_owned()),
        }
    }
}

/// Why an event could not be written.
pub(crate) enum Unwritable {
    /// Nobody provides the format.
    UnknownFormat,
    /// It cannot be written in it.
    Failed(String),
    /// It was written, and what was written cannot be read.
    NotReadBack(String),
}

/// What serde says is wrong, without the value it quotes: the value may be personal.
///
/// serde writes ``invalid type: string "bob@example.com", expected u64 at line 1 column 9``; the kind of the value
/// and what was expected stay, the value goes.
#[must_use]
pub fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = if error.line() == 0 {
        String::new()
    } else {
        format!(" at line {} column {}", error.line(), error.column())
    };
    let body = text.strip_suffix(&place).unwrap_or(&text);
    match error.classify() {
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof => text,
        serde_json::error::Category::Io => format!("it could not be read{place}"),
        serde_json::error::Category::Data => match known(body) {
            Some(said) => format!("{said}{place}"),
            None => format!("a value is not what the type expects{place}"),
        },
    }
}

/// serde's own messages, without the value that they quote.
fn known(body: &str) -> Option<String> {
    if ["missing field `", "duplicate field `"]
        .iter()
        .any(|start| body.starts_with(start))
    {
        return Some(body.to_owned());
    }
    let kind = body
        .strip_prefix("invalid type: ")
        .or_else(|| body.strip_prefix("invalid value: "))
        .map(|rest| rest.split([' ', ',']).next().unwrap_or_default())?;
    let (_, expected) = body.rsplit_once(", expected ")?;
    Some(format!("{kind} where {expected} was expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_text_keeps_the_kind_and_loses_the_value() {
        let error = serde_json::from_str::<u64>("\"bob@example.com, expected b\"").err();
        let text = error
            .map(|error| without_values(&error))
            .unwrap_or_default();
        assert!(!text.contains("bob"), "{text}");
        assert!(text.starts_with("string where u64 was expected"), "{text}");
    }

    #[test]
    fn a_custom_error_says_nothing_of_the_value() {
        let error = serde_json::from_str::<uuid::Uuid>("\"bob\"").err();
        let text = error
            .map(|error| without_values(&error))
            .unwrap_or_default();
        assert!(!text.contains("bob"), "{text}");
    }

    #[test]
    fn an_error_of_another_library_loses_the_value_too() {
        let said = |text: &str| CodecError::without_values(text).to_string();
        assert_eq!(
            said("invalid type: string \"bob, expected c\", expected u64"),
            "string where u64 was expected"
        );
        assert_eq!(said("missing field `email`"), "missing field `email`");
        assert_eq!(
            said("unknown variant `bob`, expected `a` or `b`"),
            "a value is not what the type expects"
        );
    }
}
