use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, Token};

use crate::ctxt::Ctxt;
use crate::suggest;

/// Reads `key = value, key(...)` of the attribute `attribute`, calling `read` behind each known key.
///
/// Unknown and repeated keys are faults; reading goes on behind the next comma, so that each key's own faults are
/// found in one go.
pub(crate) fn read(
    cx: &mut Ctxt,
    attribute: &str,
    known: &[&str],
    tokens: TokenStream,
    mut read: impl FnMut(&mut Ctxt, &Ident, ParseStream<'_>) -> syn::Result<()>,
) {
    let mut seen: Vec<String> = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if !input.peek(syn::Ident::peek_any) {
                cx.push(input.error(format!(
                    "`#[{attribute}]` takes the keys {}",
                    suggest::list(known.iter().copied())
                )));
                skip_to_comma(input)?;
            } else {
                let key = input.call(Ident::parse_any)?;
                let name = key.to_string();
                if !known.contains(&name.as_str()) {
                    cx.fault(&key, unknown(attribute, &name, known));
                    skip_to_comma(input)?;
                } else if seen.contains(&name) {
                    cx.fault(
                        &key,
                        format!("`{name}` is given twice: keep one of the two"),
                    );
                    skip_to_comma(input)?;
                } else {
                    seen.push(name);
                    if let Err(error) = read(cx, &key, input) {
                        cx.push(error);
                        skip_to_comma(input)?;
                    } else if !input.is_empty() && !input.peek(Token![,]) {
                        cx.push(input.error(format!("a comma must follow the value of `{key}`")));
                        skip_to_comma(input)?;
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        cx.push(error);
    }
}

fn unknown(attribute: &str, key: &str, known: &[&str]) -> String {
    match suggest::closest(key, known.iter().copied()) {
        Some(meant) => format!("`#[{attribute}]` has no key `{key}`: did you mean `{meant}`?"),
        None => format!(
            "`#[{attribute}]` has no key `{key}`: it takes {}",
            suggest::list(known.iter().copied())
        ),
    }
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// `= "text"`.
pub(crate) fn text(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<LitStr> {
    equals(key, input, &format!("\"{example}\""))?;
    if input.peek(LitStr) {
        return input.parse();
    }
    Err(input.error(format!(
        "`{key}` takes text in quotes: write `{key} = \"{example}\"`"
    )))
}

/// `= some::path`.
pub(crate) fn path(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<Path> {
    equals(key, input, example)?;
    input.parse::<Path>().map_err(|error| {
        syn::Error::new(
            error.span(),
            format!("`{key}` takes a path without quotes: write `{key} = {example}`"),
        )
    })
}

/// The `=` behind a key.
pub(crate) fn equals(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    if input.peek(Token![=]) && !input.peek(Token![=>]) {
        input.parse::<Token![=]>()?;
        if input.is_empty() {
            return Err(syn::Error::new(
                key.span(),
                format!("`{key}` has no value: write `{key} = {example}`"),
            ));
        }
        return Ok(());
    }
    Err(syn::Error::new(
        key.span(),
        format!("`{key}` takes a value: write `{key} = {example}`"),
    ))
}

/// A key without a value.
pub(crate) fn alone(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(syn::Error::new(
        key.span(),
        format!("`{key}` takes no value: write `{key}` alone"),
    ))
}

/// `(none)`, the only form of `derive`.
pub(crate) fn derive_none(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    let message = "write `derive(none)` to derive all traits yourself; to add traits, write `#[derive(...)]` below the attribute";
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(key.span(), message));
    }
    let content;
    syn::parenthesized!(content in input);
    let what: TokenStream = content.parse()?;
    if what.to_string() == "none" {
        Ok(())
    } else {
        Err(syn::Error::new(key.span(), message))
    }
}

/// Checks a stored name: not empty, no NUL.
pub(crate) fn check_name(cx: &mut Ctxt, what: &str, name: &LitStr) {
    let value = name.value();
    if value.is_empty() {
        cx.fault(
            name,
            format!(
                "the {what}'s name is empty: leave `name` out to use the type's name, or give it one"
            ),
        );
    } else if value.contains('\0') {
        cx.fault(
            name,
            format!("the {what}'s name holds a NUL character, which PostgreSQL cannot store"),
        );
    } else if value.trim() != value {
        cx.fault(
            name,
            format!(
                "the {what}'s name begins or ends with a blank: write `name = \"{}\"`",
                value.trim()
            ),
        );
    }
}
