//! Refusals that several attributes share.

use syn::{GenericParam, Generics};

use crate::ctxt::Ctxt;

/// Types with parameters: one stored name would stand for many types.
pub(crate) fn generics(cx: &mut Ctxt, attribute: &str, generics: &Generics) {
    if generics.params.is_empty() {
        return;
    }
    let lifetimes = generics
        .params
        .iter()
        .all(|parameter| matches!(parameter, GenericParam::Lifetime(_)));
    let message = if lifetimes {
        format!(
            "`#[{attribute}]` does not go on a type that borrows: it must own what it holds, so write `String` for `&str`"
        )
    } else {
        format!(
            "`#[{attribute}]` does not go on a generic type, for one stored name would stand for many types: write a type without parameters, or implement the trait by hand for each type you use and register it by hand"
        )
    };
    cx.fault(generics, message);
}
