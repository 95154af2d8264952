//! What a deciding method returns, part by part, so that each part that is no event of the aggregate is underlined by
//! itself.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{GenericArgument, PathArguments, Type};

use super::method::bare;
use crate::krate::Root;
use crate::span::ends;

/// The parts of a return type.
#[derive(Default)]
pub(super) struct Returns<'a> {
    /// What must turn into events.
    events: Vec<&'a Type>,
    /// What must be a reply.
    replies: Vec<&'a Type>,
    /// The domain's error, where `Result` shows it.
    error: Option<&'a Type>,
    /// One name, which may be an event or an alias of anything: it is checked as a whole.
    whole: Option<&'a Type>,
}

impl<'a> Returns<'a> {
    pub(super) fn read(output: &'a Type) -> Self {
        let mut returns = Self::default();
        match arguments(output, "Result").as_deref() {
            Some([events, error]) => {
                returns.error = Some(error);
                returns.add(events);
            }
            Some(_) => returns.whole = Some(output),
            None if is_named(output) => returns.whole = Some(output),
            None => returns.add(output),
        }
        returns
    }

    fn add(&mut self, ty: &'a Type) {
        if let Type::Tuple(tuple) = bare(ty) {
            for part in &tuple.elems {
                self.add(part);
            }
            return;
        }
        if let Some([events, reply]) = arguments(ty, "Replying").as_deref() {
            self.add(events);
            self.replies.push(reply);
            return;
        }
        for container in ["Option", "Vec"] {
            if let Some([inner]) = arguments(ty, container).as_deref() {
                self.add(inner);
                return;
            }
        }
        self.events.push(ty);
    }

    /// The domain's error type.
    pub(super) fn error(&self, root: &Root, aggregate: &Type) -> TokenStream {
        match (self.error, self.whole) {
            (Some(error), _) => quote!(#error),
            (None, Some(whole)) => {
                let (start, end) = ends(whole);
                let open = quote_spanned!(start=> <);
                let close = quote_spanned!(end=> >::Error);
                quote!(#open #whole as #root::aggregate::Decision<#aggregate> #close)
            }
            (None, None) => quote!(::core::convert::Infallible),
        }
    }

    /// Statements that compile when each part is what it must be.
    pub(super) fn assertions(&self, root: &Root, aggregate: &Type) -> TokenStream {
        let events = self.events.iter().map(|ty| {
            let (start, end) = ends(ty);
            let open = {
                let root = root.at(start);
                quote_spanned!(start=> #root::__private::turns_into_events::<)
            };
            let close = quote_spanned!(end=> >());
            quote!(#open #ty, #aggregate #close;)
        });
        let replies = self.replies.iter().map(|ty| {
            let (start, end) = ends(ty);
            let open = {
                let root = root.at(start);
                quote_spanned!(start=> #root::__private::is_a_reply::<)
            };
            let close = quote_spanned!(end=> >());
            quote!(#open #ty #close;)
        });
        quote!(#(#events)* #(#replies)*)
    }
}

/// One path, which may be an event as well as an alias of anything.
fn is_named(ty: &Type) -> bool {
    matches!(bare(ty), Type::Path(_))
        && arguments(ty, "Option").is_none()
        && arguments(ty, "Vec").is_none()
        && arguments(ty, "Replying").is_none()
}

/// The type arguments of a path whose last name is `name`.
pub(crate) fn arguments<'a>(ty: &'a Type, name: &str) -> Option<Vec<&'a Type>> {
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    if last.ident != name {
        return None;
    }
    let PathArguments::AngleBracketed(list) = &last.arguments else {
        return Some(Vec::new());
    };
    Some(
        list.args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
    )
}
