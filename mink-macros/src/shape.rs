//! `#[derive(Shape)]`: how a type is stored, following serde's attributes.

mod check;
mod expand;
mod read_back;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::ctxt::Ctxt;
use crate::fallback;
use crate::item::Item;
use crate::krate::Root;

pub(crate) use check::check;
pub(crate) use expand::expand;

/// `serde_derived` tells whether serde's own derives write the item and read it.
pub(crate) fn derive(input: &DeriveInput, serde_derived: bool) -> TokenStream {
    let mut cx = Ctxt::new();
    let item = Item::read(&mut cx, input);
    let root = Root::new(item.mink.krate.as_ref());
    check(&mut cx, &item);
    check::no_foreign_keys(&mut cx, &item);
    if cx.is_clean() {
        return expand(&root, &item, serde_derived);
    }
    let errors = cx.into_compile_errors();
    let stub = fallback::shape(&root, &item.ident, &item.generics);
    quote!(#errors #stub)
}
