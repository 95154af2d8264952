//! What is emitted beside an error, so that the rest of the user's program does not fail for lack of it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Generics, Type, parse_quote};

use crate::attr::derives::DebugBy;
use crate::ctxt::Ctxt;
use crate::item::Item;
use crate::krate::Root;
use crate::span::ends;

/// The attribute is on something that is neither a struct nor an enum, or that does not parse.
pub(crate) fn not_a_type(mut cx: Ctxt, attribute: &str, tokens: TokenStream) -> TokenStream {
    let is_item = syn::parse2::<syn::Item>(tokens.clone()).is_ok();
    if is_item {
        cx.fault_of_attribute(
            ends(&tokens).0,
            format!("`#[{attribute}]` goes on a struct or an enum"),
        );
    }
    // what does not parse is left to the compiler, which says why
    let errors = cx.into_compile_errors();
    quote!(#errors #tokens)
}

/// A `Shape` that accepts every path.
pub(crate) fn shape(root: &Root, ident: &Ident, generics: &Generics) -> TokenStream {
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #root::schema::Shape for #ident #ty_generics #where_clause {
            const SHAPE: #root::schema::TypeShape = #root::schema::TypeShape::Any;
        }
    }
}

/// A `Debug` that prints the name alone.
fn debug(item: &Item, debug: DebugBy) -> Option<TokenStream> {
    let (impl_generics, ty_generics, where_clause) = item.generics.split_for_impl();
    let ident = &item.ident;
    let name = ident.unraw().to_string();
    (debug == DebugBy::Mask).then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics ::core::fmt::Debug for #ident #ty_generics #where_clause {
                fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    formatter.write_str(#name)
                }
            }
        }
    })
}

/// An event under its own name, of version 1. A type with parameters gets none: its bounds are not known.
pub(crate) fn event(root: &Root, item: &Item, debug_by: DebugBy, above: &[String]) -> TokenStream {
    let debug = debug(item, debug_by);
    let ident = &item.ident;
    if !item.generics.params.is_empty() {
        return quote!(#debug);
    }
    let has_shape = above.iter().any(|name| name == "Shape");
    let shape = (!has_shape).then(|| shape(root, ident, &item.generics));
    let name = ident.unraw().to_string();
    quote! {
        #debug
        #shape
        #[automatically_derived]
        impl #root::event::Event for #ident {
            const NAME: &'static str = #name;
        }
    }
}

/// A command under its own name, whose id nobody reads.
pub(crate) fn command(root: &Root, item: &Item, debug_by: DebugBy) -> TokenStream {
    let debug = debug(item, debug_by);
    let ident = &item.ident;
    if !item.generics.params.is_empty() {
        return quote!(#debug);
    }
    let name = ident.unraw().to_string();
    quote! {
        #debug
        #[automatically_derived]
        impl #root::command::Command for #ident {
            const NAME: &'static str = #name;
            fn aggregate_id(&self) -> #root::__private::Cow<'_, str> {
                #root::__private::Cow::Borrowed("")
            }
        }
    }
}

/// An aggregate under its own name.
pub(crate) fn aggregate(root: &Root, ident: &Ident, generics: &Generics) -> TokenStream {
    if !generics.params.is_empty() {
        return TokenStream::new();
    }
    let ty: Type = parse_quote!(#ident);
    let name = ident.unraw().to_string();
    quote! {
        #[automatically_derived]
        impl #root::aggregate::Aggregate for #ty {
            const NAME: &'static str = #name;
        }
    }
}
