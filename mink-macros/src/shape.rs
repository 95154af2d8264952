//! `#[derive(Shape)]`: how a type is stored, following serde's attributes.

mod check;
mod expand;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::ctxt::Ctxt;
use crate::fallback;
use crate::item::Item;
use crate::krate::Root;

pub(crate) use check::check;
pub(crate) use expand::expand;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut cx = Ctxt::new();
    let item = Item::read(&mut cx, input);
    let root = Root::new(item.mink.krate.as_ref());
    check(&mut cx, &item);
    check::no_foreign_keys(&mut cx, &item);
    if cx.is_clean() {
        return expand(&root, &item);
    }
    let errors = cx.into_compile_errors();
    let stub = fallback::shape(&root, &item.ident, &item.generics);
    quote!(#errors #stub)
}
