//! What a store URL says: which file, or memory, and how to open it.

use std::path::PathBuf;

use mink_runtime::storage::StorageError;

/// Where the events are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Memory,
    File(PathBuf),
}

/// The `mode` parameter, as in SQLite's own URIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `ro`: never write.
    ReadOnly,
    /// `rw`: the file must exist.
    ReadWrite,
    /// `rwc`: create the file when it is missing. The default.
    Create,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) place: Place,
    pub(crate) mode: Mode,
}

impl Location {
    pub(crate) fn parse(url: &str) -> Result<Self, StorageError> {
        let invalid = |reason: String| StorageError::InvalidUrl {
            url: url.to_owned(),
            reason,
        };
        let rest = url
            .strip_prefix("sqlite:")
            .ok_or_else(|| invalid("it must start with `sqlite:`, as `sqlite://shop.db`".into()))?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let path = decode_percent(path).map_err(invalid)?;
        if path.is_empty() {
            return Err(invalid(
                "it names no file: write `sqlite://shop.db`, or `sqlite::memory:` for a store in memory"
                    .into(),
            ));
        }
        if path.contains('\0') {
            return Err(invalid("a file's name cannot hold a NUL".into()));
        }
        let mut mode = Mode::Create;
        for parameter in parameters.split('&').filter(|text| !text.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            mode = match (name, value) {
                ("mode", "ro") => Mode::ReadOnly,
                ("mode", "rw") => Mode::ReadWrite,
                ("mode", "rwc") => Mode::Create,
                ("mode", other) => {
                    return Err(invalid(format!(
                        "mode `{other}` is unknown: write `ro`, `rw` or `rwc`"
                    )));
                }
                (other, _) => {
                    return Err(invalid(format!(
                        "parameter `{other}` is unknown: the only one is `mode` (`ro`, `rw` or `rwc`); in a file's name, write `?` as `%3F`"
                    )));
                }
            };
        }
        let place = match path.as_str() {
            ":memory:" => Place::Memory,
            // SQLite takes such a name for a URI of its own.
            path if path.starts_with("file:") || path.starts_with(':') => {
                Place::File(PathBuf::from(format!("./{path}")))
            }
            path => Place::File(PathBuf::from(path)),
        };
        if place == Place::Memory && mode != Mode::Create {
            return Err(invalid("a store in memory has no `mode`".into()));
        }
        Ok(Self { place, mode })
    }
}

fn decode_percent(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let digits = tail
                .get(..2)
                .filter(|two| two.iter().all(u8::is_ascii_hexdigit))
                .and_then(|two| std::str::from_utf8(two).ok())
                .and_then(|two| u8::from_str_radix(two, 16).ok())
                .ok_or(
                    "`%` is not followed by two hexadecimal digits: write `%` itself as `%25`",
                )?;
            bytes.push(digits);
            rest = &tail[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| "the file's name is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> Place {
        Location::parse(url).expect("a good URL").place
    }

    #[test]
    fn every_spelling_of_a_file_names_that_file() {
        assert_eq!(place("sqlite://shop.db"), Place::File("shop.db".into()));
        assert_eq!(place("sqlite:shop.db"), Place::File("shop.db".into()));
        assert_eq!(
            place("sqlite:///abs/shop.db"),
            Place::File("/abs/shop.db".into())
        );
        assert_eq!(place("sqlite://a%20b%3F.db"), Place::File("a b?.db".into()));
        assert_eq!(place("sqlite:file:x.db"), Place::File("./file:x.db".into()));
    }

    #[test]
    fn both_spellings_of_memory_name_memory() {
        assert_eq!(place("sqlite::memory:"), Place::Memory);
        assert_eq!(place("sqlite://:memory:"), Place::Memory);
    }

    #[test]
    fn what_cannot_be_understood_is_refused_by_name() {
        for (url, word) in [
            ("sqlite://", "names no file"),
            ("sqlite://shop.db?cache=shared", "`cache`"),
            ("sqlite://shop.db?mode=fast", "`fast`"),
            ("sqlite://100%.db", "%25"),
            ("sqlite://a%00b", "NUL"),
            ("sqlite://%ff", "UTF-8"),
            ("sqlite::memory:?mode=ro", "memory"),
            ("postgres://x", "sqlite:"),
        ] {
            let error = Location::parse(url).expect_err(url);
            assert!(matches!(error, StorageError::InvalidUrl { .. }), "{url}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
