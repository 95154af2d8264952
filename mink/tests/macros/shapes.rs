#![allow(dead_code, reason = "only their shapes count")]

use mink::prelude::*;
use mink::schema::{PathFault, TypeShape, check_path};

fn shown<T: Shape>() -> String {
    show(&T::SHAPE)
}

fn show(shape: &TypeShape) -> String {
    match shape {
        TypeShape::Unit => "null".to_owned(),
        TypeShape::Bool => "bool".to_owned(),
        TypeShape::Integer { .. } => "int".to_owned(),
        TypeShape::Text => "text".to_owned(),
        TypeShape::Optional(inner) => format!("{}?", show(inner)),
        TypeShape::List(inner) => format!("[{}]", show(inner)),
        TypeShape::Tuple(places) => {
            format!(
                "({})",
                places.iter().map(show).collect::<Vec<_>>().join(", ")
            )
        }
        TypeShape::Struct(shape) => {
            let fields = shape.fields.iter().map(|field| {
                let default = if field.default { "=" } else { "" };
                format!("{}{default}: {}", field.name, show(&field.shape))
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        TypeShape::Enum(shape) => {
            let variants = shape
                .variants
                .iter()
                .map(|variant| format!("{} {}", variant.name, show(&variant.shape)));
            format!(
                "{:?} {}",
                shape.tag,
                variants.collect::<Vec<_>>().join(" | ")
            )
        }
        TypeShape::Lazy(_) => "...".to_owned(),
        other => format!("{other:?}"),
    }
}

#[derive(Shape)]
struct Unit;
#[derive(Shape)]
struct Newtype(String);
#[derive(Shape)]
struct Pair(u8, bool);

#[derive(serde::Serialize, serde::Deserialize, Shape)]
#[serde(rename_all = "camelCase")]
struct Fields {
    unit_price: u8,
    #[serde(rename = "SKU")]
    sku: String,
    #[serde(default)]
    note: Option<String>,
    #[serde(skip)]
    cached: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

#[test]
fn a_struct_is_shaped_by_its_stored_names() {
    assert_eq!(shown::<Unit>(), "null");
    assert_eq!(shown::<Newtype>(), "text");
    assert_eq!(shown::<Pair>(), "(int, bool)");
    assert_eq!(
        shown::<Fields>(),
        "{unitPrice: int, SKU: text, note=: text?, tags=: [text]}"
    );
}

#[derive(serde::Serialize, serde::Deserialize, Shape)]
#[serde(rename_all = "snake_case", rename_all_fields = "UPPERCASE")]
enum External {
    InShop {
        till: u8,
    },
    ByPhone(String),
    Both(u8, bool),
    Unknown,
    #[serde(skip)]
    Never,
}

#[derive(serde::Serialize, serde::Deserialize, Shape)]
#[serde(tag = "kind")]
enum Internal {
    InShop { till: u8 },
}

#[derive(serde::Serialize, serde::Deserialize, Shape)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    InShop { till: u8 },
}

#[derive(serde::Serialize, serde::Deserialize, Shape)]
#[serde(untagged)]
enum Untagged {
    InShop { till: u8 },
}

#[test]
fn an_enum_is_shaped_by_its_tag() {
    assert_eq!(
        shown::<External>(),
        "External in_shop {TILL: int} | by_phone text | both (int, bool) | unknown null"
    );
    assert_eq!(
        shown::<Internal>(),
        "Internal { tag: \"kind\" } InShop {till: int}"
    );
    assert_eq!(
        shown::<Adjacent>(),
        "Adjacent { tag: \"t\", content: \"c\" } InShop {till: int}"
    );
    assert_eq!(shown::<Untagged>(), "Untagged InShop {till: int}");
}

#[derive(Shape)]
struct Generic<'a, T, const N: usize>
where
    T: Clone,
{
    value: T,
    more: [T; N],
    text: std::borrow::Cow<'a, str>,
}

#[test]
fn a_generic_type_has_a_shape_for_each_argument() {
    assert_eq!(
        shown::<Generic<'static, bool, 2>>(),
        "{value: bool, more: (bool, bool), text: text}"
    );
}

#[derive(Shape)]
struct Tree {
    name: String,
    #[mink(recursive)]
    children: Vec<Tree>,
}

#[test]
fn a_recursive_type_ends_in_a_shape_that_is_looked_up() {
    assert_eq!(shown::<Tree>(), "{name: text, children: ...}");
    let TypeShape::Struct(shape) = Tree::SHAPE else {
        panic!("a struct");
    };
    let TypeShape::Lazy(children) = shape.fields[1].shape else {
        panic!("lazy");
    };
    assert_eq!(show(&children()), "[{name: text, children: ...}]");
}

#[derive(Clone, serde::Serialize, serde::Deserialize, Shape)]
#[serde(into = "String", from = "String")]
#[mink(shape = String)]
struct Sku(u32);

impl From<Sku> for String {
    fn from(sku: Sku) -> Self {
        sku.0.to_string()
    }
}
impl From<String> for Sku {
    fn from(text: String) -> Self {
        Self(text.parse().unwrap_or_default())
    }
}

#[derive(Shape)]
struct Stated {
    #[mink(shape = "Vec<u8>")]
    foreign: std::ops::Range<u8>,
    sku: Sku,
}

#[derive(serde::Serialize, serde::Deserialize, Shape)]
#[serde(transparent)]
struct Transparent {
    inner: Fields,
}

#[test]
fn a_stored_type_can_be_stated() {
    assert_eq!(shown::<Stated>(), "{foreign: [int], sku: text}");
    assert_eq!(shown::<Transparent>(), shown::<Fields>());
}

#[test]
fn paths_follow_the_shape() {
    assert_eq!(check_path(&Fields::SHAPE, "SKU"), None);
    assert_eq!(
        check_path(&Fields::SHAPE, "cached"),
        Some(PathFault::NoSuchField)
    );
    assert_eq!(check_path(&External::SHAPE, "in_shop.TILL"), None);
}

#[derive(serde::Serialize, serde::Deserialize, Shape)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(rename = "b", alias = "a", alias = "A")]
    b: u8,
    by: std::collections::BTreeMap<u32, String>,
}

#[derive(serde::Serialize, serde::Deserialize, Shape)]
#[serde(deny_unknown_fields)]
enum StrictEnum {
    #[serde(alias = "Shop")]
    InShop {
        till: u8,
    },
    Unknown,
}

#[test]
fn other_names_refused_fields_and_kinds_of_keys_are_in_the_shape() {
    use mink::schema::TypeSchema;

    assert_eq!(
        TypeSchema::of(&Strict::SHAPE).to_string(),
        "{ b: u8 (also read as `a`, `A`), by: map<u32, text> } (no other fields)"
    );
    assert_eq!(
        TypeSchema::of(&StrictEnum::SHAPE).to_string(),
        "one of { InShop: { till: u8 } (no other fields) (also read as `Shop`), Unknown }"
    );
    assert_eq!(check_path(&Strict::SHAPE, "b"), None);
    assert_eq!(check_path(&StrictEnum::SHAPE, "InShop.till"), None);
}
