//! `snapshot(every = 100, after = "1h", bytes = "1MiB", version = 2)`.

use std::time::Duration;

use darling::FromMeta;
use darling::ast::NestedMeta;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, Lit, LitInt, Meta};

use super::parse::{fault, literal};
use crate::krate::Root;

/// When a snapshot is taken. Without `every`, `after` and `bytes` only when it is asked for.
pub(super) struct Snapshot {
    /// The key itself.
    pub(super) key: Span,
    keys: SnapshotKeys,
}

#[derive(Default, FromMeta)]
#[darling(default)]
struct SnapshotKeys {
    every: Option<Every>,
    after: Option<After>,
    bytes: Option<Bytes>,
    version: Option<Version>,
}

impl FromMeta for Snapshot {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        let key = meta.path().span();
        let keys = match meta {
            Meta::Path(_) => SnapshotKeys::default(),
            Meta::List(list) => {
                SnapshotKeys::from_list(&NestedMeta::parse_meta_list(list.tokens.clone())?)?
            }
            Meta::NameValue(pair) => {
                return Err(fault(
                    &pair.value,
                    "`snapshot` takes keys in brackets: write `snapshot(every = 100)`",
                ));
            }
        };
        Ok(Self { key, keys })
    }
}

impl Snapshot {
    /// The policy of the aggregate `ident`, and that it has one.
    pub(super) fn expand(&self, root: &Root, ident: &Ident) -> (TokenStream, TokenStream) {
        let SnapshotKeys {
            every,
            after,
            bytes,
            version,
        } = &self.keys;
        let every = every.as_ref().map(|Every(events)| quote!(.every(#events)));
        let bytes = bytes.as_ref().map(|Bytes(bytes)| quote!(.bytes(#bytes)));
        let version = version
            .as_ref()
            .map(|Version(version)| quote!(.version(#version)));
        let after = after.as_ref().map(|After(age)| {
            let (seconds, nanos) = (age.as_secs(), age.subsec_nanos());
            quote!(.after(::core::time::Duration::new(#seconds, #nanos)))
        });
        // a state that cannot be kept is underlined at the key that asks for it
        let manual = {
            let root = root.at(self.key);
            quote_spanned!(self.key=> #root::aggregate::SnapshotPolicy::<#ident>::manual())
        };
        let constant = quote! {
            const SNAPSHOTS: ::core::option::Option<#root::aggregate::SnapshotPolicy<Self>> =
                ::core::option::Option::Some(<Self as #root::aggregate::Snapshotted>::POLICY);
        };
        let implementation = quote! {
            #[automatically_derived]
            impl #root::aggregate::Snapshotted for #ident {
                const POLICY: #root::aggregate::SnapshotPolicy<Self> =
                    #manual #every #after #bytes #version;
            }
        };
        (constant, implementation)
    }
}

/// A number of events.
struct Every(LitInt);

impl FromMeta for Every {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        const USAGE: &str =
            "`every` takes a number of events, 1 or more: write `snapshot(every = 100)`";
        match literal(expr) {
            Some(Lit::Int(events)) if events.base10_parse::<u64>().is_ok_and(|n| n > 0) => {
                Ok(Self(events.clone()))
            }
            _ => Err(fault(expr, USAGE)),
        }
    }
}

/// An age.
struct After(Duration);

impl FromMeta for After {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        const USAGE: &str = "`after` takes an age in quotes: write `snapshot(after = \"1h\")`, or `\"90s\"`, `\"15m\"`, `\"1h 30m\"`, `\"7d\"`";
        match literal(expr) {
            Some(Lit::Str(text)) => humantime::parse_duration(&text.value())
                .map(Self)
                .map_err(|_| fault(expr, USAGE)),
            _ => Err(fault(expr, USAGE)),
        }
    }
}

/// A size.
struct Bytes(u64);

impl FromMeta for Bytes {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        const USAGE: &str = "`bytes` takes a size, 1 or more: write `snapshot(bytes = \"1 MiB\")`, or a number of bytes";
        let bytes = match literal(expr) {
            Some(Lit::Int(bytes)) => bytes.base10_parse().ok(),
            Some(Lit::Str(text)) => text
                .value()
                .parse::<bytesize::ByteSize>()
                .ok()
                .map(|size| size.as_u64()),
            _ => None,
        };
        bytes
            .filter(|bytes| *bytes > 0)
            .map(Self)
            .ok_or_else(|| fault(expr, USAGE))
    }
}

/// The version of the way the state is made.
struct Version(LitInt);

impl FromMeta for Version {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        const USAGE: &str = "`version` takes a number, raised when an evolving method was corrected: write `snapshot(version = 2)`";
        match literal(expr) {
            Some(Lit::Int(version)) if version.base10_parse::<u32>().is_ok() => {
                Ok(Self(version.clone()))
            }
            _ => Err(fault(expr, USAGE)),
        }
    }
}
