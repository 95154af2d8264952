//! `#[handler]`: a function that handles a command which no aggregate decides.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{FnArg, GenericParam, ItemFn, Path, ReturnType, Type};

use crate::attr::{CRATE, HANDLER, keys};
use crate::ctxt::Ctxt;
use crate::fragment;
use crate::handlers::{Arg, Take, arguments, entry, kept};
use crate::item;
use crate::krate::Root;
use crate::span::{ends, text};

pub(crate) fn attribute(args: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut cx = Ctxt::new();
    let root = Root::new(declared_crate(&mut cx, args).as_ref());
    let Ok(mut function) = syn::parse2::<ItemFn>(tokens.clone()) else {
        if syn::parse2::<syn::Item>(tokens.clone()).is_ok() {
            cx.fault_of_attribute(
                ends(&tokens).0,
                "`#[handler]` goes on a function: `async fn name(command: C, ...) -> Result<Reply, Error>`; the block of an aggregate's methods takes `#[handlers]`",
            );
        }
        let errors = cx.into_compile_errors();
        return quote!(#errors #tokens);
    };
    fragment::of_function(&mut function);
    let signature = read(&mut cx, &function);
    let implementation = signature.map(|signature| expand(&root, &function, &signature));
    let errors = cx.into_compile_errors();
    quote!(#errors #tokens #implementation)
}

fn declared_crate(cx: &mut Ctxt, args: TokenStream) -> Option<Path> {
    let mut declared = None;
    keys::read(cx, HANDLER, &[CRATE], args, |_, key, input| {
        declared = Some(keys::path(key, input, "::mink")?);
        Ok(())
    });
    declared
}

/// What the function takes and returns.
struct Signature {
    command: Type,
    takes: Vec<Take>,
    returned: Type,
    /// Whether it is refused, and only a stub of it is generated.
    refused: bool,
}

fn read(cx: &mut Ctxt, function: &ItemFn) -> Option<Signature> {
    let name = &function.sig.ident;
    if let Some(receiver) = function.sig.receiver() {
        cx.fault(
            receiver,
            format!("`{name}` takes `self`, so it is a method: `#[handler]` goes on a function outside of an `impl` block; an aggregate's methods are handlers by `#[handlers]` on their block"),
        );
        return None;
    }
    let mut args = function.sig.inputs.iter().filter_map(|arg| match arg {
        FnArg::Typed(typed) => Some(Arg::read(&typed.ty)),
        FnArg::Receiver(_) => None,
    });
    let command = match args.next() {
        Some(first) => command(cx, name, first)?,
        None => {
            cx.fault(
                name,
                format!("`{name}` takes no command: its first argument is the command that it handles, `fn {name}(command: C, ...)`"),
            );
            return None;
        }
    };
    let mut refused = check_generics(cx, function);
    let mut takes = Vec::new();
    for arg in args {
        match Take::read(cx, name, &arg) {
            Some(take) => takes.push(take),
            None => refused = true,
        }
    }
    let returned = match &function.sig.output {
        ReturnType::Default => syn::parse_quote_spanned!(name.span()=> ()),
        ReturnType::Type(_, ty) => {
            if let Type::ImplTrait(returned) = &**ty {
                refused = true;
                cx.fault(
                    returned,
                    format!("`{name}` must name what it returns: `()`, or `Result<Reply, Error>`"),
                );
            }
            (**ty).clone()
        }
    };
    Some(Signature {
        command,
        takes,
        returned,
        refused,
    })
}

fn command(cx: &mut Ctxt, name: &Ident, first: Arg) -> Option<Type> {
    match first {
        Arg::Value(ty @ Type::ImplTrait(_)) => {
            cx.fault(
                ty,
                format!("`{name}` must name the command's type: `impl Trait` stands for many"),
            );
            None
        }
        Arg::Value(ty) => Some(ty),
        Arg::Shared(reference) | Arg::Exclusive(reference) => {
            let ty = text(&reference.elem);
            cx.fault(
                reference,
                format!("the first argument of `{name}` is the command that it handles, by value: write `{ty}`, or put the command before it"),
            );
            None
        }
    }
}

/// Types and constants as parameters; lifetimes do no harm.
fn check_generics(cx: &mut Ctxt, function: &ItemFn) -> bool {
    let generic = function
        .sig
        .generics
        .params
        .iter()
        .find(|parameter| !matches!(parameter, GenericParam::Lifetime(_)));
    if let Some(parameter) = generic {
        cx.fault(
            parameter,
            format!(
                "`{}` cannot be generic: each command has one handler",
                function.sig.ident
            ),
        );
    }
    generic.is_some()
}

fn expand(root: &Root, function: &ItemFn, signature: &Signature) -> TokenStream {
    let Signature {
        command,
        takes,
        returned,
        ..
    } = signature;
    let name = &function.sig.ident;
    let shown = name.unraw().to_string();
    let cfg = item::cfg(&function.attrs);
    let handler = format_ident!("__MinkHandler");
    let services = takes.iter().filter_map(|take| take.need(root));
    let returned = if signature.refused {
        quote!(())
    } else {
        returned.to_token_stream()
    };
    // a private type is underlined where it is returned
    let declared = {
        let (start, end) = ends(&returned);
        let open = quote_spanned!(start=> type Returned =);
        let close = quote_spanned!(end=> ;);
        quote!(#open #returned #close)
    };
    let checked = (!signature.refused).then(|| checks(root, &signature.returned));
    let handled = if signature.refused {
        quote!(())
    } else {
        let arguments = takes.iter().map(|take| take.argument(root));
        let wait = function.sig.asyncness.map(|_| quote!(.await));
        quote!(#name(command, #(#arguments),*) #wait)
    };
    let future = {
        let span = name.span();
        let root = root.at(span);
        quote_spanned! {span=>
            impl ::core::future::Future<
                Output = ::core::result::Result<Self::Returned, #root::command::MissingService>,
            > + ::core::marker::Send + 'a
        }
    };
    let here = root.location(name.span());
    let error = match arguments(&signature.returned, "Result").as_deref() {
        Some([_, error]) if !signature.refused => error.to_token_stream(),
        _ => quote!(::core::convert::Infallible),
    };
    let route = (!signature.refused).then(|| {
        let to = quote!(#root::bus::ToHandler<#handler>);
        let entry = entry(root, command, &to, &error);
        let kept = kept(root, command, &error);
        quote!(#entry #kept)
    });
    quote! {
        #(#cfg)*
        const _: () = {
            #[doc(hidden)]
            #[allow(dead_code, unreachable_pub)]
            pub struct #handler;
            #checked
            #[automatically_derived]
            impl #root::handler::HandledBy<#handler> for #command {}
            #[automatically_derived]
            impl #root::handler::Handler<#command> for #handler {
                const NAME: &'static str = #shown;
                const SERVICES: &'static [#root::command::ServiceNeed] = &[#(#services),*];
                #declared
                fn handle<'a>(
                    command: #command,
                    context: &'a #root::command::CommandContext,
                ) -> #future {
                    async move {
                        let _ = (&command, context);
                        ::core::result::Result::Ok(#handled)
                    }
                }
            }
            #root::__private::inventory::submit! {
                #root::registry::FunctionEntry::of::<#command, #handler>(#here)
            }
            #route
        };
    }
}

/// Refuses what cannot be returned, each part where it is written.
fn checks(root: &Root, returned: &Type) -> TokenStream {
    let check = |name: &str, ty: &Type| {
        let (start, end) = ends(ty);
        let root = root.at(start);
        let name = Ident::new(name, start);
        let open = quote_spanned!(start=> const _: () = #root::__private::#name::<);
        let close = quote_spanned!(end=> >(););
        quote!(#open #ty #close)
    };
    match arguments(returned, "Result").as_deref() {
        Some([reply, error]) => {
            let (reply, error) = (
                check("is_a_reply", reply),
                check("is_a_domain_error", error),
            );
            quote!(#reply #error)
        }
        _ => check("is_an_outcome", returned),
    }
}
