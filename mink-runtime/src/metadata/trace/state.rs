use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most members a list may have.
const MEMBERS: usize = 32;
/// What everybody must be able to pass along, in bytes. What is longer loses its last members.
const LENGTH: usize = 512;

/// The header `tracestate`: a list of what tracing systems pass along, checked against the grammar.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceState(Box<str>);

/// Why a `tracestate` cannot be read. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTraceState {
    /// Nothing is in it.
    #[error("the tracestate is empty")]
    Empty,
    /// More members than allowed.
    #[error("a tracestate has at most 32 members")]
    TooMany,
    /// A member is not `key=value` in the characters that are allowed.
    #[error("member {member} of the tracestate is not valid")]
    Member {
        /// Which one, from 1.
        member: usize,
    },
    /// Two members have the same key.
    #[error("member {member} of the tracestate has the key of another")]
    Twice {
        /// Which one, from 1.
        member: usize,
    },
}

impl TraceState {
    /// The header's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TraceState {
    type Err = InvalidTraceState;

    fn from_str(text: &str) -> Result<Self, InvalidTraceState> {
        let mut keys = HashSet::new();
        let mut kept = String::new();
        let members = text
            .split(',')
            .map(|member| member.trim_matches([' ', '\t']))
            .filter(|member| !member.is_empty());
        for (member, number) in members.zip(1..) {
            if number > MEMBERS {
                return Err(InvalidTraceState::TooMany);
            }
            let (key, value) = member
                .split_once('=')
                .filter(|(key, value)| is_key(key) && is_value(value))
                .ok_or(InvalidTraceState::Member { member: number })?;
            if !keys.insert(key) {
                return Err(InvalidTraceState::Twice { member: number });
            }
            let comma = usize::from(!kept.is_empty());
            if kept.len() + comma + key.len() + 1 + value.len() <= LENGTH {
                if comma == 1 {
                    kept.push(',');
                }
                kept.push_str(member);
            }
        }
        if kept.is_empty() {
            return Err(InvalidTraceState::Empty);
        }
        Ok(Self(kept.into()))
    }
}

/// A lower-case letter or a digit, then up to 255 of those and `_-*/`; `tenant@system` has both parts so.
fn is_key(key: &str) -> bool {
    let part = |text: &str, most: usize| {
        let rest = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/".contains(&byte)
        };
        text.len() <= most
            && text
                .bytes()
                .next()
                .is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit())
            && text.bytes().all(rest)
    };
    match key.split_once('@') {
        Some((tenant, system)) => part(tenant, 241) && part(system, 14),
        None => part(key, 256),
    }
}

/// Up to 256 printable characters of ASCII without `,` and `=`, the last no blank.
fn is_value(value: &str) -> bool {
    let allowed = |byte: u8| (0x20..=0x7e).contains(&byte) && byte != b'=';
    (1..=256).contains(&value.len()) && value.bytes().all(allowed) && !value.ends_with(' ')
}

impl TryFrom<String> for TraceState {
    type Error = InvalidTraceState;
    fn try_from(text: String) -> Result<Self, InvalidTraceState> {
        text.parse()
    }
}

impl From<TraceState> for String {
    fn from(state: TraceState) -> Self {
        state.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, InvalidTraceState> {
        text.parse::<TraceState>().map(Into::into)
    }

    #[test]
    fn a_list_is_read_without_blanks_and_empty_members() {
        let read = read("rojo=00f067aa0ba902b7, congo=t61rcWkgMzE,,\t1a-b*/_@sys=a b:c ,");
        let kept = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,1a-b*/_@sys=a b:c";
        assert_eq!(read.as_deref(), Ok(kept));
    }

    #[test]
    fn what_the_grammar_refuses_is_refused() {
        use InvalidTraceState::{Empty, Member, TooMany, Twice};
        let many: Vec<_> = (0..33).map(|n| format!("a{n}=1")).collect();
        for (text, fault) in [
            (String::new(), Empty),
            (" , ,".to_owned(), Empty),
            ("a".to_owned(), Member { member: 1 }),
            ("a=1,B=2".to_owned(), Member { member: 2 }),
            ("a=".to_owned(), Member { member: 1 }),
            ("a=b=c".to_owned(), Member { member: 1 }),
            ("a=é".to_owned(), Member { member: 1 }),
            ("a=1\r\nx: y".to_owned(), Member { member: 1 }),
            ("a@b@c=1".to_owned(), Member { member: 1 }),
            ("a=1,b=2,a=3".to_owned(), Twice { member: 3 }),
            (many.join(","), TooMany),
        ] {
            assert_eq!(read(&text), Err(fault), "{text}");
        }
    }

    #[test]
    fn what_is_too_long_loses_whole_members() {
        let long = format!("a={},b={},c=3", "x".repeat(250), "y".repeat(256));
        let kept = read(&long);
        assert_eq!(
            kept,
            Ok(format!("a={},b={}", "x".repeat(250), "y".repeat(256)))
        );
        let larger = format!("a={},b={},c=3", "x".repeat(256), "y".repeat(256));
        assert_eq!(read(&larger), Ok(format!("a={},c=3", "x".repeat(256))));
    }
}
