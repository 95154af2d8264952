//! `#[mink(...)]` on containers, fields, variants and methods.

use darling::FromAttributes;
use darling::util::{Flag, SpannedValue};
use syn::{Attribute, Lit, Path, Type};

use crate::attr::MINK;
use crate::ctxt::Ctxt;

/// On a field of an event, of a command or of a `Shape`.
#[derive(Default, FromAttributes)]
#[darling(default, attributes(mink))]
pub(crate) struct FieldKeys {
    /// The field is encrypted.
    pub(crate) encrypt: Flag,
    /// The field is the aggregate's id.
    pub(crate) id: Flag,
    /// The field leads back to its own type.
    pub(crate) recursive: Flag,
    /// The type as which the field is stored.
    pub(crate) shape: Option<SpannedValue<StoredAs>>,
    /// A value that the field accepts.
    pub(crate) example: Option<Lit>,
}

/// On a struct or enum.
#[derive(Default, FromAttributes)]
#[darling(default, attributes(mink))]
pub(crate) struct ContainerKeys {
    /// The path to the crate.
    #[darling(rename = "crate")]
    pub(crate) krate: Option<Path>,
    /// The type as which the item is stored.
    pub(crate) shape: Option<SpannedValue<StoredAs>>,
    /// A value that the item accepts.
    pub(crate) example: Option<Lit>,
}

/// On a method of a `#[handlers]` block.
#[derive(Default, FromAttributes)]
#[darling(default, attributes(mink))]
pub(crate) struct MethodKeys {
    /// A plain method.
    pub(crate) skip: Flag,
}

/// A type, written with or without quotes.
#[derive(Clone)]
pub(crate) struct StoredAs(pub(crate) Type);

impl darling::FromMeta for StoredAs {
    fn from_expr(expr: &syn::Expr) -> darling::Result<Self> {
        let ty = match expr {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => text.parse::<Type>(),
            other => syn::parse2(quote::ToTokens::to_token_stream(other)),
        };
        ty.map(Self).map_err(|_| {
            darling::Error::custom(
                "`shape` takes the type as which this is stored: write `shape = String`, or `shape = \"Vec<u8>\"` for a type with `<`",
            )
            .with_span(expr)
        })
    }
}

/// Reads `#[mink(...)]`; faults go to `cx`.
pub(crate) fn read<T: FromAttributes + Default>(cx: &mut Ctxt, attributes: &[Attribute]) -> T {
    super::read(cx, MINK, attributes)
}

/// Takes `#[mink(...)]` off: the compiler knows it only below a derive of ours.
pub(crate) fn strip(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| !attribute.path().is_ident(MINK));
}
