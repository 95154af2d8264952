use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Path, Token, parse_quote};

use crate::ctxt::Ctxt;
use crate::krate::Root;
use crate::suggest;

/// What `#[event]` and `#[command]` add to an item, by the last name of the path.
const ADDED: [&str; 5] = ["Clone", "PartialEq", "Debug", "Serialize", "Deserialize"];

/// The traits that the item derives below the attribute, by the last name of the path.
fn derived_below(attributes: &[Attribute]) -> Vec<String> {
    attributes
        .iter()
        .filter_map(paths)
        .flatten()
        .filter_map(|path| path.segments.last().map(|last| last.ident.to_string()))
        .collect()
}

/// Whether serde's own derives write the item and read it, those `added` included.
pub(crate) fn writes_and_reads(attributes: &[Attribute], added: &[&str]) -> bool {
    let derived = |name: &str| {
        added.contains(&name)
            || attributes
                .iter()
                .filter_map(paths)
                .flatten()
                .any(|path| is_serde(&path, name))
    };
    derived("Serialize") && derived("Deserialize")
}

/// `Serialize`, or a path that ends in `serde::Serialize`; other crates have derives of that name too.
fn is_serde(path: &Path, name: &str) -> bool {
    let mut segments = path.segments.iter().rev();
    segments.next().is_some_and(|last| last.ident == name)
        && segments.next().is_none_or(|krate| krate.ident == "serde")
}

pub(super) fn paths(attribute: &Attribute) -> Option<Punctuated<Path, Token![,]>> {
    if !attribute.path().is_ident("derive") {
        return None;
    }
    attribute.parse_args_with(Punctuated::parse_terminated).ok()
}

/// Derives above the attribute that would be made a second time below it.
pub(crate) fn check_above(
    cx: &mut Ctxt,
    attribute: &str,
    item: &Ident,
    above: &[String],
    none: bool,
) {
    if none {
        return;
    }
    let doubled: Vec<&str> = above
        .iter()
        .map(String::as_str)
        .filter(|name| ADDED.contains(name) || *name == "Shape")
        .collect();
    if !doubled.is_empty() {
        cx.fault_of_attribute(
            item.span(),
            format!(
                "`#[{attribute}]` must stand above `#[derive(...)]`: it adds {} unless they are derived below it, and here {} {} derived above it; move `#[{attribute}]` up",
                suggest::list(ADDED),
                suggest::list(doubled.iter().copied()),
                if doubled.len() == 1 { "is" } else { "are" }
            ),
        );
    }
}

/// Who prints the item for `{:?}`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum DebugBy {
    /// A derive: there is nothing to mask.
    Derive,
    /// A generated implementation that masks.
    Mask,
    /// The user.
    User,
}

/// What is added to an item.
pub(crate) struct Additions {
    /// The attributes to put above the item's own.
    pub(crate) attributes: TokenStream,
    /// Those of serde's traits among them.
    pub(crate) serde: Vec<&'static str>,
    pub(crate) debug: DebugBy,
    /// Whether `prost::Message`, which prints what should be masked, must be told not to.
    pub(crate) quiet_message: bool,
}

/// The derives that the item does not have yet, and the path to `serde` for those that need it.
///
/// A `Debug` derived below is taken out of `attributes` where fields are encrypted, because it would print them in
/// clear; `derive(none)` keeps it. What is not `stored` needs no serde.
pub(crate) fn additions(
    root: &Root,
    attributes: &mut [Attribute],
    none: bool,
    masks: bool,
    above: &[String],
    stored: bool,
) -> Additions {
    // the attribute implements `Shape` itself
    remove(attributes, "Shape");
    if none {
        return Additions {
            attributes: TokenStream::new(),
            serde: Vec::new(),
            debug: DebugBy::User,
            quiet_message: false,
        };
    }
    let mut present = derived_below(attributes);
    present.extend_from_slice(above);
    let missing = |name: &str| !present.iter().any(|derived| derived == name);
    let mut derives: Vec<TokenStream> = Vec::new();
    if missing("Clone") {
        derives.push(quote!(::core::clone::Clone));
    }
    if missing("PartialEq") {
        derives.push(quote!(::core::cmp::PartialEq));
    }
    // `prost::Message` implements `Debug` unless it is told not to
    let message_prints = present.iter().any(|name| name == "Message") && !skips_debug(attributes);
    let debug = if masks && !above.iter().any(|name| name == "Debug") {
        remove(attributes, "Debug");
        DebugBy::Mask
    } else if missing("Debug") && !message_prints {
        derives.push(quote!(::core::fmt::Debug));
        DebugBy::Derive
    } else {
        DebugBy::User
    };
    let serde: Vec<&str> = ["Serialize", "Deserialize"]
        .into_iter()
        .filter(|name| stored && missing(name))
        .collect();
    for name in &serde {
        let name = Ident::new(name, Span::call_site());
        derives.push(quote!(#root::__private::serde::#name));
    }
    let krate = (!serde.is_empty() && !names_serde_crate(attributes)).then(|| {
        let path = root.private("serde");
        quote!(#[serde(crate = #path)])
    });
    Additions {
        attributes: quote! {
            #[derive(#(#derives),*)]
            #krate
        },
        serde,
        debug,
        quiet_message: message_prints && debug == DebugBy::Mask,
    }
}

fn remove(attributes: &mut [Attribute], name: &str) {
    for attribute in attributes {
        let Some(paths) = paths(attribute) else {
            continue;
        };
        let kept: Vec<Path> = paths
            .into_iter()
            .filter(|path| path.segments.last().is_none_or(|last| last.ident != name))
            .collect();
        *attribute = parse_quote!(#[derive(#(#kept),*)]);
    }
}

fn skips_debug(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("prost")
            && attribute
                .to_token_stream()
                .to_string()
                .contains("skip_debug")
    })
}

fn names_serde_crate(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
        .filter_map(|attribute| {
            attribute
                .parse_args_with(Punctuated::<syn::Meta, Token![,]>::parse_terminated)
                .ok()
        })
        .flatten()
        .any(|meta| meta.path().to_token_stream().to_string() == "crate")
}
