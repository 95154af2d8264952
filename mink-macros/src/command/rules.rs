//! Rules that stand on a command's fields.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput};

/// The attributes of the crates that check fields.
const RULES: [&str; 2] = ["garde", "validate"];

/// Where the first rule stands. Somebody has to check it, or it only looks as if.
pub(super) fn find(input: &DeriveInput) -> Option<Span> {
    let fields: Vec<_> = match &input.data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(_) | Data::Union(_) => Vec::new(),
    };
    fields
        .into_iter()
        .flat_map(|field| &field.attrs)
        .chain(&input.attrs)
        .find(|attribute| is_rule(attribute))
        .map(|attribute| attribute.path().span())
}

fn is_rule(attribute: &Attribute) -> bool {
    RULES.iter().any(|rule| attribute.path().is_ident(rule))
}
