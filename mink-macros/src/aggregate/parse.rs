use darling::{FromAttributes, FromMeta};
use syn::{DeriveInput, Expr, ExprLit, Lit, LitStr, Path};

use crate::attr::AGGREGATE;
use crate::ctxt::Ctxt;

/// What `#[aggregate(...)]` says.
#[derive(Default, FromAttributes)]
#[darling(default, attributes(aggregate))]
pub(super) struct AggregateKeys {
    pub(super) name: Option<Name>,
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
        match expr {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Ok(Self(text.clone())),
            other => Err(darling::Error::custom(
                "`name` takes text in quotes: write `name = \"Order\"`",
            )
            .with_span(other)),
        }
    }
}
