use proc_macro2::{Span, TokenTree};
use quote::ToTokens;

/// A parsed value and the place where the user wrote it.
#[derive(Clone)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> Spanned<T> {
    pub(crate) fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// The spans of the first and the last token: the compiler underlines all between them when generated code begins
/// with the one and ends with the other. (Stable procedural macros cannot join two spans.)
pub(crate) fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let mut trees = tokens.to_token_stream().into_iter();
    let first = trees.next();
    let start = first.as_ref().map_or_else(Span::call_site, TokenTree::span);
    let end = trees.last().as_ref().map_or(start, TokenTree::span);
    (start, end)
}

/// A type as the user wrote it.
pub(crate) fn text(ty: &syn::Type) -> String {
    ty.to_token_stream()
        .to_string()
        .replace(" :: ", "::")
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace("& ", "&")
        .replace(" ,", ",")
}
