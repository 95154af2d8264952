use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Payloads of one event and version, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSamples {
    /// The stored name of the event.
    pub event: String,
    /// The version of its schema.
    pub version: u32,
    /// The stored name of the payloads' format.
    pub format: String,
    /// The payloads, byte for byte.
    pub payloads: Vec<Vec<u8>>,
}

impl StoredSamples {
    /// Reads a file of the corpus, with a byte order mark or without. Payloads in JSON stand in it as they are, others as
    /// text in hexadecimal digits.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File<'a> {
            event: String,
            version: u32,
            #[serde(default = "json")]
            format: String,
            #[serde(borrow)]
            payloads: Vec<&'a RawValue>,
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let file: File<'_> = serde_json::from_slice(bytes).map_err(|error| {
            format!(
                "it is not `{{\"event\": ..., \"version\": ..., \"payloads\": [...]}}`: {}",
                error_without_values(&error)
            )
        })?;
        if file.payloads.is_empty() {
            return Err("it holds no payload".to_owned());
        }
        let payloads = file.payloads.iter().enumerate().map(|(at, raw)| {
            if file.format == "json" {
                return Ok(raw.get().as_bytes().to_vec());
            }
            serde_json::from_str::<String>(raw.get())
                .ok()
                .and_then(|text| from_hex(&text))
                .ok_or_else(|| {
                    format!(
                        "payload {}: in the format `{}` a payload is text in hexadecimal digits",
                        at + 1,
                        file.format
                    )
                })
        });
        Ok(Self {
            payloads: payloads.collect::<Result<_, _>>()?,
            event: file.event,
            version: file.version,
            format: file.format,
        })
    }
}

fn json() -> String {
    "json".to_owned()
}

/// serde quotes what does not fit, and a corpus may hold what was really stored.
fn error_without_values(error: &serde_json::Error) -> String {
    if error.is_data() {
        format!("line {}, column {}", error.line(), error.column())
    } else {
        error.to_string()
    }
}

/// The text of the file: one payload on a line.
impl fmt::Display for StoredSamples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        writeln!(f, "{{")?;
        writeln!(f, "  \"event\": {},", text(&self.event))?;
        writeln!(f, "  \"version\": {},", self.version)?;
        writeln!(f, "  \"format\": {},", text(&self.format))?;
        writeln!(f, "  \"payloads\": [")?;
        for (at, payload) in self.payloads.iter().enumerate() {
            let comma = if at + 1 < self.payloads.len() {
                ","
            } else {
                ""
            };
            if self.format == "json" {
                writeln!(f, "    {}{comma}", String::from_utf8_lossy(payload))?;
            } else {
                writeln!(f, "    \"{}\"{comma}", Hex(payload))?;
            }
        }
        writeln!(f, "  ]\n}}")
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Device names on Windows, with any ending.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];
const LONGEST: usize = 100;

/// A name for a file that every file system takes. It is for people: what is in the file says what it is.
pub(super) fn name(event: &str, version: u32, number: u32) -> String {
    let mut name = String::new();
    for byte in event.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    name.truncate(LONGEST);
    let lower = name.to_ascii_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    if name.starts_with('.')
        || RESERVED.contains(&stem.trim_end_matches(|digit: char| digit.is_ascii_digit()))
    {
        name.insert(0, '_');
    }
    match number {
        1 => format!("{name}.v{version}.json"),
        _ => format!("{name}.v{version}.{number}.json"),
    }
}
