use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Lit, Type, parse_quote};

use crate::item::{Body, FieldDef, FieldList, Item, Style, VariantDef};
use crate::krate::Root;
use crate::shape::read_back;
use crate::span::ends;

/// `impl Shape`. `serde_derived` tells whether serde's own derives write the item and read it.
pub(crate) fn expand(root: &Root, item: &Item, serde_derived: bool) -> TokenStream {
    let ident = &item.ident;
    let mut generics = item.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(#root::schema::Shape));
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let shape = shape(root, item);
    let read_back = read_back::expand(root, item, serde_derived)
        .map(|value| quote!(const READ_BACK: #root::schema::ReadBack = #value;));
    quote! {
        #[automatically_derived]
        impl #impl_generics #root::schema::Shape for #ident #ty_generics #where_clause {
            const SHAPE: #root::schema::TypeShape = #shape;
            #read_back
        }
    }
}

fn shape(root: &Root, item: &Item) -> TokenStream {
    let shape = of_item(root, item);
    let shape = if item.serde.deny_unknown_fields && item.mink.shape.is_none() {
        quote!(#root::schema::TypeShape::Strict(&#shape))
    } else {
        shape
    };
    with_example(root, item.mink.example.as_ref(), shape)
}

/// The shape with the other names under which it is read.
fn with_aliases(root: &Root, aliases: &[String], shape: TokenStream) -> TokenStream {
    if aliases.is_empty() {
        return shape;
    }
    quote! {
        #root::schema::TypeShape::Aliased { names: &[#(#aliases),*], shape: &#shape }
    }
}

/// The shape with the value that was declared for it.
fn with_example(root: &Root, example: Option<&Lit>, shape: TokenStream) -> TokenStream {
    let example = match example {
        None => return shape,
        Some(Lit::Str(text)) => quote!(Text(#text)),
        Some(other) => {
            let json = other.to_token_stream().to_string();
            quote!(Json(#json))
        }
    };
    quote! {
        #root::schema::TypeShape::Example {
            shape: &#shape,
            example: #root::schema::Example::#example,
        }
    }
}

fn of_item(root: &Root, item: &Item) -> TokenStream {
    if let Some(stored) = &item.mink.shape {
        return of_type(root, &stored.0);
    }
    let name = item.ident.unraw().to_string();
    match &item.body {
        Body::Struct(list) if item.serde.transparent => match list.stored().next() {
            Some(only) => of_field(root, only),
            None => quote!(#root::schema::TypeShape::Unit),
        },
        Body::Struct(list) => of_fields(root, &name, list, item.serde.default),
        Body::Enum(variants) => of_enum(root, &name, item, variants),
        Body::Union => quote!(#root::schema::TypeShape::Any),
    }
}

fn of_fields(root: &Root, name: &str, list: &FieldList, all_default: bool) -> TokenStream {
    match list.style {
        Style::Unit => quote!(#root::schema::TypeShape::Unit),
        Style::Tuple => match list.newtype() {
            Some(only) if only.is_skipped() => quote!(#root::schema::TypeShape::Unit),
            Some(only) => of_field(root, only),
            None => {
                let places = list.stored().map(|field| {
                    let (cfg, shape) = (&field.cfg, of_field(root, field));
                    quote!(#(#cfg)* #shape)
                });
                quote!(#root::schema::TypeShape::Tuple(&[#(#places),*]))
            }
        },
        Style::Named => {
            let fields = list.stored().map(|field| {
                let (cfg, stored) = (&field.cfg, &field.stored);
                let shape = with_aliases(root, &field.serde.aliases, of_field(root, field));
                let default = all_default || field.serde.default;
                quote! {
                    #(#cfg)*
                    #root::schema::Field { name: #stored, shape: #shape, default: #default }
                }
            });
            quote! {
                #root::schema::TypeShape::Struct(#root::schema::StructShape {
                    name: #name,
                    fields: &[#(#fields),*],
                })
            }
        }
    }
}

fn of_enum(root: &Root, name: &str, item: &Item, variants: &[VariantDef]) -> TokenStream {
    let keys = &item.serde;
    let tag = match (&keys.untagged, &keys.tag, &keys.content) {
        (Some(_), _, _) => quote!(#root::schema::Tag::Untagged),
        (None, Some(tag), Some(content)) => {
            quote!(#root::schema::Tag::Adjacent { tag: #tag, content: #content })
        }
        (None, Some(tag), None) => quote!(#root::schema::Tag::Internal { tag: #tag }),
        (None, None, _) => quote!(#root::schema::Tag::External),
    };
    let variants = variants
        .iter()
        .filter(|variant| !variant.is_skipped())
        .map(|variant| {
            let (cfg, stored) = (&variant.cfg, &variant.stored);
            let shape = match &variant.mink.shape {
                Some(stored) => of_type(root, &stored.0),
                None => of_fields(
                    root,
                    &variant.ident.unraw().to_string(),
                    &variant.fields,
                    false,
                ),
            };
            let shape = with_aliases(root, &variant.serde.aliases, shape);
            quote!(#(#cfg)* #root::schema::Variant { name: #stored, shape: #shape })
        });
    quote! {
        #root::schema::TypeShape::Enum(#root::schema::EnumShape {
            name: #name,
            tag: #tag,
            variants: &[#(#variants),*],
        })
    }
}

fn of_field(root: &Root, field: &FieldDef) -> TokenStream {
    let shape = match &field.mink.shape {
        Some(stored) => of_type(root, &stored.0),
        None => of_type(root, &field.ty),
    };
    let shape = with_example(root, field.mink.example.as_ref(), shape);
    if field.mink.recursive.is_present() {
        quote!(#root::schema::TypeShape::Lazy(|| #shape))
    } else {
        shape
    }
}

/// The shape of `ty`; a type without one is underlined.
fn of_type(root: &Root, ty: &Type) -> TokenStream {
    let (start, end) = ends(ty);
    let open = quote_spanned!(start=> <);
    let close = quote_spanned!(end=> ::SHAPE);
    quote!(#open #ty as #root::schema::Shape> #close)
}
