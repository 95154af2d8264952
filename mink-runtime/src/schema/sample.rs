use serde_json::{Map, Value, json};

use super::{EnumShape, Example, Field, StructShape, Tag, TypeShape};

/// A payload made up from a shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The payload.
    pub value: Value,
    /// Whether it holds values that may legitimately be written in another way, such as a decimal's `1.50`.
    pub lossy: bool,
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(f)
    }
}

/// Payloads that a shape allows: one with everything present and lists filled, one with as little as possible, and one
/// for every variant of every enum.
#[must_use]
pub fn samples(shape: &TypeShape) -> Vec<Sample> {
    let lossy = any_part(shape, &lossy);
    let mut values = vec![
        sample(shape, Fill::All, 0, 0),
        sample(shape, Fill::Least, 0, 0),
    ];
    for variant in 1..most_variants(shape, 0) {
        values.push(sample(shape, Fill::All, variant, 0));
    }
    values.dedup();
    values
        .into_iter()
        .map(|value| Sample { value, lossy })
        .collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Fill {
    All,
    Least,
}

/// A type that contains itself ends here.
const DEEPEST: usize = 6;

fn sample(shape: &TypeShape, fill: Fill, variant: usize, depth: usize) -> Value {
    let inner = |shape| sample(shape, fill, variant, depth + 1);
    match shape {
        TypeShape::Unit => Value::Null,
        TypeShape::Bool => json!(fill == Fill::All),
        TypeShape::Integer { signed, bits } => integer(*signed, *bits, fill),
        TypeShape::Float(_) => json!(if fill == Fill::All { 1.5 } else { 0.0 }),
        TypeShape::Text => json!(if fill == Fill::All {
            "Grüße \"𝄞\"\n"
        } else {
            ""
        }),
        TypeShape::Formatted(format) => formatted(format),
        TypeShape::Any => json!({ "any": [1, "two", null] }),
        TypeShape::Optional(_) if fill == Fill::Least || depth > DEEPEST => Value::Null,
        TypeShape::Optional(shape) => inner(shape),
        TypeShape::List(_) if fill == Fill::Least || depth > DEEPEST => json!([]),
        TypeShape::List(shape) => json!([inner(shape)]),
        TypeShape::Map { .. } if fill == Fill::Least || depth > DEEPEST => json!({}),
        TypeShape::Map { key, value } => match key_text(&inner(key)) {
            Some(key) => json!({ key: inner(value) }),
            None => json!({}),
        },
        TypeShape::Tuple(shapes) => Value::Array(shapes.iter().map(inner).collect()),
        TypeShape::Struct(StructShape { fields, .. }) => {
            Value::Object(object(fields, fill, variant, depth))
        }
        TypeShape::Enum(shape) => variant_of(shape, fill, variant, depth),
        TypeShape::Example { example, .. } => match example {
            Example::Text(text) => json!(text),
            Example::Json(json) => serde_json::from_str(json).unwrap_or(Value::Null),
        },
        TypeShape::Strict(shape) | TypeShape::Aliased { shape, .. } => inner(shape),
        TypeShape::Lazy(shape) => inner(&shape()),
    }
}

/// A key as JSON writes it: always text.
fn key_text(key: &Value) -> Option<String> {
    match key {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(key.to_string()),
        _ => None,
    }
}

fn object(fields: &[Field], fill: Fill, variant: usize, depth: usize) -> Map<String, Value> {
    fields
        .iter()
        .filter(|field| fill == Fill::All || !field.default)
        .map(|field| {
            (
                field.name.to_owned(),
                sample(&field.shape, fill, variant, depth + 1),
            )
        })
        .collect()
}

fn variant_of(shape: &EnumShape, fill: Fill, variant: usize, depth: usize) -> Value {
    let Some(chosen) = shape
        .variants
        .get(variant.min(shape.variants.len().saturating_sub(1)))
    else {
        return Value::Null;
    };
    let held = match &chosen.shape {
        TypeShape::Aliased { shape, .. } => *shape,
        shape => shape,
    };
    let content = sample(held, fill, variant, depth + 1);
    match shape.tag {
        Tag::External if matches!(held, TypeShape::Unit) => json!(chosen.name),
        Tag::External => json!({ chosen.name: content }),
        Tag::Internal { tag } => {
            let mut fields = content.as_object().cloned().unwrap_or_default();
            fields.insert(tag.to_owned(), json!(chosen.name));
            Value::Object(fields)
        }
        Tag::Adjacent { tag, .. } if matches!(held, TypeShape::Unit) => {
            json!({ tag: chosen.name })
        }
        Tag::Adjacent { tag, content: name } => json!({ tag: chosen.name, name: content }),
        Tag::Untagged => content,
    }
}

fn integer(signed: bool, bits: u16, fill: Fill) -> Value {
    if fill == Fill::Least {
        return json!(1);
    }
    // 128-bit numbers are beyond what a JSON value holds exactly
    match (signed, bits.min(64)) {
        (true, bits) => json!(i64::MIN >> (64 - bits)),
        (false, bits) => json!(u64::MAX >> (64 - bits)),
    }
}

fn formatted(format: &str) -> Value {
    json!(match format {
        "decimal" => "12.34",
        "uuid" => "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "date" => "2024-02-29",
        "time" => "23:59:58",
        "local-date-time" => "2024-02-29T23:59:58",
        "date-time" => "2024-02-29T23:59:58Z",
        "ip" | "ipv4" => "127.0.0.1",
        "ipv6" => "::1",
        "socket-address" => "127.0.0.1:80",
        "char" => "ß",
        _ => "sample",
    })
}

fn lossy(shape: &TypeShape) -> bool {
    match shape {
        TypeShape::Float(_) | TypeShape::Any => true,
        TypeShape::Formatted(format) => !matches!(*format, "uuid" | "date" | "char"),
        _ => false,
    }
}

/// How often it is followed back into a type that contains itself: there is nothing new after the second time.
const RETURNS: usize = 2;

/// Whether the shape or something in it is what `is` looks for.
pub(crate) fn any_part(shape: &TypeShape, is: &dyn Fn(&TypeShape) -> bool) -> bool {
    part(shape, is, RETURNS)
}

fn part(shape: &TypeShape, is: &dyn Fn(&TypeShape) -> bool, returns: usize) -> bool {
    let next = |shape: &TypeShape| part(shape, is, returns);
    is(shape)
        || match shape {
            TypeShape::Optional(inner)
            | TypeShape::List(inner)
            | TypeShape::Strict(inner)
            | TypeShape::Aliased { shape: inner, .. }
            | TypeShape::Example { shape: inner, .. } => next(inner),
            TypeShape::Map { key, value } => next(key) || next(value),
            TypeShape::Tuple(shapes) => shapes.iter().any(next),
            TypeShape::Struct(shape) => shape.fields.iter().any(|field| next(&field.shape)),
            TypeShape::Enum(shape) => {
                let mut variants = shape.variants.iter();
                variants.any(|variant| next(&variant.shape))
            }
            TypeShape::Lazy(shape) => returns > 0 && part(&shape(), is, returns - 1),
            _ => false,
        }
}

fn most_variants(shape: &TypeShape, depth: usize) -> usize {
    if depth > DEEPEST {
        return 1;
    }
    let next = |shape: &TypeShape| most_variants(shape, depth + 1);
    match shape {
        TypeShape::Optional(inner)
        | TypeShape::List(inner)
        | TypeShape::Map { value: inner, .. }
        | TypeShape::Strict(inner)
        | TypeShape::Aliased { shape: inner, .. } => next(inner),
        TypeShape::Tuple(shapes) => shapes.iter().map(next).max().unwrap_or(1),
        TypeShape::Struct(shape) => shape
            .fields
            .iter()
            .map(|field| next(&field.shape))
            .max()
            .unwrap_or(1),
        TypeShape::Enum(shape) => {
            let inner = shape
                .variants
                .iter()
                .map(|variant| next(&variant.shape))
                .max();
            inner.unwrap_or(1).max(shape.variants.len())
        }
        TypeShape::Lazy(shape) => next(&shape()),
        _ => 1,
    }
}
