//! Which field of a command holds its idempotency key.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{LitStr, PathArguments, Type};

use super::parse::CommandArgs;
use crate::attr::{IDEMPOTENCY_KEY, LOCAL, REPLAY_ERRORS};
use crate::ctxt::Ctxt;
use crate::item::{Body, FieldDef, Item};
use crate::krate::Root;
use crate::span::ends;
use crate::suggest;

/// The field that `idempotency_key = "field"` names.
pub(super) fn check<'a>(cx: &mut Ctxt, args: &CommandArgs, item: &'a Item) -> Option<&'a FieldDef> {
    if let (Some(span), None) = (args.replay_errors, &args.idempotency_key) {
        let ident = &item.ident;
        let message = if args.local {
            format!(
                "`{REPLAY_ERRORS}` keeps refusals under an idempotency key, and `{ident}` is `{LOCAL}`, so it cannot have one: remove `{REPLAY_ERRORS}` or `{LOCAL}`"
            )
        } else {
            format!(
                "`{REPLAY_ERRORS}` keeps refusals under the idempotency key, and `{ident}` has none: add `{IDEMPOTENCY_KEY} = \"...\"`, or give both when the command is dispatched"
            )
        };
        cx.fault_at(span, message);
    }
    let name = args.idempotency_key.as_ref()?;
    if args.local {
        cx.fault(
            name,
            format!(
                "`{}` is `{LOCAL}`, so it is never stored, and cannot be told from another command with the same key: remove `{LOCAL}` or `{IDEMPOTENCY_KEY}`",
                item.ident
            ),
        );
        return None;
    }
    let Body::Struct(list) = &item.body else {
        return None;
    };
    let text = name.value();
    let wanted = text.trim_start_matches("r#");
    let found = list.fields.iter().find(|field| field.name() == wanted);
    if found.is_none() {
        missing(
            cx,
            item,
            name,
            list.fields.iter().map(FieldDef::name).collect(),
        );
    }
    found
}

fn missing(cx: &mut Ctxt, item: &Item, name: &LitStr, fields: Vec<String>) {
    let text = name.value();
    let names = || fields.iter().map(String::as_str);
    let ident = &item.ident;
    let there_is_none = match text.is_empty() {
        true => format!("`{IDEMPOTENCY_KEY}` of `{ident}` is empty"),
        false => format!("`{ident}` has no field `{text}`"),
    };
    let message = match suggest::closest(text.trim_start_matches("r#"), names()) {
        Some(meant) => format!("{there_is_none}: did you mean `{IDEMPOTENCY_KEY} = \"{meant}\"`?"),
        None if fields.is_empty() => format!(
            "`{ident}` has no fields: `{IDEMPOTENCY_KEY}` names the field that holds the key, such as `request_id: String`"
        ),
        None => format!(
            "{there_is_none}: `{IDEMPOTENCY_KEY}` names the field that holds the key, one of {}",
            suggest::list(names())
        ),
    };
    cx.fault(name, message);
}

/// The method that gives the key. A field that may be missing gives none when it is.
pub(super) fn expand(root: &Root, field: &FieldDef, span: Span) -> TokenStream {
    let (member, ty) = (&field.member, &field.ty);
    let (inner, optional) = match within_option(ty) {
        Some(inner) => (inner, true),
        None => (ty, false),
    };
    let (start, end) = ends(inner);
    let open = quote_spanned!(start=> <);
    let close = quote_spanned!(end=> >::key_text);
    let text = quote!(#open #inner as #root::command::KeyText #close);
    // `self` of the method below, not one that a `macro_rules!` was passed
    let this = quote!(self);
    let value = quote_spanned!(span=> #this.#member);
    let key = if optional {
        quote!(::core::option::Option::map(::core::option::Option::as_ref(&#value), |key| #text(key)))
    } else {
        quote!(::core::option::Option::Some(#text(&#value)))
    };
    quote! {
        fn idempotency_key(&self) -> ::core::option::Option<#root::__private::Cow<'_, str>> {
            #key
        }
    }
}

fn within_option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != "Option" {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}
