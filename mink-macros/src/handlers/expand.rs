use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, ItemImpl, Type};

use super::classify::{Decide, Evolve, Handlers};
use super::returns::Returns;
use crate::attr::REPLAY_ERRORS;
use crate::krate::Root;
use crate::span::{ends, text};

pub(super) fn expand(
    root: &Root,
    block: &ItemImpl,
    cfg: &[Attribute],
    handlers: &Handlers,
) -> TokenStream {
    let aggregate = &*block.self_ty;
    let evolves = handlers
        .evolves
        .iter()
        .map(|method| applies(root, aggregate, method));
    let decides = handlers
        .decides
        .iter()
        .map(|method| handles(root, aggregate, method));
    let evolvers = handlers
        .evolves
        .iter()
        .filter(|method| !method.refused)
        .map(|method| evolver(root, method));
    let deciders = handlers
        .decides
        .iter()
        .filter(|method| !method.refused)
        .map(|method| decider(root, aggregate, method));
    let returned = handlers
        .decides
        .iter()
        .map(|method| returned(root, aggregate, method));
    let routes = handlers
        .decides
        .iter()
        .filter(|method| !method.refused)
        .map(|method| route(root, aggregate, method));
    let here = root.location(ends(aggregate).0);
    // all at the type's place: that is where a second block for it is underlined
    let table = {
        let start = ends(aggregate).0;
        let root = root.at(start);
        quote_spanned! {start=>
            impl #root::aggregate::AggregateHandlers for #aggregate {
                const EVOLVERS: &'static [#root::aggregate::Evolver<Self>] = &[#(#evolvers),*];
                const DECIDERS: &'static [#root::aggregate::Decider] = {
                    #(#returned)*
                    &[#(#deciders),*]
                };
            }
        }
    };
    quote! {
        #(#cfg)*
        const _: () = {
            #(#evolves)*
            #(#decides)*
            #table
            #root::__private::inventory::submit! {
                #root::registry::HandlersEntry::of::<#aggregate>(#here)
            }
            #(#routes)*
        };
    }
}

fn applies(root: &Root, aggregate: &Type, method: &Evolve) -> TokenStream {
    let Evolve {
        ident, cfg, event, ..
    } = method;
    let body = if method.refused {
        quote!(let _ = event;)
    } else {
        quote!(<#aggregate>::#ident(self, event))
    };
    quote! {
        #(#cfg)*
        #[automatically_derived]
        impl #root::aggregate::Applies<#event> for #aggregate {
            fn apply(&mut self, event: &#event) {
                #body
            }
        }
    }
}

fn evolver(root: &Root, method: &Evolve) -> TokenStream {
    let Evolve {
        ident, cfg, event, ..
    } = method;
    let here = root.location(ident.span());
    quote!(#(#cfg)* #root::aggregate::Evolver::of::<#event>(#here))
}

fn handles(root: &Root, aggregate: &Type, method: &Decide) -> TokenStream {
    let Decide {
        ident,
        cfg,
        command,
        ..
    } = method;
    if matches!(command, Type::ImplTrait(_)) {
        return TokenStream::new();
    }
    let output = output(method);
    // a private type is underlined where it is returned
    let decision = {
        let (start, end) = ends(&output);
        let open = quote_spanned!(start=> type Decision =);
        let close = quote_spanned!(end=> ;);
        quote!(#open #output #close)
    };
    let decided = if method.refused {
        quote!(())
    } else {
        call(root, aggregate, method)
    };
    let future = {
        let span = ident.span();
        let root = root.at(span);
        quote_spanned! {span=>
            impl ::core::future::Future<
                Output = ::core::result::Result<Self::Decision, #root::command::MissingService>,
            > + ::core::marker::Send + 'a
        }
    };
    quote! {
        #(#cfg)*
        #[automatically_derived]
        impl #root::command::Routed<#aggregate> for #command {}
        #(#cfg)*
        #[automatically_derived]
        impl #root::aggregate::Decides<#command> for #aggregate {
            #decision
            fn decide<'a>(
                &'a self,
                command: #command,
                context: &'a #root::command::CommandContext,
            ) -> #future {
                async move {
                    let _ = (&command, context);
                    ::core::result::Result::Ok(#decided)
                }
            }
        }
    }
}

/// Refuses what is not an event of the aggregate, where it is returned.
fn returned(root: &Root, aggregate: &Type, method: &Decide) -> Option<TokenStream> {
    let output = output(method);
    let assertions = Returns::read(&output).assertions(root, aggregate);
    let cfg = &method.cfg;
    (!assertions.is_empty()).then(|| quote!(#(#cfg)* { #assertions }))
}

/// What the method returns; `()` where nothing is written, and where it is refused.
fn output(method: &Decide) -> Type {
    match &method.output {
        Some(output) if !method.refused => output.clone(),
        _ => syn::parse_quote_spanned!(method.ident.span()=> ()),
    }
}

fn call(root: &Root, aggregate: &Type, method: &Decide) -> TokenStream {
    let ident = &method.ident;
    let takes = method.takes.iter().map(|take| take.argument(root));
    let wait = method.asyncness.map(|_| quote!(.await));
    quote!(<#aggregate>::#ident(self, command, #(#takes),*) #wait)
}

fn decider(root: &Root, aggregate: &Type, method: &Decide) -> TokenStream {
    let (cfg, command) = (&method.cfg, &method.command);
    let services = method.takes.iter().filter_map(|take| take.need(root));
    let here = root.location(method.ident.span());
    let output = output(method);
    let error = Returns::read(&output).error(root, aggregate);
    let (start, _) = ends(&error);
    let of = {
        let root = root.at(start);
        quote_spanned!(start=> #root::aggregate::Decider::of)
    };
    quote! {
        #(#cfg)*
        #of::<#command, #aggregate, #error>(&[#(#services),*], #here)
    }
}

/// The command's way to the aggregate by name. A command that does not say which aggregate it is for is refused here,
/// where it is taken.
fn route(root: &Root, aggregate: &Type, method: &Decide) -> TokenStream {
    let (cfg, command) = (&method.cfg, &method.command);
    let output = output(method);
    let error = Returns::read(&output).error(root, aggregate);
    let (start, end) = ends(command);
    let addressed = {
        let root = root.at(start);
        let open = quote_spanned!(start=> #root::__private::addressed);
        let found = quote_spanned!(end=> (#root::__private::IdProbe::<#command>::NO_ID););
        quote! {
            const _: () = {
                #[allow(unused_imports)]
                use #root::__private::NoCommand as _;
                #open #found
            };
        }
    };
    let to = quote!(#root::bus::ToAggregate<#aggregate>);
    let entry = entry(root, command, &to, &error);
    let kept = kept(root, command, &error);
    quote! {
        #(#cfg)*
        #addressed
        #(#cfg)*
        #kept
        #(#cfg)*
        #entry
    }
}

/// Refuses a command whose refusals are to be kept where its error is written, which cannot be.
pub(crate) fn kept(root: &Root, command: &Type, error: &TokenStream) -> TokenStream {
    let nobody_wrote_it = quote!(::core::convert::Infallible).to_string() == error.to_string();
    let (start, end) = match nobody_wrote_it {
        true => ends(command),
        false => ends(error),
    };
    let shown = text(command);
    let its = match syn::parse2::<Type>(error.clone()) {
        Ok(Type::Path(path)) if path.qself.is_none() => format!("`{}`", text(&path.into())),
        _ => "its error".to_owned(),
    };
    let because = format!(
        "`{shown}` has `{REPLAY_ERRORS}`, which keeps its refusals as JSON, and {its} cannot be: derive `serde::Serialize` and `serde::Deserialize` for it, or remove `{REPLAY_ERRORS}` from `#[command]`"
    );
    let never = format!(
        "`{shown}` has `{REPLAY_ERRORS}`, and nothing here refuses it: return a `Result`, or remove `{REPLAY_ERRORS}` from `#[command]`"
    );
    let open = {
        let root = root.at(start);
        quote_spanned!(start=> #root::__private::refusals_are_kept)
    };
    let arguments = quote_spanned! {end=> (
        #root::__private::IdProbe::<#command>::REPLAY_ERRORS,
        #root::__private::ErrorProbe::<#error>::JSON,
        #root::__private::ErrorProbe::<#error>::NEVER,
        #because,
        #never,
    );};
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #root::__private::{NoCommand as _, NoErrorJson as _};
            #open #arguments
        };
    }
}

/// The submission of a route; without one where the bounds do not hold, which is an error elsewhere.
pub(crate) fn entry(
    root: &Root,
    command: &Type,
    to: &TokenStream,
    error: &TokenStream,
) -> TokenStream {
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #root::__private::{NoErrorJson as _, NoRoute as _};
            #root::__private::inventory::submit! {
                #root::bus::RouteEntry::new(
                    #root::__private::Probe::<#command, #to>::ROUTE,
                    #root::__private::ErrorProbe::<#error>::JSON,
                )
            }
        };
    }
}
