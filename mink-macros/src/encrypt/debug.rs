use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Member;
use syn::ext::IdentExt;
use syn::spanned::Spanned as _;

use super::Encrypted;
use crate::item::{Body, FieldDef, FieldList, Item, Style, VariantDef};

/// `impl Debug` that prints `<encrypted>` for every field that holds something encrypted.
pub(crate) fn masking_debug(item: &Item, encrypted: &Encrypted) -> TokenStream {
    let ident = &item.ident;
    let body = match &item.body {
        Body::Struct(list) => {
            let fields = list.fields.iter().map(|field| {
                let member = &field.member;
                // `self` of the method below, also where a `macro_rules!` was passed the type
                let this = quote!(self);
                let shown = quote_spanned!(field.ty.span()=> { let it = #this; &it.#member });
                show(item, encrypted, None, field, &shown)
            });
            printed(&ident.unraw().to_string(), list, fields)
        }
        Body::Enum(variants) if variants.is_empty() => quote!(match *self {}),
        Body::Enum(variants) => {
            let arms = variants.iter().map(|variant| arm(item, encrypted, variant));
            quote!(match self { #(#arms)* })
        }
        Body::Union => return TokenStream::new(),
    };
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #body
            }
        }
    }
}

fn arm(item: &Item, encrypted: &Encrypted, variant: &VariantDef) -> TokenStream {
    let (cfg, ident) = (&variant.cfg, &variant.ident);
    let list = &variant.fields;
    let binding = |place: usize| format_ident!("field_{place}", span = Span::mixed_site());
    let patterns = list.fields.iter().enumerate().map(|(place, field)| {
        let (cfg, member, name) = (&field.cfg, &field.member, binding(place));
        if encrypted.masks(item, Some(variant), field) {
            quote!(#(#cfg)* #member: _)
        } else {
            quote!(#(#cfg)* #member: #name)
        }
    });
    let fields = list.fields.iter().enumerate().map(|(place, field)| {
        let name = binding(place);
        let shown = quote_spanned!(field.ty.span()=> #name);
        show(item, encrypted, Some(variant), field, &shown)
    });
    let body = printed(&ident.unraw().to_string(), list, fields);
    quote!(#(#cfg)* Self::#ident { #(#patterns),* } => { #body })
}

fn show(
    item: &Item,
    encrypted: &Encrypted,
    variant: Option<&VariantDef>,
    field: &FieldDef,
    shown: &TokenStream,
) -> TokenStream {
    let cfg = &field.cfg;
    let value = if encrypted.masks(item, variant, field) {
        quote!(&::core::format_args!("<encrypted>"))
    } else {
        shown.clone()
    };
    match &field.member {
        Member::Named(_) => {
            let name = field.name();
            quote!(#(#cfg)* printed.field(#name, #value);)
        }
        Member::Unnamed(_) => quote!(#(#cfg)* printed.field(#value);),
    }
}

fn printed(name: &str, list: &FieldList, fields: impl Iterator<Item = TokenStream>) -> TokenStream {
    match list.style {
        Style::Unit => quote!(formatter.write_str(#name)),
        Style::Named => quote! {
            let mut printed = formatter.debug_struct(#name);
            #(#fields)*
            printed.finish()
        },
        Style::Tuple => quote! {
            let mut printed = formatter.debug_tuple(#name);
            #(#fields)*
            printed.finish()
        },
    }
}
