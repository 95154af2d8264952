//! `READ_BACK`: whether all that is written of the item can be read back, as far as a macro can see.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::attr::serde::SerdeKeys;
use crate::item::{Body, FieldDef, FieldList, Item, Style, VariantDef};
use crate::krate::Root;
use crate::span::ends;

/// The value of `READ_BACK`. Without serde's own derives nothing is known.
pub(super) fn expand(root: &Root, item: &Item, serde_derived: bool) -> Option<TokenStream> {
    if !serde_derived || item.mink.shape.is_some() || item.mink.example.is_some() {
        return None;
    }
    match &item.body {
        Body::Struct(list) => {
            // an internal tag is one more field, whose name may be another's
            let by_name = item.serde.tag.is_none() && item.serde.opaque.is_none();
            if !by_name || !certain(list) {
                return None;
            }
            let mut stored = list.stored();
            match (stored.next(), stored.next()) {
                (Some(only), None) if item.serde.transparent || list.newtype().is_some() => {
                    Some(part(root, only))
                }
                (None, _) if list.newtype().is_some() => None,
                _ if item.serde.transparent => None,
                _ => Some(nested(root, list)),
            }
        }
        Body::Enum(variants) => of_enum(root, item, variants),
        Body::Union => None,
    }
}

/// Only serde's default way reads what it writes as it comes; the others put it aside first, which changes what can be
/// read.
fn of_enum(root: &Root, item: &Item, variants: &[VariantDef]) -> Option<TokenStream> {
    let keys = &item.serde;
    let by_name = keys.tag.is_none() && keys.untagged.is_none() && keys.opaque.is_none();
    let stored = || variants.iter().filter(|variant| !variant.is_skipped());
    let names = stored().flat_map(|variant| names(&variant.stored, &variant.serde));
    let certain = by_name
        && all_differ(names)
        && stored().all(|variant| {
            variant.mink.shape.is_none()
                && variant.serde.opaque.is_none()
                && certain(&variant.fields)
        });
    certain.then(|| {
        let parts = stored().map(|variant| {
            let (cfg, fields) = (&variant.cfg, nested(root, &variant.fields));
            quote!(#(#cfg)* #fields)
        });
        quote!(#root::schema::ReadBack::nested(&[#(#parts),*]))
    })
}

fn nested(root: &Root, list: &FieldList) -> TokenStream {
    let parts = list.stored().map(|field| {
        let (cfg, part) = (&field.cfg, part(root, field));
        quote!(#(#cfg)* #part)
    });
    quote!(#root::schema::ReadBack::nested(&[#(#parts),*]))
}

fn part(root: &Root, field: &FieldDef) -> TokenStream {
    let ty = &field.ty;
    let (start, end) = ends(ty);
    let open = quote_spanned!(start=> <);
    let close = quote_spanned!(end=> ::READ_BACK);
    quote!(#open #ty as #root::schema::Shape> #close)
}

fn certain(list: &FieldList) -> bool {
    let names = list
        .stored()
        .flat_map(|field| names(&field.stored, &field.serde));
    (list.style != Style::Named || all_differ(names))
        && list
            .fields
            .iter()
            .all(|field| field.is_skipped() || certain_field(field, list.style))
}

fn certain_field(field: &FieldDef, style: Style) -> bool {
    let serde = &field.serde;
    let may_be_left_out = serde.skip_serializing_if.is_some() || serde.skip_serializing.is_some();
    let filled_in = style == Style::Named && serde.default;
    serde.opaque.is_none()
        && serde.flatten.is_none()
        && serde.skip_deserializing.is_none()
        && (!may_be_left_out || filled_in)
        && field.mink.shape.is_none()
        && field.mink.example.is_none()
        && !field.mink.recursive.is_present()
}

fn names<'a>(stored: &'a str, keys: &'a SerdeKeys) -> impl Iterator<Item = &'a str> {
    std::iter::once(stored).chain(keys.aliases.iter().map(String::as_str))
}

fn all_differ<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut seen = HashSet::new();
    names.into_iter().all(|name| seen.insert(name))
}
