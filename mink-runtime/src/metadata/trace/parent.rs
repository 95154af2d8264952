use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The length of a header of version 00, and the least of any later one.
const LENGTH: usize = 55;

/// The bit that says that the caller may have recorded the trace.
const SAMPLED: u8 = 0b01;
/// The bit that says that the trace id is random (Level 2 of the specification).
const RANDOM: u8 = 0b10;

/// A trace, by 16 bytes that are not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// A span of a trace, by 8 bytes that are not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId([u8; 8]);

macro_rules! id {
    ($id:ident, $length:literal) => {
        impl $id {
            /// The id of these bytes; `None` when all are zero, which stands for no id.
            #[must_use]
            pub fn new(bytes: [u8; $length]) -> Option<Self> {
                (bytes != [0; $length]).then_some(Self(bytes))
            }

            /// Its bytes.
            #[must_use]
            pub fn to_bytes(self) -> [u8; $length] {
                self.0
            }
        }

        /// As lower-case hexadecimal digits.
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}
id!(TraceId, 16);
id!(SpanId, 8);

/// The header `traceparent`: which trace, which span of it, and whether it is recorded. Prints itself as the header of
/// version 00.
///
/// A header of a later version is read as far as version 00 goes, as the specification asks, and written as version
/// 00. Flags that nobody knows are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace: TraceId,
    span: SpanId,
    flags: u8,
}

/// Why a `traceparent` cannot be read. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTraceParent {
    /// It is not as long as its version wants it.
    #[error("a traceparent has 55 characters, this text has {length} bytes")]
    Length {
        /// How long it is.
        length: usize,
    },
    /// A `-` is missing, or a character is none of `0-9a-f`.
    #[error(
        "a traceparent is written as 00-<32 digits>-<16 digits>-<2 digits>, in 0-9 and a-f: byte {at} is another"
    )]
    Character {
        /// The byte, from 0.
        at: usize,
    },
    /// Version ff means nothing.
    #[error("a traceparent of version ff is not valid")]
    Version,
    /// A trace id of zeros means nothing.
    #[error("a traceparent whose trace id is all zeros is not valid")]
    NoTrace,
    /// A span id of zeros means nothing.
    #[error("a traceparent whose parent id is all zeros is not valid")]
    NoSpan,
}

impl TraceParent {
    /// A span of a trace.
    #[must_use]
    pub fn new(trace: TraceId, span: SpanId, sampled: bool) -> Self {
        Self {
            trace,
            span,
            flags: if sampled { SAMPLED } else { 0 },
        }
    }

    /// The trace.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.trace
    }

    /// The span that whatever comes next has as its parent.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.span
    }

    /// Whether the caller may have recorded the trace.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The flags that are known: sampled, and whether the trace id is random.
    #[must_use]
    pub fn flags(&self) -> u8 {
        self.flags
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl FromStr for TraceParent {
    type Err = InvalidTraceParent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceParent> {
        let text = text.trim_matches([' ', '\t']).as_bytes();
        let length = text.len();
        if length < LENGTH {
            return Err(InvalidTraceParent::Length { length });
        }
        for at in [2, 35, 52] {
            if text[at] != b'-' {
                return Err(InvalidTraceParent::Character { at });
            }
        }
        let [version] = digits(text, 0)?;
        match version {
            0xff => return Err(InvalidTraceParent::Version),
            0 if length > LENGTH => return Err(InvalidTraceParent::Length { length }),
            _ if length > LENGTH && text[LENGTH] != b'-' => {
                return Err(InvalidTraceParent::Character { at: LENGTH });
            }
            _ => {}
        }
        let trace = digits(text, 3)?;
        let span = digits(text, 36)?;
        let [flags] = digits(text, 53)?;
        Ok(Self {
            trace: TraceId::new(trace).ok_or(InvalidTraceParent::NoTrace)?,
            span: SpanId::new(span).ok_or(InvalidTraceParent::NoSpan)?,
            flags: flags & (SAMPLED | RANDOM),
        })
    }
}

/// The bytes that the lower-case digits from `at` on say.
fn digits<const N: usize>(text: &[u8], at: usize) -> Result<[u8; N], InvalidTraceParent> {
    let digit = |at: usize| match text[at] {
        digit @ b'0'..=b'9' => Ok(digit - b'0'),
        digit @ b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(InvalidTraceParent::Character { at }),
    };
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = digit(at + 2 * index)? << 4 | digit(at + 2 * index + 1)?;
    }
    Ok(bytes)
}

impl Serialize for TraceParent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceParent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Header;
        impl Visitor<'_> for Header {
            type Value = TraceParent;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a traceparent")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<TraceParent, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn read(text: &str) -> Result<String, InvalidTraceParent> {
        text.parse::<TraceParent>().map(|parent| parent.to_string())
    }

    #[test]
    fn a_header_is_read_and_written_again() {
        assert_eq!(read(HEADER).as_deref(), Ok(HEADER));
        assert_eq!(read(&format!(" {HEADER}\t")).as_deref(), Ok(HEADER));
        let unsampled = HEADER.replace("-01", "-00");
        assert_eq!(read(&unsampled), Ok(unsampled));
    }

    #[test]
    fn a_header_of_a_later_version_is_read_as_far_as_it_is_known() {
        let later = HEADER.replace("00-0af", "cc-0af");
        assert_eq!(read(&later).as_deref(), Ok(HEADER));
        assert_eq!(read(&format!("{later}-what-comes")).as_deref(), Ok(HEADER));
        let run_on = read(&format!("{later}.what"));
        assert_eq!(run_on, Err(InvalidTraceParent::Character { at: 55 }));
    }

    #[test]
    fn flags_that_nobody_knows_are_dropped() {
        let header = HEADER.replace("-01", "-ff");
        assert_eq!(read(&header), Ok(HEADER.replace("-01", "-03")));
    }

    #[test]
    fn what_the_grammar_refuses_is_refused() {
        use InvalidTraceParent::{Character, Length, NoSpan, NoTrace, Version};
        for (text, fault) in [
            (String::new(), Length { length: 0 }),
            ("00-1-2-01".to_owned(), Length { length: 9 }),
            (format!("{HEADER}-00"), Length { length: 58 }),
            (HEADER.replace("00-0", "ff-0"), Version),
            (HEADER.replace("00-0", "0G-0"), Character { at: 1 }),
            (HEADER.to_uppercase(), Character { at: 4 }),
            (HEADER.replace("c-b", "c_b"), Character { at: 35 }),
            (HEADER.replace("-01", "-0x"), Character { at: 54 }),
            (
                HEADER.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
                NoTrace,
            ),
            (HEADER.replace("b7ad6b7169203331", &"0".repeat(16)), NoSpan),
            ("é".repeat(40), Character { at: 2 }),
        ] {
            assert_eq!(read(&text), Err(fault), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,70}", header in "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.{0,9})?") {
            let _ = read(&text);
            if let Ok(written) = read(&header) {
                assert_eq!(read(&written), Ok(written));
            }
        }
    }
}
