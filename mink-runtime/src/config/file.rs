use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::setting::harmless;
use super::sources::Keys;
use super::suggest::closest;
use super::{ConfigFault, Given, Origin, Written};

/// Beyond so many lines that are not TOML, a file is something else.
const MOST_BROKEN: usize = 20;

/// What a file says. A line that is not TOML is left out, so that the other lines have their say in the same report.
pub(super) fn collect(
    path: &Path,
    content: &str,
    keys: &Keys,
    given: &mut Vec<(String, Given)>,
    faults: &mut Vec<ConfigFault>,
) {
    let mut lines: Vec<&str> = content.split_inclusive('\n').collect();
    for _ in 0..=MOST_BROKEN {
        let text = lines.concat();
        let error = match DeTable::parse(&text) {
            Ok(table) => {
                let mut reading = Reading {
                    path,
                    content: &text,
                    keys,
                    given,
                    faults,
                };
                reading.table("", table.get_ref());
                return;
            }
            Err(error) => error,
        };
        let line = line_of(&text, error.span().map_or(text.len(), |span| span.start));
        faults.push(ConfigFault::Syntax {
            at: Origin::File {
                path: path.to_owned(),
                line,
            },
            reason: format!("this is not TOML: {}", error.message()),
        });
        match lines.get_mut(line - 1) {
            Some(broken) if !broken.trim().is_empty() => *broken = "\n",
            _ => return,
        }
    }
}

/// The line of a byte, from 1.
fn line_of(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().iter().take(byte);
    before.filter(|byte| **byte == b'\n').count() + 1
}

struct Reading<'a> {
    path: &'a Path,
    content: &'a str,
    keys: &'a Keys,
    given: &'a mut Vec<(String, Given)>,
    faults: &'a mut Vec<ConfigFault>,
}

impl Reading<'_> {
    fn origin(&self, line: usize) -> Origin {
        Origin::File {
            path: self.path.to_owned(),
            line,
        }
    }

    fn table(&mut self, section: &str, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let line = line_of(self.content, key.span().start);
            let full = if section.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{section}.{}", key.get_ref())
            };
            match value.get_ref() {
                DeValue::Table(inner) if self.keys.is_section(&full) => self.table(&full, inner),
                value if self.keys.holds(&full) => {
                    let given = Given {
                        written: written(value),
                        origin: self.origin(line),
                    };
                    self.given.push((full, given));
                }
                _ => {
                    let meant = closest(&full, self.keys.all().chain(self.keys.sections()));
                    let fault = ConfigFault::UnknownSetting {
                        at: self.origin(line),
                        meant: meant.map(str::to_owned),
                        key: harmless(&full),
                    };
                    self.faults.push(fault);
                }
            }
        }
    }
}

fn written(value: &DeValue<'_>) -> Written {
    match value {
        DeValue::String(text) => Written::Text(text.to_string()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Written::Integer(number),
            Err(_) => Written::Other("a number beyond all bounds"),
        },
        DeValue::Boolean(flag) => Written::Flag(*flag),
        DeValue::Float(_) => Written::Other("a number with a fraction"),
        DeValue::Datetime(_) => Written::Other("a date"),
        DeValue::Array(_) => Written::Other("an array"),
        DeValue::Table(_) => Written::Other("a table"),
    }
}
