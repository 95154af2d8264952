//! `encrypt = "a, b.c"` and `#[mink(encrypt)]`: which stored fields hold personal data.

mod debug;
mod path;

pub(crate) use debug::masking_debug;
pub(crate) use path::EncryptedPath;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::LitStr;

use crate::ctxt::Ctxt;
use crate::item::{Body, FieldDef, FieldList, Item, Style, VariantDef};
use crate::krate::Root;
use crate::suggest;

/// The encrypted paths of an item, as far as a macro can check them.
pub(crate) struct Encrypted {
    paths: Vec<EncryptedPath>,
}

/// What a path may begin with.
enum Top<'a> {
    /// The stored fields of the item.
    Fields(Vec<&'a FieldDef>),
    /// The stored name of a variant, then one of its fields.
    Variant(&'a [VariantDef]),
    /// The name under which an adjacently tagged enum keeps its content.
    Content(&'a str),
    /// Whatever another type has: the item is stored as that type.
    Other,
    /// Nothing has a name.
    Nameless,
}

impl Encrypted {
    /// Reads the list of the attribute and the marks on the fields; faults go to `cx`.
    pub(crate) fn read(cx: &mut Ctxt, item: &Item, list: Option<&LitStr>) -> Self {
        let mut paths = list.map_or_else(Vec::new, |list| path::split(cx, list));
        for path in &paths {
            check_top(cx, item, path);
        }
        paths.extend(marked(cx, item));
        path::check_overlap(cx, &paths);
        Self { paths }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Whether a path leads into a nested type, which only its `Shape` can check.
    pub(crate) fn goes_deep(&self, item: &Item) -> bool {
        self.paths
            .iter()
            .any(|path| path.segments().count() > checked_here(item, path))
    }

    /// The value of `ENCRYPTED`.
    pub(crate) fn to_const(&self) -> TokenStream {
        let texts = self.paths.iter().map(|path| &path.text);
        quote!(&[#(#texts),*])
    }

    /// Checks the paths against the item's `Shape` while the user's program compiles.
    pub(crate) fn assertions(&self, root: &Root, item: &Item) -> TokenStream {
        self.paths
            .iter()
            .map(|path| assertion(root, item, path))
            .collect()
    }

    /// Whether `field`, of the variant `variant` in an enum, holds something that is encrypted.
    fn masks(&self, item: &Item, variant: Option<&VariantDef>, field: &FieldDef) -> bool {
        self.paths.iter().any(|path| {
            let mut segments = path.segments();
            let first = segments.next().unwrap_or_default();
            match (top(item), variant) {
                (Top::Fields(_), _) => match variant {
                    Some(variant) if variant.fields.style == Style::Tuple => true,
                    _ => field.stored == first,
                },
                (Top::Variant(_), Some(variant)) => {
                    variant.stored == first && masks_within(&variant.fields, field, segments.next())
                }
                (Top::Content(content), Some(variant)) => {
                    content == first && masks_within(&variant.fields, field, segments.next())
                }
                _ => true,
            }
        })
    }
}

fn masks_within(list: &FieldList, field: &FieldDef, segment: Option<&str>) -> bool {
    match segment {
        Some(segment) if list.style == Style::Named => field.stored == segment,
        _ => true,
    }
}

fn top(item: &Item) -> Top<'_> {
    if item.mink.shape.is_some() {
        return Top::Other;
    }
    match &item.body {
        Body::Struct(_) if item.serde.transparent => Top::Other,
        Body::Struct(list) => match list.style {
            Style::Named => Top::Fields(list.stored().collect()),
            Style::Tuple if list.newtype().is_some() => Top::Other,
            Style::Tuple | Style::Unit => Top::Nameless,
        },
        Body::Enum(variants) => {
            let keys = &item.serde;
            match (&keys.untagged, &keys.tag, &keys.content) {
                (None, None, _) => Top::Variant(variants),
                (None, Some(_), Some(content)) => Top::Content(content),
                _ if variants
                    .iter()
                    .any(|variant| variant.fields.newtype().is_some()) =>
                {
                    Top::Other
                }
                _ => Top::Fields(
                    variants
                        .iter()
                        .filter(|variant| variant.fields.style == Style::Named)
                        .flat_map(|variant| variant.fields.stored())
                        .collect(),
                ),
            }
        }
        Body::Union => Top::Other,
    }
}

/// How many segments of the path the macro checks itself.
fn checked_here(item: &Item, path: &EncryptedPath) -> usize {
    match top(item) {
        Top::Fields(_) | Top::Content(_) => 1,
        Top::Variant(variants) => {
            let first = path.segments().next().unwrap_or_default();
            let named = variants
                .iter()
                .any(|variant| variant.stored == first && variant.fields.style == Style::Named);
            1 + usize::from(named)
        }
        Top::Other | Top::Nameless => 0,
    }
}

fn check_top(cx: &mut Ctxt, item: &Item, path: &EncryptedPath) {
    let mut segments = path.segments();
    let first = segments.next().unwrap_or_default();
    let ident = &item.ident;
    match top(item) {
        Top::Fields(fields) => check_field(cx, path, &format!("`{ident}`"), first, &fields, item),
        Top::Variant(variants) => {
            let Some(variant) = variants.iter().find(|variant| variant.stored == first) else {
                let names: Vec<&str> = variants.iter().map(|v| v.stored.as_str()).collect();
                let example = variants
                    .iter()
                    .find_map(|variant| Some((variant, variant.fields.stored().next()?)))
                    .map_or_else(
                        || "Variant.field".to_owned(),
                        |(variant, field)| format!("{}.{}", variant.stored, field.stored),
                    );
                let message = match suggest::closest(first, names) {
                    Some(meant) => format!(
                        "the enum `{ident}` has no variant `{first}` to encrypt: did you mean `{meant}`?"
                    ),
                    None => format!(
                        "the enum `{ident}` has no variant `{first}`: the path to a field of an enum begins with the variant, as in `{example}`"
                    ),
                };
                cx.fault_at(path.span, message);
                return;
            };
            if let (Some(second), Style::Named) = (segments.next(), variant.fields.style) {
                let fields: Vec<&FieldDef> = variant.fields.stored().collect();
                let whole = format!("`{ident}::{}`", variant.ident);
                check_field(cx, path, &whole, second, &fields, item);
            }
        }
        Top::Content(content) => {
            if first != content {
                cx.fault_at(
                    path.span,
                    format!(
                        "`{ident}` keeps its content under `{content}`: write `{content}.{}`",
                        path.text
                    ),
                );
            }
        }
        Top::Nameless => cx.fault_at(
            path.span,
            format!("`{ident}` has no named fields, so nothing in it can be encrypted: write it as a struct with named fields"),
        ),
        Top::Other => {}
    }
}

fn check_field(
    cx: &mut Ctxt,
    path: &EncryptedPath,
    whole: &str,
    segment: &str,
    fields: &[&FieldDef],
    item: &Item,
) {
    if fields.iter().any(|field| field.stored == segment) {
        return;
    }
    let renamed = fields.iter().find(|field| field.name() == segment);
    let skipped = item
        .fields()
        .any(|field| field.is_skipped() && field.name() == segment);
    let message = if let Some(field) = renamed {
        format!(
            "`{segment}` is stored as `{}`: write the stored name, `{}`",
            field.stored, field.stored
        )
    } else if skipped {
        format!(
            "`{segment}` is skipped by serde, so it is never stored and cannot be encrypted: remove it from `encrypt`"
        )
    } else {
        let names = fields.iter().map(|field| field.stored.as_str());
        match suggest::closest(segment, names.clone()) {
            Some(meant) => {
                format!("{whole} has no field `{segment}` to encrypt: did you mean `{meant}`?")
            }
            None if fields.is_empty() => {
                format!("{whole} has no field `{segment}` to encrypt: it has no fields at all")
            }
            None => format!(
                "{whole} has no field `{segment}` to encrypt: it has {}",
                suggest::list(names)
            ),
        }
    };
    cx.fault_at(path.span, message);
}

/// The paths of the fields that `#[mink(encrypt)]` marks.
fn marked(cx: &mut Ctxt, item: &Item) -> Vec<EncryptedPath> {
    let mut paths = Vec::new();
    let mut add = |cx: &mut Ctxt, prefix: &[&str], list: &FieldList, field: &FieldDef| {
        if !field.mink.encrypt.is_present() {
            return;
        }
        let span = field.mink.encrypt.span();
        if field.is_skipped() {
            cx.fault_at(
                span,
                format!(
                    "`{}` is skipped by serde, so it is never stored and cannot be encrypted",
                    field.name()
                ),
            );
            return;
        }
        let mut segments = prefix.to_vec();
        match list.style {
            Style::Named => segments.push(&field.stored),
            _ if list.newtype().is_some() && !prefix.is_empty() => {}
            _ => {
                cx.fault_at(
                    span,
                    "a field without a name cannot be encrypted: give it a name",
                );
                return;
            }
        }
        paths.push(EncryptedPath::new(segments.join("."), span));
    };
    match &item.body {
        Body::Struct(list) => {
            for field in &list.fields {
                add(cx, &[], list, field);
            }
        }
        Body::Enum(variants) => {
            for variant in variants {
                if variant.mink.encrypt.is_present() {
                    cx.fault_at(
                        variant.mink.encrypt.span(),
                        "`encrypt` marks a field: put it on the fields of the variant",
                    );
                }
                let prefix: Vec<&str> = match top(item) {
                    Top::Variant(_) => vec![&variant.stored],
                    Top::Content(content) => vec![content],
                    _ => Vec::new(),
                };
                for field in &variant.fields.fields {
                    add(cx, &prefix, &variant.fields, field);
                }
            }
        }
        Body::Union => {}
    }
    paths
}

/// `const _: () = match check_path(...) { ... }`, one step for each segment that only the `Shape` knows.
fn assertion(root: &Root, item: &Item, path: &EncryptedPath) -> TokenStream {
    let segments: Vec<&str> = path.segments().collect();
    let first = checked_here(item, path);
    let ident = &item.ident;
    let mut check = quote!(());
    for last in (first..segments.len()).rev() {
        let prefix = segments[..=last].join(".");
        let (holder, segment) = match last.checked_sub(1) {
            Some(before) => (segments[before].to_owned(), segments[last]),
            None => (ident.to_string(), segments[last]),
        };
        let no_such = escaped(&format!(
            "`encrypt = \"{}\"` of `{ident}`: `{holder}` has no stored field `{segment}`",
            path.text
        ));
        let no_fields = escaped(&format!(
            "`encrypt = \"{}\"` of `{ident}`: `{holder}` is not stored as an object with fields, so there is no `{segment}` in it; encrypt `{holder}` as a whole",
            path.text
        ));
        check = quote_spanned! {path.span=>
            match #root::schema::check_path(&<#ident as #root::schema::Shape>::SHAPE, #prefix) {
                ::core::option::Option::None => #check,
                ::core::option::Option::Some(#root::schema::PathFault::NotAnObject) => ::core::panic!(#no_fields),
                ::core::option::Option::Some(_) => ::core::panic!(#no_such),
            }
        };
    }
    if first >= segments.len() {
        return TokenStream::new();
    }
    quote_spanned!(path.span=> const _: () = #check;)
}

/// The text as a literal for `panic!`, whose braces are text.
fn escaped(message: &str) -> String {
    message.replace('{', "{{").replace('}', "}}")
}
