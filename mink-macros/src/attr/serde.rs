//! What serde's attributes say about names and forms. Faults in them are left to serde's own derives.

mod case;

use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Token};

pub(crate) use case::Case;

use crate::ctxt::Ctxt;
use crate::span::Spanned;

/// The attributes of one container, variant or field, as far as they change what is stored.
#[derive(Default)]
pub(crate) struct SerdeKeys {
    pub(crate) rename: Option<String>,
    pub(crate) rename_all: Option<Case>,
    pub(crate) rename_all_fields: Option<Case>,
    pub(crate) tag: Option<String>,
    pub(crate) content: Option<String>,
    pub(crate) untagged: Option<Span>,
    pub(crate) transparent: bool,
    pub(crate) default: bool,
    pub(crate) skip: bool,
    pub(crate) skip_serializing: Option<Span>,
    pub(crate) skip_deserializing: Option<Span>,
    pub(crate) skip_serializing_if: Option<Span>,
    pub(crate) flatten: Option<Span>,
    /// Other names that are read as this one.
    pub(crate) aliases: Vec<String>,
    pub(crate) deny_unknown_fields: bool,
    /// Keys that hand the stored form to code which a macro cannot read: `with`, `into`, `try_from` ...
    pub(crate) opaque: Option<Spanned<String>>,
}

const OPAQUE: [&str; 9] = [
    "with",
    "serialize_with",
    "deserialize_with",
    "into",
    "from",
    "try_from",
    "remote",
    "getter",
    "flatten_with",
];

/// Reads `#[serde(...)]`.
pub(crate) fn read(cx: &mut Ctxt, attributes: &[Attribute]) -> SerdeKeys {
    let mut keys = SerdeKeys::default();
    for attribute in attributes {
        if attribute.path().is_ident("cfg_attr") && mentions_serde(attribute) {
            cx.fault(
                attribute,
                "a serde attribute that depends on `cfg_attr` cannot be followed: what is stored must not depend on how the program is built",
            );
        }
        if !attribute.path().is_ident("serde") {
            continue;
        }
        let Ok(metas) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        else {
            continue;
        };
        for meta in metas {
            read_one(cx, &mut keys, &meta);
        }
    }
    keys
}

fn mentions_serde(attribute: &Attribute) -> bool {
    attribute
        .meta
        .to_token_stream()
        .to_string()
        .contains("serde (")
        || attribute
            .meta
            .to_token_stream()
            .to_string()
            .contains("serde(")
}

fn read_one(cx: &mut Ctxt, keys: &mut SerdeKeys, meta: &Meta) {
    let Some(name) = meta.path().get_ident().map(ToString::to_string) else {
        return;
    };
    let span = meta.path().span();
    match name.as_str() {
        "rename" => keys.rename = both_ways(cx, meta).map(|text| text.value()),
        "rename_all" => keys.rename_all = both_ways(cx, meta).and_then(|text| Case::named(&text)),
        "rename_all_fields" => {
            keys.rename_all_fields = both_ways(cx, meta).and_then(|text| Case::named(&text));
        }
        "alias" => keys.aliases.extend(text(meta).map(|text| text.value())),
        "tag" => keys.tag = text(meta).map(|text| text.value()),
        "content" => keys.content = text(meta).map(|text| text.value()),
        "untagged" => keys.untagged = Some(span),
        "transparent" => keys.transparent = true,
        "default" => keys.default = true,
        "skip" => keys.skip = true,
        "skip_serializing" => keys.skip_serializing = Some(span),
        "skip_deserializing" => keys.skip_deserializing = Some(span),
        "skip_serializing_if" => keys.skip_serializing_if = Some(span),
        "flatten" => keys.flatten = Some(span),
        "deny_unknown_fields" => keys.deny_unknown_fields = true,
        opaque if OPAQUE.contains(&opaque) && keys.opaque.is_none() => {
            keys.opaque = Some(Spanned::new(opaque.to_owned(), span));
        }
        _ => {}
    }
}

/// `key = "text"`, or `key(serialize = "text", deserialize = "text")` with one text for both.
fn both_ways(cx: &mut Ctxt, meta: &Meta) -> Option<LitStr> {
    let Meta::List(list) = meta else {
        return text(meta);
    };
    let ways = list
        .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        .ok()?;
    let way = |name: &str| {
        ways.iter()
            .find(|way| way.path().is_ident(name))
            .and_then(text)
    };
    match (way("serialize"), way("deserialize")) {
        (Some(out), Some(back)) if out.value() == back.value() => Some(out),
        _ => {
            cx.fault(
                meta,
                "the name must be the same when it is written and when it is read, or what is stored cannot be read back: write `rename = \"...\"`, and `alias = \"...\"` for a name that older events have",
            );
            None
        }
    }
}

fn text(meta: &Meta) -> Option<LitStr> {
    match meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// A field's stored name.
pub(crate) fn field_name(ident: &syn::Ident, keys: &SerdeKeys, all: Option<Case>) -> String {
    keys.rename.clone().unwrap_or_else(|| {
        let name = ident.unraw().to_string();
        all.map_or(name.clone(), |case| case.field(&name))
    })
}

/// A variant's stored name.
pub(crate) fn variant_name(ident: &syn::Ident, keys: &SerdeKeys, all: Option<Case>) -> String {
    keys.rename.clone().unwrap_or_else(|| {
        let name = ident.unraw().to_string();
        all.map_or(name.clone(), |case| case.variant(&name))
    })
}
