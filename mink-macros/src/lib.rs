//! The procedural macros of mink. They are used through the `mink` crate, which re-exports them.

mod aggregate;
mod attr;
mod command;
mod ctxt;
mod encrypt;
mod event;
mod fallback;
mod handlers;
mod item;
mod krate;
mod refuse;
mod shape;
mod span;
mod suggest;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// `#[event]`
#[proc_macro_attribute]
pub fn event(args: TokenStream, item: TokenStream) -> TokenStream {
    event::attribute(args.into(), item.into(), &above()).into()
}

/// `#[command]`
#[proc_macro_attribute]
pub fn command(args: TokenStream, item: TokenStream) -> TokenStream {
    command::attribute(args.into(), item.into(), &above()).into()
}

/// `#[handlers]`
#[proc_macro_attribute]
pub fn handlers(args: TokenStream, item: TokenStream) -> TokenStream {
    handlers::attribute(args.into(), item.into()).into()
}

/// `#[derive(Aggregate)]`
#[proc_macro_derive(Aggregate, attributes(aggregate))]
pub fn derive_aggregate(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    aggregate::derive(&input).into()
}

/// `#[derive(Shape)]`
#[proc_macro_derive(Shape, attributes(mink))]
pub fn derive_shape(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    shape::derive(&input).into()
}

/// The traits derived above the attribute that is being expanded, as the source file shows them.
fn above() -> Vec<String> {
    let attribute = proc_macro::Span::call_site();
    attribute
        .local_file()
        .and_then(|file| std::fs::read_to_string(file).ok())
        .map(|source| attr::above::derived_above(&source, attribute.line()))
        .unwrap_or_default()
}
