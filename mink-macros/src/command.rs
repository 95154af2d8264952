//! `#[command]`: a wish to change something, addressed to one aggregate.

mod check;
mod expand;
mod id;
mod key;
mod parse;
mod rules;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput};

use crate::attr::{COMMAND, derives};
use crate::ctxt::Ctxt;
use crate::encrypt::Encrypted;
use crate::item::{self, Item};
use crate::krate::Root;
use crate::{fallback, refuse, shape};

use parse::CommandArgs;

/// `above` holds the names of the traits that are derived above the attribute.
pub(crate) fn attribute(args: TokenStream, tokens: TokenStream, above: &[String]) -> TokenStream {
    let mut cx = Ctxt::new();
    let args = CommandArgs::parse(&mut cx, args);
    let mut input = match syn::parse2::<DeriveInput>(tokens.clone()) {
        Ok(input) if !matches!(input.data, Data::Union(_)) => input,
        _ => return fallback::not_a_type(cx, COMMAND, tokens),
    };
    refuse::second_declaration(&mut cx, COMMAND, &mut input.attrs);
    let item = Item::read(&mut cx, &input);
    let root = Root::new(args.krate.as_ref().or(item.mink.krate.as_ref()));
    derives::check_above(&mut cx, COMMAND, &item.ident, above, args.derive_none);
    let id = check::check(&mut cx, &args, &item);
    let key = key::check(&mut cx, &args, &item);
    let encrypted = Encrypted::read(&mut cx, &item, args.encrypt.as_ref());
    let needs_shape = encrypted.goes_deep(&item);
    if needs_shape {
        shape::check(&mut cx, &item);
    }

    let rules = rules::find(&input);
    let mut declared = input;
    item::strip(&mut declared);
    let masks = !encrypted.is_empty();
    let additions = derives::additions(
        &root,
        &mut declared.attrs,
        args.derive_none,
        masks,
        above,
        !args.local,
    );
    let added = &additions.attributes;
    let declared = declared.into_token_stream();
    match id {
        Some(id) if cx.is_clean() => {
            let implementation = expand::expand(&expand::Checked {
                root: &root,
                args: &args,
                item: &item,
                id,
                key,
                encrypted: &encrypted,
                needs_shape,
                rules,
                debug: additions.debug,
            });
            quote!(#added #declared #implementation)
        }
        _ => {
            let errors = cx.into_compile_errors();
            let stub = fallback::command(&root, &item, additions.debug);
            quote!(#errors #added #declared #stub)
        }
    }
}
