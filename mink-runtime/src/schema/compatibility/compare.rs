use super::{Change, ChangeKind, Comparison};
use crate::schema::{
    EnumSchema, EventSchema, FieldSchema, StructSchema, TagSchema, TypeSchema, VariantSchema,
};

/// Formats that find a value by its name, so that a payload with more or fewer of them can be read.
const BY_NAME: [&str; 2] = ["json", "msgpack"];

/// What changed from `old` to `new`, two schemas of one event.
///
/// In a format that does not find values by their names (any but `json` and `msgpack`), every change of the form is
/// breaking.
#[must_use]
pub fn compare(old: &EventSchema, new: &EventSchema) -> Comparison {
    let mut found = Found::default();
    if old.format != new.format {
        found.note("", ChangeKind::Reformatted, &old.format, &new.format);
    } else if !BY_NAME.contains(&old.format.as_str()) && old.shape != new.shape {
        found.note("", ChangeKind::ByPlace, &old.format, &new.format);
    }
    found.value("", &old.shape, &new.shape);
    found.encryption(old, new);
    Comparison {
        changes: found.changes,
    }
}

/// What changed from `old` to `new`, in a format that finds values by their names.
#[must_use]
pub fn compare_shapes(old: &TypeSchema, new: &TypeSchema) -> Comparison {
    let mut found = Found::default();
    found.value("", old, new);
    Comparison {
        changes: found.changes,
    }
}

#[derive(Default)]
struct Found {
    changes: Vec<Change>,
}

impl Found {
    fn note(&mut self, path: &str, kind: ChangeKind, before: impl ToString, after: impl ToString) {
        self.changes.push(Change {
            path: path.to_owned(),
            kind,
            before: Some(before.to_string()),
            after: Some(after.to_string()),
        });
    }

    fn came(&mut self, path: String, kind: ChangeKind, after: &TypeSchema) {
        self.changes.push(Change {
            path,
            kind,
            before: None,
            after: Some(after.to_string()),
        });
    }

    fn went(&mut self, path: String, kind: ChangeKind, before: &TypeSchema) {
        self.changes.push(Change {
            path,
            kind,
            before: Some(before.to_string()),
            after: None,
        });
    }

    fn value(&mut self, path: &str, old: &TypeSchema, new: &TypeSchema) {
        match (old, new) {
            _ if old == new => {}
            (TypeSchema::Optional(was), TypeSchema::Optional(is)) => {
                self.within(path, was, is, |inner| format!("{inner}?"));
            }
            (_, TypeSchema::Any) => self.note(path, ChangeKind::Widened, old, new),
            (TypeSchema::Optional(was), is) => {
                self.note(path, ChangeKind::MadeRequired, old, new);
                self.deeper(path, was, is);
            }
            (was, TypeSchema::Optional(is)) => {
                self.note(path, ChangeKind::MadeOptional, old, new);
                self.deeper(path, was, is);
            }
            (TypeSchema::List(was), TypeSchema::List(is)) => {
                self.within(path, was, is, |inner| format!("[{inner}]"));
            }
            (
                TypeSchema::Map { key, value },
                TypeSchema::Map {
                    key: new_key,
                    value: new_value,
                },
            ) => {
                if key != new_key {
                    let kind = if widens(key, new_key) {
                        ChangeKind::Widened
                    } else {
                        ChangeKind::Retyped
                    };
                    self.note(path, kind, old, new);
                }
                self.value(&join(path, "*"), value, new_value);
            }
            (TypeSchema::Tuple(was), TypeSchema::Tuple(is)) if was.len() == is.len() => {
                for (at, (was, is)) in was.iter().zip(is).enumerate() {
                    self.value(&join(path, &at.to_string()), was, is);
                }
            }
            (TypeSchema::Struct(was), TypeSchema::Struct(is)) => self.object(path, was, is),
            (TypeSchema::Enum(was), TypeSchema::Enum(is)) => self.one_of(path, was, is, old, new),
            _ if widens(old, new) => self.note(path, ChangeKind::Widened, old, new),
            _ => self.note(path, ChangeKind::Retyped, old, new),
        }
    }

    /// What is inside a list or an option, whose own changes are shown with what is around them.
    fn within(
        &mut self,
        path: &str,
        old: &TypeSchema,
        new: &TypeSchema,
        around: impl Fn(&str) -> String,
    ) {
        let start = self.changes.len();
        self.value(path, old, new);
        for change in self.changes.iter_mut().skip(start) {
            if change.path == path
                && matches!(change.kind, ChangeKind::Retyped | ChangeKind::Widened)
            {
                change.before = change.before.as_deref().map(&around);
                change.after = change.after.as_deref().map(&around);
            }
        }
    }

    /// What differs besides that one of the two may be missing, which was said already.
    fn deeper(&mut self, path: &str, old: &TypeSchema, new: &TypeSchema) {
        let start = self.changes.len();
        self.value(path, old, new);
        // `u32` to `u64?` is one change to a reader; `u32` to `text?` is a type that cannot be read
        let mut at = 0;
        self.changes.retain(|change| {
            at += 1;
            at <= start || change.path != path || change.kind != ChangeKind::Widened
        });
    }

    fn object(&mut self, path: &str, old: &StructSchema, new: &StructSchema) {
        let mut matched = vec![false; new.fields.len()];
        for was in &old.fields {
            let at = position(&new.fields, &was.name, |field| {
                (&field.name, &field.aliases)
            });
            let Some((at, is)) = at.and_then(|at| Some((at, new.fields.get(at)?))) else {
                let kind = if new.strict {
                    ChangeKind::RemovedAndRefused
                } else {
                    ChangeKind::Removed
                };
                self.went(join(path, &was.name), kind, &was.shape);
                continue;
            };
            if let Some(matched) = matched.get_mut(at) {
                *matched = true;
            }
            self.field(path, was, is);
        }
        for (is, matched) in new.fields.iter().zip(matched) {
            if !matched {
                let kind = if is.may_be_missing() {
                    ChangeKind::Added
                } else {
                    ChangeKind::AddedRequired
                };
                self.came(join(path, &is.name), kind, &is.shape);
            }
        }
        match (old.strict, new.strict) {
            (false, true) => self.note(path, ChangeKind::MadeStrict, "lenient", "strict"),
            (true, false) => self.note(path, ChangeKind::MadeLenient, "strict", "lenient"),
            _ => {}
        }
    }

    fn field(&mut self, path: &str, was: &FieldSchema, is: &FieldSchema) {
        let path = join(path, &is.name);
        self.names(&path, (&was.name, &was.aliases), (&is.name, &is.aliases));
        self.value(&path, &was.shape, &is.shape);
        let optional = |field: &FieldSchema| matches!(field.shape, TypeSchema::Optional(_));
        if optional(was) || optional(is) {
            // a default takes no `null`, so an option that became a defaulted field was said to be required
            return;
        }
        let says = |field: &FieldSchema| {
            let default = if field.default {
                ", with a default"
            } else {
                ""
            };
            format!("{}{default}", field.shape)
        };
        match (was.default, is.default) {
            (true, false) => {
                self.note(&path, ChangeKind::MadeRequired, says(was), says(is));
            }
            (false, true) => {
                self.note(&path, ChangeKind::MadeOptional, says(was), says(is));
            }
            _ => {}
        }
    }

    fn names(
        &mut self,
        path: &str,
        (old, old_aliases): (&String, &Vec<String>),
        (new, new_aliases): (&String, &Vec<String>),
    ) {
        if old != new {
            self.note(path, ChangeKind::Renamed { from: old.clone() }, old, new);
        }
        for alias in old_aliases {
            if alias != new && !new_aliases.contains(alias) {
                let alias = alias.clone();
                self.note(path, ChangeKind::AliasRemoved { alias }, old, new);
            }
        }
    }

    fn one_of(
        &mut self,
        path: &str,
        was: &EnumSchema,
        is: &EnumSchema,
        old: &TypeSchema,
        new: &TypeSchema,
    ) {
        if was.tag != is.tag {
            self.note(path, ChangeKind::Retagged, tag(&was.tag), tag(&is.tag));
            return;
        }
        if was.tag == TagSchema::Untagged {
            // the first variant that fits is taken, so only variants behind all others leave what is stored alone
            if !is.variants.starts_with(&was.variants) {
                self.note(path, ChangeKind::Retyped, old, new);
                return;
            }
            for variant in is.variants.iter().skip(was.variants.len()) {
                self.came(path.to_owned(), ChangeKind::VariantAdded, &variant.shape);
            }
            return;
        }
        let mut matched = vec![false; is.variants.len()];
        for variant in &was.variants {
            let names = |variant: &VariantSchema| variant.name.clone();
            let at = position(&is.variants, &variant.name, |variant| {
                (&variant.name, &variant.aliases)
            });
            let Some((at, now)) = at.and_then(|at| Some((at, is.variants.get(at)?))) else {
                let path = join(path, &names(variant));
                self.went(path, ChangeKind::VariantRemoved, &variant.shape);
                continue;
            };
            if let Some(matched) = matched.get_mut(at) {
                *matched = true;
            }
            let path = join(path, &now.name);
            self.names(
                &path,
                (&variant.name, &variant.aliases),
                (&now.name, &now.aliases),
            );
            self.value(&path, &variant.shape, &now.shape);
        }
        for (variant, matched) in is.variants.iter().zip(matched) {
            if !matched {
                let path = join(path, &variant.name);
                self.came(path, ChangeKind::VariantAdded, &variant.shape);
            }
        }
    }

    fn encryption(&mut self, old: &EventSchema, new: &EventSchema) {
        for path in &new.encrypted {
            // a field that has just come is encrypted from its beginning
            if !old.encrypted.contains(path)
                && !self.touched(path, |change| change.before.is_none())
            {
                self.note(path, ChangeKind::EncryptionAdded, "clear", "encrypted");
            }
        }
        for path in &old.encrypted {
            if !new.encrypted.contains(path) && !self.touched(path, |change| change.after.is_none())
            {
                self.note(path, ChangeKind::EncryptionRemoved, "encrypted", "clear");
            }
        }
    }

    /// Whether such a change is at this path or above it.
    fn touched(&self, path: &str, such: impl Fn(&Change) -> bool) -> bool {
        self.changes.iter().any(|change| {
            such(change)
                && path
                    .strip_prefix(change.path.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

/// The part that is read as `name`: the one that is called so, or else one that has it as another name.
fn position<'a, T>(
    parts: &'a [T],
    name: &String,
    names: impl Fn(&'a T) -> (&'a String, &'a Vec<String>),
) -> Option<usize> {
    parts
        .iter()
        .position(|part| names(part).0 == name)
        .or_else(|| parts.iter().position(|part| names(part).1.contains(name)))
}

/// Whether every value of the old type is one of the new type, written in the same way.
fn widens(old: &TypeSchema, new: &TypeSchema) -> bool {
    match (old, new) {
        (
            TypeSchema::Integer { signed, bits },
            TypeSchema::Integer {
                signed: new_signed,
                bits: new_bits,
            },
        ) => match (signed, new_signed) {
            (true, true) | (false, false) => new_bits >= bits,
            (false, true) => new_bits > bits,
            (true, false) => false,
        },
        (TypeSchema::Float(bits), TypeSchema::Float(new_bits)) => new_bits >= bits,
        (TypeSchema::Formatted(_), TypeSchema::Text) => true,
        _ => false,
    }
}

fn tag(tag: &TagSchema) -> String {
    match tag {
        TagSchema::External => "by a field of the variant's name".to_owned(),
        TagSchema::Internal { tag } => format!("by its field `{tag}`"),
        TagSchema::Adjacent { tag, content } => {
            format!("by `{tag}`, with its content in `{content}`")
        }
        TagSchema::Untagged => "by what it holds alone".to_owned(),
    }
}

fn join(path: &str, part: &str) -> String {
    if path.is_empty() {
        part.to_owned()
    } else {
        format!("{path}.{part}")
    }
}
