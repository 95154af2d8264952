//! `format` and `format_since`: what payloads are written as.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::LitStr;

use super::parse::{EventArgs, StepKind};
use crate::ctxt::Ctxt;
use crate::encrypt::Encrypted;
use crate::item::Item;
use crate::krate::Root;

const JSON: &str = "json";
const MSGPACK: &str = "msgpack";
pub(super) const PROTOBUF: &str = "protobuf";

/// What people call mink's own formats.
const MEANT: [(&str, &[&str]); 3] = [
    (JSON, &["json", "serde_json"]),
    (
        MSGPACK,
        &["msgpack", "messagepack", "message-pack", "rmp", "rmp-serde"],
    ),
    (
        PROTOBUF,
        &[
            "protobuf",
            "protobufs",
            "protocol-buffers",
            "proto",
            "proto3",
            "prost",
        ],
    ),
];

pub(super) fn check(cx: &mut Ctxt, args: &EventArgs, encrypted: &Encrypted) {
    let Some(format) = &args.format else {
        if let Some(since) = &args.format_since {
            cx.fault_at(
                since.span,
                "`format_since` says from which version on payloads are in the event's format, and this event names none: write `format = \"...\"` beside it, or remove it",
            );
        }
        return;
    };
    if check_name(cx, format) {
        check_since(cx, args, format);
    }
    if args.is_protobuf() {
        check_upcasts(cx, args);
        if !encrypted.is_empty() {
            cx.fault(
                format,
                "Protocol Buffers do not say where a field is, so the encrypted fields cannot be found in a payload: write `format = \"json\"` or `format = \"msgpack\"`",
            );
        }
    }
}

fn check_name(cx: &mut Ctxt, format: &LitStr) -> bool {
    let name = format.value();
    let plain = name.to_lowercase().replace(['_', ' '], "-");
    let message = if name.trim().is_empty() {
        "the format's name is empty: write `json`, `msgpack`, `protobuf` or the name of a codec of yours; leave `format` out for the application's default".to_owned()
    } else if name.contains('\0') {
        "the format's name holds a NUL character, which PostgreSQL cannot store".to_owned()
    } else if let Some((meant, _)) = MEANT
        .iter()
        .find(|(own, names)| name != *own && names.contains(&plain.as_str()))
    {
        format!("mink calls this format `{meant}`: write `format = \"{meant}\"`")
    } else if name.trim() != name {
        format!(
            "the format's name begins or ends with a blank: write `format = \"{}\"`",
            name.trim()
        )
    } else {
        return true;
    };
    cx.fault(format, message);
    false
}

/// The format began at one of the event's versions; formats that describe themselves need not say when.
fn check_since(cx: &mut Ctxt, args: &EventArgs, format: &LitStr) {
    let Some(since) = &args.format_since else {
        return;
    };
    let (name, version) = (format.value(), args.version());
    let message = if name == JSON || name == MSGPACK {
        format!(
            "`format_since` is for a format that does not describe itself; functions on JSON read `{name}` of every version: remove it"
        )
    } else if since.value == 0 {
        "versions count from 1: write `format_since = 1`, or leave it out".to_owned()
    } else if since.value > version {
        format!(
            "this event is at version {version}, so it has its format since {version} at the latest: write `format_since = {version}`"
        )
    } else {
        return;
    };
    cx.fault_at(since.span, message);
}

/// A payload that does not describe itself is read as the struct that the event was then.
fn check_upcasts(cx: &mut Ctxt, args: &EventArgs) {
    for step in &args.upcast {
        let from = step.from.value;
        if let StepKind::Function(function) = &step.with
            && from >= args.format_since()
            && from < args.version()
        {
            let since = from + 1;
            cx.fault(
                function,
                format!(
                    "a function on JSON cannot read Protocol Buffers: name the struct that the event was at version {from}; or, when no payload of version {from} was ever written as Protocol Buffers, write `format_since = {since}`"
                ),
            );
        }
    }
}

/// `FORMAT`, `FORMAT_SINCE` and `NATIVE`.
pub(super) fn constants(root: &Root, args: &EventArgs) -> TokenStream {
    let format = args.format.as_ref().map(|format| {
        quote!(const FORMAT: ::core::option::Option<&'static str> = ::core::option::Option::Some(#format);)
    });
    let since = args.format_since.as_ref().map(|since| {
        let since = since.value;
        quote!(const FORMAT_SINCE: u32 = #since;)
    });
    quote! {
        #format
        #since
        const NATIVE: &'static [#root::event::codec::NativeFormat<Self>] = {
            #[allow(unused_imports)]
            use #root::event::codec::Unable as _;
            #root::event::codec::Able::<Self>::NATIVE
        };
    }
}

/// Refuses, while the program compiles, a format that is not compiled in or that the type has not.
pub(super) fn assertion(root: &Root, args: &EventArgs, item: &Item) -> Option<TokenStream> {
    let format = args.format.as_ref()?;
    let name = format.value();
    let title = match name.as_str() {
        MSGPACK => "MessagePack is",
        PROTOBUF => "Protocol Buffers are",
        _ => return None,
    };
    let span = format.span();
    let root = root.at(span);
    let missing = format!(
        "{title} not compiled into mink: write `mink = {{{{ version = \"...\", features = [\"{name}\"] }}}}` in Cargo.toml"
    );
    let message = args.is_protobuf().then(|| {
        let mut ident = item.ident.clone();
        ident.set_span(ident.span().located_at(span));
        quote_spanned!(span=> const _: () = #root::event::codec::is_protobuf_message::<#ident>();)
    });
    Some(quote_spanned! {span=>
        const _: () = if !#root::event::codec::is_compiled_in(#format) {
            ::core::panic!(#missing)
        };
        #message
    })
}
