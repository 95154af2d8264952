use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::aggregate::{AggregateHandlers, SnapshotPolicy};
use crate::schema::{Field, Tag, TypeShape};
use crate::storage::Fingerprint;

/// How deep a shape is followed. What is nested deeper makes no difference.
const DEPTH: usize = 64;

/// Of everything that a kept state depends on besides the stored events: its shape, the events that it evolves from with
/// the versions that this program knows, and the version that its author gives.
pub(super) fn of<A: AggregateHandlers>(policy: &SnapshotPolicy<A>) -> Fingerprint {
    let mut events: Vec<_> = A::EVOLVERS
        .iter()
        .map(|evolver| (evolver.name, evolver.version))
        .collect();
    events.sort_unstable();
    let mut text = Text::default();
    text.line("mink snapshot 1");
    text.line(&format!("version {}", policy.version));
    for (name, version) in events {
        text.line(&format!("event {name:?} {version}"));
    }
    text.shape(&policy.shape);
    Fingerprint(Sha256::digest(text.written).into())
}

/// A shape as text: two shapes with one text store alike.
#[derive(Default)]
struct Text {
    written: String,
    within: Vec<&'static str>,
}

impl Text {
    fn line(&mut self, line: &str) {
        self.written.push_str(line);
        self.written.push('\n');
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // writing to a `String` cannot fail
        let _ = self.written.write_fmt(text);
    }

    fn shape(&mut self, shape: &TypeShape) {
        if self.within.len() >= DEPTH {
            return self.put(format_args!("deep"));
        }
        match shape {
            TypeShape::Unit => self.put(format_args!("unit")),
            TypeShape::Bool => self.put(format_args!("bool")),
            TypeShape::Integer { signed, bits } => {
                self.put(format_args!("{}{bits}", if *signed { "i" } else { "u" }));
            }
            TypeShape::Float(bits) => self.put(format_args!("f{bits}")),
            TypeShape::Text => self.put(format_args!("text")),
            TypeShape::Formatted(name) => self.put(format_args!("text {name:?}")),
            TypeShape::Any => self.put(format_args!("any")),
            TypeShape::Optional(inner) => self.around("optional", &[**inner]),
            TypeShape::List(inner) => self.around("list", &[**inner]),
            TypeShape::Map(inner) => self.around("map", &[**inner]),
            TypeShape::Tuple(places) => self.around("tuple", places),
            TypeShape::Struct(found) => self.named(found.name, |text| text.fields(found.fields)),
            TypeShape::Enum(found) => self.named(found.name, |text| {
                text.tag(found.tag);
                for variant in found.variants {
                    text.put(format_args!("{:?}=", variant.name));
                    text.shape(&variant.shape);
                    text.put(format_args!(";"));
                }
            }),
            TypeShape::Example { shape, .. } => self.shape(shape),
            TypeShape::Lazy(shape) => self.shape(&shape()),
        }
    }

    fn around(&mut self, what: &'static str, inner: &[TypeShape]) {
        self.put(format_args!("{what}("));
        self.within.push(what);
        for shape in inner {
            self.shape(shape);
            self.put(format_args!(","));
        }
        self.within.pop();
        self.put(format_args!(")"));
    }

    /// A type that leads back to itself is named, not followed.
    fn named(&mut self, name: &'static str, inside: impl FnOnce(&mut Self)) {
        if self.within.contains(&name) {
            return self.put(format_args!("within {name:?}"));
        }
        self.put(format_args!("{{"));
        self.within.push(name);
        inside(self);
        self.within.pop();
        self.put(format_args!("}}"));
    }

    fn fields(&mut self, fields: &[Field]) {
        for field in fields {
            self.put(format_args!("{:?}{}:", field.name, if field.default { "?" } else { "" }));
            self.shape(&field.shape);
            self.put(format_args!(";"));
        }
    }

    fn tag(&mut self, tag: Tag) {
        match tag {
            Tag::External => self.put(format_args!("external ")),
            Tag::Internal { tag } => self.put(format_args!("internal {tag:?} ")),
            Tag::Adjacent { tag, content } => {
                self.put(format_args!("adjacent {tag:?} {content:?} "));
            }
            Tag::Untagged => self.put(format_args!("untagged ")),
        }
    }
}
