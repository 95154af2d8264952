//! `#[event]`: a fact that is stored for ever under a pinned name and version.

mod check;
mod expand;
mod format;
mod parse;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, parse_quote};

use crate::attr::EVENT;
use crate::attr::derives;
use crate::ctxt::Ctxt;
use crate::encrypt::Encrypted;
use crate::item::{self, Item};
use crate::krate::Root;
use crate::{fallback, refuse, shape};

use parse::EventArgs;

/// `above` holds the names of the traits that are derived above the attribute.
pub(crate) fn attribute(args: TokenStream, tokens: TokenStream, above: &[String]) -> TokenStream {
    let mut cx = Ctxt::new();
    let args = EventArgs::parse(&mut cx, args);
    let mut input = match syn::parse2::<DeriveInput>(tokens.clone()) {
        Ok(input) if !matches!(input.data, Data::Union(_)) => input,
        _ => return fallback::not_a_type(cx, EVENT, tokens),
    };
    refuse::second_declaration(&mut cx, EVENT, &mut input.attrs);
    let item = Item::read(&mut cx, &input);
    let root = Root::new(args.krate.as_ref().or(item.mink.krate.as_ref()));
    derives::check_above(&mut cx, EVENT, &item.ident, above, args.derive_none);
    check::check(&mut cx, &args, &item);
    shape::check(&mut cx, &item);
    let encrypted = Encrypted::read(&mut cx, &item, args.encrypt.as_ref());
    format::check(&mut cx, &args, &encrypted);

    let mut declared = input;
    item::strip(&mut declared);
    let masks = !encrypted.is_empty();
    let additions = derives::additions(
        &root,
        &mut declared.attrs,
        args.derive_none,
        masks,
        above,
        true,
    );
    if additions.quiet_message {
        declared.attrs.push(parse_quote!(#[prost(skip_debug)]));
    }
    let added = &additions.attributes;
    let serde_derived = derives::writes_and_reads(&declared.attrs, &additions.serde);
    let declared = declared.into_token_stream();
    if cx.is_clean() {
        let implementation = expand::expand(
            &root,
            &args,
            &item,
            &encrypted,
            additions.debug,
            serde_derived,
        );
        return quote!(#added #declared #implementation);
    }
    let errors = cx.into_compile_errors();
    let stub = fallback::event(&root, &item, additions.debug, above);
    quote!(#errors #added #declared #stub)
}
