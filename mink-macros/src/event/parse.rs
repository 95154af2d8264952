use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned as _;
use syn::{Expr, LitInt, LitStr, Path, Token};

use crate::attr::{
    CRATE, DERIVE, ENCRYPT, EVENT, FORMAT, FORMAT_SINCE, NAME, UPCAST, VERSION, keys,
};
use crate::ctxt::Ctxt;
use crate::event::format;
use crate::span::Spanned;

/// What `#[event(...)]` says.
#[derive(Default)]
pub(super) struct EventArgs {
    pub(super) name: Option<LitStr>,
    pub(super) version: Option<Spanned<u32>>,
    pub(super) encrypt: Option<LitStr>,
    pub(super) upcast: Vec<Step>,
    pub(super) upcast_span: Option<Span>,
    pub(super) format: Option<LitStr>,
    pub(super) format_since: Option<Spanned<u32>>,
    pub(super) derive_none: bool,
    pub(super) krate: Option<Path>,
}

/// `1 => something`.
pub(super) struct Step {
    pub(super) from: Spanned<u32>,
    pub(super) with: StepKind,
}

pub(super) enum StepKind {
    /// A function or closure on the JSON value.
    Function(Expr),
    /// The struct that the event was then.
    Struct(Path),
}

const KEYS: [&str; 8] = [
    NAME,
    VERSION,
    ENCRYPT,
    UPCAST,
    FORMAT,
    FORMAT_SINCE,
    DERIVE,
    CRATE,
];

impl EventArgs {
    pub(super) fn parse(cx: &mut Ctxt, tokens: TokenStream) -> Self {
        let mut args = Self::default();
        keys::read(cx, EVENT, &KEYS, tokens, |cx, key, input| {
            match key.to_string().as_str() {
                NAME => {
                    let name = keys::text(key, input, "OrderPlaced")?;
                    keys::check_name(cx, "event", &name);
                    args.name = Some(name);
                }
                VERSION => {
                    keys::equals(key, input, "2")?;
                    args.version = Some(number(
                        input,
                        "a version is a whole number from 1 up, without quotes: write `version = 2`",
                    )?);
                }
                ENCRYPT => args.encrypt = Some(keys::text(key, input, "email, address.zip")?),
                UPCAST => {
                    args.upcast_span = Some(key.span());
                    args.upcast = steps(cx, key, input)?;
                }
                FORMAT => args.format = Some(keys::text(key, input, "msgpack")?),
                FORMAT_SINCE => {
                    keys::equals(key, input, "2")?;
                    args.format_since = Some(number(
                        input,
                        "the first version in this format is a whole number from 1 up, without quotes: write `format_since = 2`",
                    )?);
                }
                DERIVE => {
                    keys::derive_none(key, input)?;
                    args.derive_none = true;
                }
                _ => args.krate = Some(keys::path(key, input, "::mink")?),
            }
            Ok(())
        });
        args
    }

    /// The version that is written; 1 unless declared.
    pub(super) fn version(&self) -> u32 {
        self.version.as_ref().map_or(1, |version| version.value)
    }

    /// The first version that was written in the format.
    pub(super) fn format_since(&self) -> u32 {
        self.format_since.as_ref().map_or(1, |since| since.value)
    }

    /// Whether payloads are written as Protocol Buffers, which no function on JSON can read.
    pub(super) fn is_protobuf(&self) -> bool {
        self.format
            .as_ref()
            .is_some_and(|format| format.value() == format::PROTOBUF)
    }
}

fn number(input: ParseStream<'_>, wanted: &str) -> syn::Result<Spanned<u32>> {
    if input.peek(Token![-]) {
        return Err(input.error(wanted));
    }
    if !input.peek(LitInt) {
        return Err(input.error(wanted));
    }
    let literal: LitInt = input.parse()?;
    literal
        .base10_parse()
        .map(|value| Spanned::new(value, literal.span()))
        .map_err(|_| syn::Error::new(literal.span(), wanted))
}

const FORM: &str = "write the version that the step starts from, `=>`, and a function on the JSON value or the struct the event was then: `upcast(1 => add_channel, 2 => OrderPlacedV2)`";

fn steps(cx: &mut Ctxt, key: &syn::Ident, input: ParseStream<'_>) -> syn::Result<Vec<Step>> {
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(
            key.span(),
            format!("`upcast` takes its steps in parentheses: {FORM}"),
        ));
    }
    let content;
    syn::parenthesized!(content in input);
    if content.is_empty() {
        cx.fault_at(key.span(), format!("`upcast` holds no step: {FORM}"));
    }
    // read apart, so that a fault leaves nothing unread in the attribute
    let tokens: TokenStream = content.parse()?;
    read_steps.parse2(tokens)
}

fn read_steps(content: ParseStream<'_>) -> syn::Result<Vec<Step>> {
    let mut steps = Vec::new();
    while !content.is_empty() {
        let from = number(content, FORM)?;
        if !content.peek(Token![=>]) {
            return Err(content.error(FORM));
        }
        content.parse::<Token![=>]>()?;
        if content.is_empty() {
            return Err(syn::Error::new(from.span, FORM));
        }
        let with: Expr = content.parse()?;
        steps.push(Step {
            from,
            with: kind(with)?,
        });
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok(steps)
}

/// A path whose last name begins with a capital is a struct, as Rust's naming has it; all else is a function.
fn kind(with: Expr) -> syn::Result<StepKind> {
    match with {
        // what a `macro_rules!` was passed as an expression
        Expr::Group(group) => kind(*group.expr),
        Expr::Path(path) if path.qself.is_none() => {
            let is_struct = path.path.segments.last().is_some_and(|last| {
                let name = last.ident.to_string();
                name.trim_start_matches("r#")
                    .chars()
                    .next()
                    .is_some_and(char::is_uppercase)
            });
            Ok(if is_struct {
                StepKind::Struct(path.path)
            } else {
                StepKind::Function(Expr::Path(path))
            })
        }
        Expr::Closure(_) | Expr::Path(_) => Ok(StepKind::Function(with)),
        Expr::Call(call) => Err(syn::Error::new(
            call.span(),
            "name the function without calling it: write `1 => add_channel`, not `1 => add_channel()`",
        )),
        Expr::Lit(literal) => Err(syn::Error::new(
            literal.span(),
            "name the function or the old struct without quotes, as in `1 => add_channel`",
        )),
        other => Err(syn::Error::new(other.span(), FORM)),
    }
}
