use darling::FromAttributes;
use syn::{DeriveInput, LitStr, Path};

use crate::attr::AGGREGATE;
use crate::ctxt::Ctxt;

/// What `#[aggregate(...)]` says.
#[derive(Default, FromAttributes)]
#[darling(default, attributes(aggregate))]
pub(super) struct AggregateKeys {
    pub(super) name: Option<LitStr>,
    #[darling(rename = "crate")]
    pub(super) krate: Option<Path>,
}

impl AggregateKeys {
    pub(super) fn parse(cx: &mut Ctxt, input: &DeriveInput) -> Self {
        crate::attr::read(cx, AGGREGATE, &input.attrs)
    }
}
