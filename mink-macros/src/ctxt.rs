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
