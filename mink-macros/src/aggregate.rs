//! `#[derive(Aggregate)]`: state that is rebuilt from its events.

mod check;
mod expand;
mod parse;
mod snapshot;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::ctxt::Ctxt;
use crate::fallback;
use crate::krate::Root;

use parse::AggregateKeys;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut cx = Ctxt::new();
    let keys = AggregateKeys::parse(&mut cx, input);
    let root = Root::new(keys.krate.as_ref());
    check::check(&mut cx, &keys, input);
    if cx.is_clean() {
        return expand::expand(&root, &keys, &input.ident);
    }
    let errors = cx.into_compile_errors();
    let stub = fallback::aggregate(&root, &input.ident, &input.generics);
    quote!(#errors #stub)
}
