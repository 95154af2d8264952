use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Type, TypePath};

use crate::attr::serde::SerdeKeys;
use crate::ctxt::Ctxt;
use crate::item::{Body, FieldDef, Item, VariantDef};

/// Refuses what the stored form cannot be read from.
pub(crate) fn check(cx: &mut Ctxt, item: &Item) {
    if let Body::Union = item.body {
        cx.fault(
            &item.ident,
            "a union has no stored form: use a struct or an enum",
        );
        return;
    }
    if item.mink.shape.is_some() {
        return;
    }
    if let Some(opaque) = &item.serde.opaque {
        cx.fault_at(
            opaque.span,
            format!(
                "`{}` hides how `{}` is stored: say it with `#[mink(shape = Type)]` beside it, the type that is written",
                opaque.value, item.ident
            ),
        );
    }
    match &item.body {
        Body::Struct(list) => list
            .fields
            .iter()
            .for_each(|field| check_field(cx, item, field)),
        Body::Enum(variants) => {
            for variant in variants {
                check_variant(cx, variant);
                for field in &variant.fields.fields {
                    check_field(cx, item, field);
                }
            }
        }
        Body::Union => {}
    }
}

fn check_variant(cx: &mut Ctxt, variant: &VariantDef) {
    if let Some(span) = variant.serde.untagged {
        cx.fault_at(
            span,
            "a single untagged variant cannot be followed: put `#[serde(untagged)]` on the whole enum, or give the variant a tag",
        );
    }
    if variant.mink.shape.is_none()
        && let Some(opaque) = &variant.serde.opaque
    {
        cx.fault_at(
            opaque.span,
            format!(
                "`{}` hides how the variant `{}` is stored: say it with `#[mink(shape = Type)]` beside it",
                opaque.value, variant.ident
            ),
        );
    }
    check_skip(cx, &variant.serde, "variant");
}

fn check_field(cx: &mut Ctxt, item: &Item, field: &FieldDef) {
    if field.is_skipped() || field.mink.shape.is_some() {
        return;
    }
    let name = field.name();
    if let Some(opaque) = &field.serde.opaque {
        cx.fault_at(
            opaque.span,
            format!(
                "`{}` hides how `{name}` is stored: say it with `#[mink(shape = Type)]` on the field, the type that is written (for example `#[mink(shape = String)]`)",
                opaque.value
            ),
        );
    }
    if let Some(span) = field.serde.flatten {
        cx.fault_at(
            span,
            format!(
                "`flatten` is not supported in what mink stores: the fields of `{name}` would be mixed with those around it; store `{name}` as a field of its own"
            ),
        );
    }
    check_skip(cx, &field.serde, "field");
    if let Some(span) = field.serde.skip_serializing_if
        && !has_default(item, field)
        && !is_option(&field.ty)
    {
        cx.fault_at(
            span,
            format!(
                "`{name}` may be left out when it is written, but must be there when it is read: add `default` to its `#[serde(...)]`"
            ),
        );
    }
    if !field.mink.recursive.is_present() && mentions(field.ty.to_token_stream(), &item.ident) {
        cx.fault(
            &field.ty,
            format!(
                "`{}` contains itself through `{name}`: add `#[mink(recursive)]` to the field",
                item.ident
            ),
        );
    }
}

fn check_skip(cx: &mut Ctxt, keys: &SerdeKeys, what: &str) {
    match (keys.skip, keys.skip_serializing, keys.skip_deserializing) {
        (false, Some(span), None) if !keys.default => cx.fault_at(
            span,
            format!(
                "this {what} is never written but expected when read, so nothing stored could be read back: write `skip`"
            ),
        ),
        (false, None, Some(span)) => cx.fault_at(
            span,
            format!("this {what} is written but never read back: write `skip`, or remove this"),
        ),
        _ => {}
    }
}

fn has_default(item: &Item, field: &FieldDef) -> bool {
    field.serde.default || item.serde.default
}

fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Path(TypePath { path, .. })
        if path.segments.last().is_some_and(|last| last.ident == "Option"))
}

fn mentions(tokens: TokenStream, ident: &Ident) -> bool {
    let mut after_path = false;
    for tree in tokens {
        let found = match &tree {
            TokenTree::Ident(found) => !after_path && found == ident,
            TokenTree::Group(group) => mentions(group.stream(), ident),
            _ => false,
        };
        if found {
            return true;
        }
        // `other::Tree` is another type
        after_path = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ':');
    }
    false
}

/// Keys that belong on an event or on a command.
pub(super) fn no_foreign_keys(cx: &mut Ctxt, item: &Item) {
    for field in item.fields() {
        let name = field.name();
        if field.mink.encrypt.is_present() {
            cx.fault_at(
                field.mink.encrypt.span(),
                format!(
                    "encryption is declared on the event that holds this: write `#[event(encrypt = \"....{name}\")]` with the path that leads here"
                ),
            );
        }
        if field.mink.id.is_present() {
            cx.fault_at(
                field.mink.id.span(),
                "only a command has an id: put `#[mink(id)]` on a field of a `#[command]`",
            );
        }
    }
}
