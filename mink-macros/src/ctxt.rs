use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The faults of one item, gathered so that all are reported at once.
#[derive(Default)]
pub(crate) struct Ctxt {
    faults: Vec<syn::Error>,
}

impl Ctxt {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A fault that underlines `tokens`.
    pub(crate) fn fault(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.faults
            .push(syn::Error::new_spanned(tokens, message.to_string()));
    }

    /// A fault at `span`.
    pub(crate) fn fault_at(&mut self, span: Span, message: impl Display) {
        self.faults.push(syn::Error::new(span, message.to_string()));
    }

    /// A fault of the attribute itself; `token` is any token of the user's.
    pub(crate) fn fault_of_attribute(&mut self, token: Span, message: impl Display) {
        // without the macro's own mark on the span, for which the compiler would add a note
        self.fault_at(Span::call_site().resolved_at(token), message);
    }

    /// A fault of `syn`'s own finding.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.faults.push(error);
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// One `compile_error!` per fault.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.faults
            .into_iter()
            .map(syn::Error::into_compile_error)
            .collect()
    }
}
