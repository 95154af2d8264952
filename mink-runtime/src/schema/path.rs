use super::{Field, Tag, TypeShape, Variant};

/// What is wrong with a dotted path into a stored type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFault {
    /// The path, or a part of it between two dots, is empty.
    Empty,
    /// No field of that name.
    NoSuchField,
    /// The path goes on into a value that has no fields.
    NotAnObject,
}

/// Checks a dotted path such as `address.zip` or `lines.sku` against a shape: `None` when it names a field.
///
/// Options and lists are passed through, so `lines.sku` names the field `sku` of every line. In an enum a field
/// counts when any variant has it. A free-form value (`serde_json::Value`) accepts every path. Usable in a
/// constant, which is how the macros turn a wrong path into a compile error.
#[must_use]
pub const fn check_path(shape: &TypeShape, path: &str) -> Option<PathFault> {
    check(shape, path.as_bytes(), 0)
}

const fn check(shape: &TypeShape, path: &[u8], start: usize) -> Option<PathFault> {
    match shape {
        TypeShape::Optional(inner) | TypeShape::List(inner) => check(inner, path, start),
        TypeShape::Example { shape, .. }
        | TypeShape::Strict(shape)
        | TypeShape::Aliased { shape, .. } => check(shape, path, start),
        // a constant cannot call the function behind it: such a path is checked when the registry is verified
        TypeShape::Any | TypeShape::Lazy(_) => None,
        TypeShape::Struct(shape) => field(shape.fields, path, start),
        TypeShape::Enum(shape) => {
            let mut fault = PathFault::NoSuchField;
            let mut i = 0;
            while i < shape.variants.len() {
                match variant(shape.tag, &shape.variants[i], path, start) {
                    None => return None,
                    Some(PathFault::NotAnObject) => {}
                    Some(other) => fault = other,
                }
                i += 1;
            }
            Some(fault)
        }
        TypeShape::Unit
        | TypeShape::Bool
        | TypeShape::Integer { .. }
        | TypeShape::Float(_)
        | TypeShape::Text
        | TypeShape::Formatted(_)
        | TypeShape::Map { .. }
        | TypeShape::Tuple(_) => Some(PathFault::NotAnObject),
    }
}

const fn variant(tag: Tag, variant: &Variant, path: &[u8], start: usize) -> Option<PathFault> {
    match tag {
        Tag::Untagged | Tag::Internal { .. } => check(&variant.shape, path, start),
        Tag::External => {
            let end = segment_end(path, start);
            if !equal(variant.name.as_bytes(), path, start, end) {
                return Some(PathFault::NoSuchField);
            }
            if end == path.len() {
                None
            } else {
                check(&variant.shape, path, end + 1)
            }
        }
        Tag::Adjacent { content, .. } => {
            let end = segment_end(path, start);
            if !equal(content.as_bytes(), path, start, end) {
                return Some(PathFault::NoSuchField);
            }
            if end == path.len() {
                None
            } else {
                check(&variant.shape, path, end + 1)
            }
        }
    }
}

const fn field(fields: &[Field], path: &[u8], start: usize) -> Option<PathFault> {
    let end = segment_end(path, start);
    if end == start {
        return Some(PathFault::Empty);
    }
    let mut i = 0;
    while i < fields.len() {
        if equal(fields[i].name.as_bytes(), path, start, end) {
            return if end == path.len() {
                None
            } else if end + 1 == path.len() {
                Some(PathFault::Empty)
            } else {
                check(&fields[i].shape, path, end + 1)
            };
        }
        i += 1;
    }
    Some(PathFault::NoSuchField)
}

const fn segment_end(path: &[u8], start: usize) -> usize {
    let mut end = start;
    while end < path.len() && path[end] != b'.' {
        end += 1;
    }
    end
}

const fn equal(name: &[u8], path: &[u8], start: usize, end: usize) -> bool {
    if name.len() != end - start {
        return false;
    }
    let mut i = 0;
    while i < name.len() {
        if name[i] != path[start + i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::{Shape, StructShape};
    use super::*;

    const ADDRESS: TypeShape = TypeShape::Struct(StructShape {
        name: "Address",
        fields: &[Field {
            name: "zip",
            shape: <String as Shape>::SHAPE,
            default: false,
        }],
    });
    const ORDER: TypeShape = TypeShape::Struct(StructShape {
        name: "Order",
        fields: &[
            Field {
                name: "address",
                shape: TypeShape::Optional(&ADDRESS),
                default: false,
            },
            Field {
                name: "lines",
                shape: TypeShape::List(&ADDRESS),
                default: false,
            },
            Field {
                name: "extra",
                shape: TypeShape::Any,
                default: false,
            },
        ],
    });

    #[test]
    fn a_path_names_a_field_through_options_and_lists() {
        const FOUND: Option<PathFault> = check_path(&ORDER, "address.zip");
        assert_eq!(FOUND, None);
        assert_eq!(check_path(&ORDER, "lines.zip"), None);
        assert_eq!(check_path(&ORDER, "lines"), None);
        assert_eq!(check_path(&ORDER, "extra.anything.at.all"), None);
    }

    #[test]
    fn a_wrong_path_says_how_it_is_wrong() {
        assert_eq!(check_path(&ORDER, "adress"), Some(PathFault::NoSuchField));
        assert_eq!(
            check_path(&ORDER, "address.zipp"),
            Some(PathFault::NoSuchField)
        );
        assert_eq!(
            check_path(&ORDER, "address.zip.x"),
            Some(PathFault::NotAnObject)
        );
        assert_eq!(check_path(&ORDER, ""), Some(PathFault::Empty));
        assert_eq!(check_path(&ORDER, "address."), Some(PathFault::Empty));
    }
}
