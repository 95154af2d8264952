use darling::{FromAttributes, FromMeta};
use syn::{DeriveInput, Expr, ExprLit, Lit, LitBool, LitStr, Path};

use super::snapshot::Snapshot;
use crate::attr::AGGREGATE;
use crate::ctxt::Ctxt;

/// What `#[aggregate(...)]` says.
#[derive(Default, FromAttributes)]
#[darling(default, attributes(aggregate))]
pub(super) struct AggregateKeys {
    pub(super) name: Option<Name>,
    pub(super) cache: Option<Cache>,
    pub(super) snapshot: Option<Snapshot>,
    #[darling(rename = "crate")]
    pub(super) krate: Option<Path>,
}

impl AggregateKeys {
    pub(super) fn parse(cx: &mut Ctxt, input: &DeriveInput) -> Self {
        crate::attr::read(cx, AGGREGATE, &input.attrs)
    }
}

/// A name in quotes.
#[derive(Clone)]
pub(super) struct Name(pub(super) LitStr);

impl FromMeta for Name {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        match literal(expr) {
            Some(Lit::Str(text)) => Ok(Self(text.clone())),
            _ => Err(fault(
                expr,
                "`name` takes text in quotes: write `name = \"Order\"`",
            )),
        }
    }
}

/// Whether the aggregate is kept in memory between dispatches.
#[derive(Clone)]
pub(super) struct Cache(pub(super) LitBool);

impl Cache {
    const USAGE: &'static str = "`cache` takes `true` or `false`: write `cache = false`";
}

impl FromMeta for Cache {
    fn from_word() -> darling::Result<Self> {
        Err(darling::Error::custom(Self::USAGE))
    }

    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        match literal(expr) {
            Some(Lit::Bool(cache)) => Ok(Self(cache.clone())),
            _ => Err(fault(expr, Self::USAGE)),
        }
    }
}

/// The literal that an expression is.
pub(super) fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// A fault of a key's value.
pub(super) fn fault(expr: &Expr, message: &str) -> darling::Error {
    darling::Error::custom(message).with_span(expr)
}
