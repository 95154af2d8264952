//! `#[handlers]`: an `impl` block in which a method's first argument is the declaration.

mod classify;
mod expand;
mod method;
mod returns;
mod take;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ImplItem, ItemImpl, Path, Type};

use crate::attr::{CRATE, HANDLERS, keys, mink};
use crate::ctxt::Ctxt;
use crate::fragment;
use crate::item;
use crate::krate::Root;
use crate::span::ends;

pub(crate) use expand::{entry, kept};
pub(crate) use method::Arg;
use method::Method;
pub(crate) use returns::arguments;
pub(crate) use take::Take;

pub(crate) fn attribute(args: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut cx = Ctxt::new();
    let root = Root::new(declared_crate(&mut cx, args).as_ref());
    let Ok(mut block) = syn::parse2::<ItemImpl>(tokens.clone()) else {
        if syn::parse2::<syn::Item>(tokens.clone()).is_ok() {
            cx.fault_of_attribute(
                ends(&tokens).0,
                "`#[handlers]` goes on an `impl` block: put it above `impl Order { ... }`",
            );
        }
        let errors = cx.into_compile_errors();
        return quote!(#errors #tokens);
    };
    let mut declared = block.clone();
    strip(&mut declared);
    let declared = declared.into_token_stream();
    fragment::of_block(&mut block);
    if !check_block(&mut cx, &block) {
        let errors = cx.into_compile_errors();
        return quote!(#errors #declared);
    }
    let methods = methods(&mut cx, &block);
    let handlers = classify::classify(&mut cx, &block.self_ty, &methods);
    let implementation = expand::expand(&root, &block, &item::cfg(&block.attrs), &handlers);
    let errors = cx.into_compile_errors();
    quote!(#errors #declared #implementation)
}

fn declared_crate(cx: &mut Ctxt, args: TokenStream) -> Option<Path> {
    let mut declared = None;
    keys::read(cx, HANDLERS, &[CRATE], args, |_, key, input| {
        declared = Some(keys::path(key, input, "::mink")?);
        Ok(())
    });
    declared
}

/// An inherent `impl` of a type without parameters.
fn check_block(cx: &mut Ctxt, block: &ItemImpl) -> bool {
    if let Some((_, path, _)) = &block.trait_ {
        cx.fault(
            path,
            "`#[handlers]` goes on an `impl` block of the type's own: the methods of a trait cannot be handlers",
        );
        return false;
    }
    if !block.generics.params.is_empty() {
        cx.fault(
            &block.generics,
            "`#[handlers]` does not go on a generic `impl`: one aggregate's name would stand for many types; write a type without parameters, or implement `Applies`, `Handles` and `AggregateHandlers` by hand for each type you use",
        );
        return false;
    }
    if !matches!(*block.self_ty, Type::Path(_)) {
        cx.fault(
            &block.self_ty,
            "`#[handlers]` goes on the `impl` block of a struct or an enum",
        );
        return false;
    }
    true
}

fn methods(cx: &mut Ctxt, block: &ItemImpl) -> Vec<Method> {
    block
        .items
        .iter()
        .filter_map(|item| match item {
            ImplItem::Fn(function) => Some(function),
            _ => None,
        })
        .filter_map(|function| Method::read(cx, function))
        .collect()
}

fn strip(block: &mut ItemImpl) {
    for item in &mut block.items {
        if let ImplItem::Fn(function) = item {
            mink::strip(&mut function.attrs);
        }
    }
}
