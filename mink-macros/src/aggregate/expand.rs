use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::parse::{AggregateKeys, Cache, Name};
use crate::krate::Root;

pub(super) fn expand(root: &Root, keys: &AggregateKeys, ident: &Ident) -> TokenStream {
    let name = keys
        .name
        .as_ref()
        .map_or_else(|| ident.unraw().to_string(), |Name(name)| name.value());
    let cache = keys
        .cache
        .as_ref()
        .map(|Cache(cache)| quote!(const CACHE: bool = #cache;));
    let (policy, snapshotted) = keys
        .snapshot
        .as_ref()
        .map(|snapshot| snapshot.expand(root, ident))
        .unzip();
    let here = root.location(ident.span());
    quote! {
        #[automatically_derived]
        impl #root::aggregate::Aggregate for #ident {
            const NAME: &'static str = #name;
            #cache
            #policy
        }
        #snapshotted
        #root::__private::inventory::submit! {
            #root::registry::AggregateEntry::of::<#ident>(#here)
        }
    }
}
