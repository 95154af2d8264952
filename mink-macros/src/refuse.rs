//! Refusals that several attributes share.

use syn::{Attribute, GenericParam, Generics};

use crate::attr::{COMMAND, EVENT};
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

/// A second declaration of the same type, which is taken off: it is one thing, once. Below a derive the word may be that
/// derive's own.
pub(crate) fn second_declaration(cx: &mut Ctxt, attribute: &str, attributes: &mut Vec<Attribute>) {
    let before_derives = attributes
        .iter()
        .take_while(|attribute| !attribute.path().is_ident("derive"));
    let found = before_derives
        .enumerate()
        .find(|(_, attribute)| declares(attribute));
    if let Some((at, _)) = found {
        let second = attributes.remove(at);
        let same = second
            .path()
            .segments
            .last()
            .is_some_and(|name| name.ident == attribute);
        let message = if same {
            format!("`#[{attribute}]` is given twice: keep one of the two")
        } else {
            "a type is an event or a command and not both: what somebody wants is not yet what happened, so write a type for each".to_owned()
        };
        cx.fault(second, message);
    }
}

fn declares(attribute: &Attribute) -> bool {
    let path = attribute.path();
    let own = path.segments.len() == 1 || path.segments[0].ident == "mink";
    let last = path.segments.last();
    own && last.is_some_and(|name| name.ident == EVENT || name.ident == COMMAND)
}
