use super::{EnumSchema, FieldSchema, StructSchema, TagSchema, TypeSchema, VariantSchema};
use crate::schema::{EnumShape, StructShape, Tag, TypeShape};

impl TypeSchema {
    /// What this shape says, by itself.
    #[must_use]
    pub fn of(shape: &TypeShape) -> Self {
        Walk::default().value(shape)
    }
}

/// A type is known again by what it is called and what its parts are called: addresses of constants are not stable.
#[derive(PartialEq)]
struct Known {
    name: &'static str,
    parts: Vec<&'static str>,
}

/// A type without end that never meets itself again ends here.
const DEEPEST: usize = 64;

#[derive(Default)]
struct Walk {
    /// The objects and enums around this place, the outermost first.
    around: Vec<Known>,
    /// Whether a shape was looked up on the way here; only such a type can contain itself.
    looked_up: bool,
}

impl Walk {
    fn value(&mut self, shape: &TypeShape) -> TypeSchema {
        match shape {
            TypeShape::Unit => TypeSchema::Null,
            TypeShape::Bool => TypeSchema::Bool,
            TypeShape::Integer { signed, bits } => TypeSchema::Integer {
                signed: *signed,
                bits: *bits,
            },
            TypeShape::Float(bits) => TypeSchema::Float(*bits),
            TypeShape::Text => TypeSchema::Text,
            TypeShape::Formatted(format) => TypeSchema::Formatted((*format).to_owned()),
            TypeShape::Any => TypeSchema::Any,
            TypeShape::Optional(inner) => TypeSchema::Optional(Box::new(self.value(inner))),
            TypeShape::List(inner) => TypeSchema::List(Box::new(self.value(inner))),
            TypeShape::Map { key, value } => TypeSchema::Map {
                key: Box::new(self.value(key)),
                value: Box::new(self.value(value)),
            },
            TypeShape::Tuple(places) => {
                TypeSchema::Tuple(places.iter().map(|place| self.value(place)).collect())
            }
            TypeShape::Struct(shape) => self.object(shape),
            TypeShape::Enum(shape) => self.one_of(shape),
            TypeShape::Example { shape, .. } | TypeShape::Aliased { shape, .. } => {
                self.value(shape)
            }
            TypeShape::Strict(shape) => strict(self.value(shape)),
            TypeShape::Lazy(shape) => {
                let before = std::mem::replace(&mut self.looked_up, true);
                let found = self.value(&shape());
                self.looked_up = before;
                found
            }
        }
    }

    fn object(&mut self, shape: &StructShape) -> TypeSchema {
        let known = Known {
            name: shape.name,
            parts: shape.fields.iter().map(|field| field.name).collect(),
        };
        self.inside(known, |walk| {
            let fields = shape.fields.iter().map(|field| {
                let (aliases, held) = aliased(&field.shape);
                FieldSchema {
                    name: field.name.to_owned(),
                    shape: walk.value(held),
                    default: field.default,
                    aliases,
                }
            });
            TypeSchema::Struct(StructSchema {
                fields: fields.collect(),
                strict: false,
            })
        })
    }

    fn one_of(&mut self, shape: &EnumShape) -> TypeSchema {
        let known = Known {
            name: shape.name,
            parts: shape.variants.iter().map(|variant| variant.name).collect(),
        };
        let tag = match shape.tag {
            Tag::External => TagSchema::External,
            Tag::Internal { tag } => TagSchema::Internal {
                tag: tag.to_owned(),
            },
            Tag::Adjacent { tag, content } => TagSchema::Adjacent {
                tag: tag.to_owned(),
                content: content.to_owned(),
            },
            Tag::Untagged => TagSchema::Untagged,
        };
        self.inside(known, |walk| {
            let variants = shape.variants.iter().map(|variant| {
                let (aliases, held) = aliased(&variant.shape);
                VariantSchema {
                    name: if tag == TagSchema::Untagged {
                        String::new()
                    } else {
                        variant.name.to_owned()
                    },
                    shape: walk.value(held),
                    aliases,
                }
            });
            let variants = variants.collect();
            TypeSchema::Enum(EnumSchema { tag, variants })
        })
    }

    fn inside(&mut self, known: Known, parts: impl FnOnce(&mut Self) -> TypeSchema) -> TypeSchema {
        if self.looked_up
            && let Some(at) = self.around.iter().rposition(|around| *around == known)
        {
            return TypeSchema::Recursive(self.around.len() - at);
        }
        if self.around.len() >= DEEPEST {
            return TypeSchema::Any;
        }
        self.around.push(known);
        let found = parts(self);
        self.around.pop();
        found
    }
}

fn aliased(shape: &TypeShape) -> (Vec<String>, &TypeShape) {
    match shape {
        TypeShape::Aliased { names, shape } => {
            (names.iter().map(|name| (*name).to_owned()).collect(), shape)
        }
        shape => (Vec::new(), shape),
    }
}

fn strict(schema: TypeSchema) -> TypeSchema {
    match schema {
        TypeSchema::Struct(shape) => TypeSchema::Struct(StructSchema {
            strict: true,
            ..shape
        }),
        TypeSchema::Enum(EnumSchema { tag, variants }) => TypeSchema::Enum(EnumSchema {
            tag,
            variants: variants
                .into_iter()
                .map(|variant| VariantSchema {
                    shape: strict(variant.shape),
                    ..variant
                })
                .collect(),
        }),
        other => other,
    }
}
