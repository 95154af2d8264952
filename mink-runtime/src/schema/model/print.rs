use std::fmt::{self, Write};

use super::{EnumSchema, EventSchema, FieldSchema, TagSchema, TypeSchema, VariantSchema};

/// On one line.
impl fmt::Display for TypeSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printer { out: f, step: None }.value(self, 0)
    }
}

/// One line for the format, one for what is encrypted, and one for each field.
impl fmt::Display for EventSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "format: {}", self.format)?;
        if !self.encrypted.is_empty() {
            writeln!(f, "encrypted: {}", self.encrypted.join(", "))?;
        }
        let mut printer = Printer {
            out: f,
            step: Some(4),
        };
        match &self.shape {
            TypeSchema::Struct(shape) => {
                for field in &shape.fields {
                    printer.field(field, 0)?;
                    printer.out.write_char('\n')?;
                }
                if shape.strict {
                    writeln!(printer.out, "(no other fields)")?;
                }
                Ok(())
            }
            other => {
                printer.value(other, 0)?;
                printer.out.write_char('\n')
            }
        }
    }
}

struct Printer<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    /// How far what is inside is indented; `None`: all on one line.
    step: Option<usize>,
}

impl Printer<'_, '_> {
    fn value(&mut self, schema: &TypeSchema, indent: usize) -> fmt::Result {
        match schema {
            TypeSchema::Formatted(format) => self.out.write_str(format),
            TypeSchema::Optional(inner) => {
                self.value(inner, indent)?;
                self.out.write_char('?')
            }
            TypeSchema::List(inner) => {
                self.out.write_char('[')?;
                self.value(inner, indent)?;
                self.out.write_char(']')
            }
            TypeSchema::Map { key, value } => {
                self.out.write_str("map<")?;
                self.value(key, indent)?;
                self.out.write_str(", ")?;
                self.value(value, indent)?;
                self.out.write_char('>')
            }
            TypeSchema::Tuple(places) => {
                self.out.write_char('(')?;
                for (at, place) in places.iter().enumerate() {
                    if at > 0 {
                        self.out.write_str(", ")?;
                    }
                    self.value(place, indent)?;
                }
                self.out.write_char(')')
            }
            TypeSchema::Struct(shape) => {
                let (open, close) = if shape.strict {
                    ("{", "} (no other fields)")
                } else {
                    ("{", "}")
                };
                self.out.write_str(open)?;
                self.list(&shape.fields, indent, Self::field)?;
                self.out.write_str(close)
            }
            TypeSchema::Enum(shape) => self.one_of(shape, indent),
            TypeSchema::Recursive(1) => self.out.write_str("itself"),
            TypeSchema::Recursive(levels) => write!(self.out, "itself, {levels} levels up"),
            scalar => self.out.write_str(&scalar.scalar().unwrap_or_default()),
        }
    }

    fn one_of(&mut self, shape: &EnumSchema, indent: usize) -> fmt::Result {
        self.out.write_str("one of")?;
        match &shape.tag {
            TagSchema::External => {}
            TagSchema::Internal { tag } => write!(self.out, " by `{tag}`")?,
            TagSchema::Adjacent { tag, content } => {
                write!(self.out, " by `{tag}` with `{content}`")?;
            }
            TagSchema::Untagged => self.out.write_str(" (untagged)")?,
        }
        self.out.write_str(" {")?;
        self.list(&shape.variants, indent, Self::variant)?;
        self.out.write_char('}')
    }

    fn list<T>(
        &mut self,
        parts: &[T],
        indent: usize,
        print: fn(&mut Self, &T, usize) -> fmt::Result,
    ) -> fmt::Result {
        let inner = indent + self.step.unwrap_or_default();
        for (at, part) in parts.iter().enumerate() {
            match self.step {
                Some(_) => write!(self.out, "\n{:inner$}", "")?,
                None if at > 0 => self.out.write_str(", ")?,
                None => self.out.write_char(' ')?,
            }
            print(self, part, inner)?;
        }
        match self.step {
            _ if parts.is_empty() => Ok(()),
            Some(_) => write!(self.out, "\n{:indent$}", ""),
            None => self.out.write_char(' '),
        }
    }

    fn field(&mut self, field: &FieldSchema, indent: usize) -> fmt::Result {
        write!(self.out, "{}: ", field.name)?;
        self.value(&field.shape, indent)?;
        if field.default {
            self.out.write_str(" (may be missing)")?;
        }
        self.aliases(&field.aliases)
    }

    fn variant(&mut self, variant: &VariantSchema, indent: usize) -> fmt::Result {
        match (&variant.shape, variant.name.is_empty()) {
            (shape, true) => self.value(shape, indent)?,
            (TypeSchema::Null, false) => self.out.write_str(&variant.name)?,
            (shape, false) => {
                write!(self.out, "{}: ", variant.name)?;
                self.value(shape, indent)?;
            }
        }
        self.aliases(&variant.aliases)
    }

    fn aliases(&mut self, aliases: &[String]) -> fmt::Result {
        if aliases.is_empty() {
            return Ok(());
        }
        write!(self.out, " (also read as `{}`)", aliases.join("`, `"))
    }
}
