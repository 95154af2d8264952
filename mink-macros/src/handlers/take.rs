//! What a handler takes besides the command.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{GenericArgument, PathArguments, Type};

use super::method::{Arg, bare};
use crate::ctxt::Ctxt;
use crate::krate::Root;
use crate::span::{ends, text};

/// An argument behind the command.
pub(crate) enum Take {
    /// `&CommandContext`
    Context,
    /// `&Mink`, the application.
    App,
    /// `&T`, a service of type `T`.
    Service(Box<Type>),
}

impl Take {
    /// `None` when it is refused. `name` is the method's or function's.
    pub(crate) fn read(cx: &mut Ctxt, name: &Ident, arg: &Arg) -> Option<Self> {
        match arg {
            Arg::Shared(reference) => match bare(&reference.elem) {
                Type::ImplTrait(service) => {
                    cx.fault(
                        service,
                        format!("a service is found by its type, so `{name}` must name it: write `&dyn Trait` or a concrete type"),
                    );
                    None
                }
                ty if is_named(ty, "CommandContext") => Some(Self::Context),
                ty if is_named(ty, "Mink") => Some(Self::App),
                ty => Some(Self::Service(Box::new(ty.clone()))),
            },
            Arg::Exclusive(reference) => {
                cx.fault(
                    reference,
                    format!(
                        "what `{name}` takes besides the command is shared: write `&{}`",
                        text(&reference.elem)
                    ),
                );
                None
            }
            Arg::Value(ty) => {
                cx.fault(
                    ty,
                    format!("what `{name}` takes besides the command is a service or the `CommandContext`, by reference: write `&{}`", text(inner(ty))),
                );
                None
            }
        }
    }

    /// The argument, where `context` is the context.
    pub(crate) fn argument(&self, root: &Root) -> TokenStream {
        match self {
            Self::Context => quote!(context),
            Self::App => quote!(&#root::app::Mink::within(context)?),
            Self::Service(ty) => {
                let (start, end) = ends(ty);
                // the variable of the generated method, not one that a `macro_rules!` was passed
                let context = Ident::new("context", Span::call_site());
                let open = quote_spanned!(start=> #context.service::<);
                let close = quote_spanned!(end=> >()?);
                quote!(#open #ty #close)
            }
        }
    }

    /// The service that must be provided.
    pub(crate) fn need(&self, root: &Root) -> Option<TokenStream> {
        match self {
            Self::Service(ty) => Some(quote!(#root::command::ServiceNeed::of::<#ty>())),
            Self::Context | Self::App => None,
        }
    }
}

/// What an `Arc<T>` or a `Box<T>` holds: a service is provided in an `Arc` and taken as a `&T`.
fn inner(ty: &Type) -> &Type {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && ["Arc", "Box", "Rc"].iter().any(|name| last.ident == name)
        && let PathArguments::AngleBracketed(list) = &last.arguments
        && let Some(GenericArgument::Type(held)) = list.args.first()
    {
        return held;
    }
    ty
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == name))
}
