//! A struct or enum as its stored form needs it: every event, command and `Shape` is read into this.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Index, Member, Type};

use crate::attr::mink::{ContainerKeys, FieldKeys};
use crate::attr::serde::{Case, SerdeKeys};
use crate::attr::{mink, serde};
use crate::ctxt::Ctxt;
use crate::fragment;

pub(crate) struct Item {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) serde: SerdeKeys,
    pub(crate) mink: ContainerKeys,
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Struct(FieldList),
    Enum(Vec<VariantDef>),
    /// A union, which is refused.
    Union,
}

pub(crate) struct VariantDef {
    pub(crate) ident: Ident,
    /// The name as stored.
    pub(crate) stored: String,
    pub(crate) serde: SerdeKeys,
    pub(crate) mink: FieldKeys,
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) fields: FieldList,
}

pub(crate) struct FieldList {
    pub(crate) style: Style,
    pub(crate) fields: Vec<FieldDef>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Named,
    Tuple,
    Unit,
}

pub(crate) struct FieldDef {
    pub(crate) member: Member,
    pub(crate) ty: Type,
    /// The name as stored; the place for a tuple's.
    pub(crate) stored: String,
    pub(crate) serde: SerdeKeys,
    pub(crate) mink: FieldKeys,
    pub(crate) cfg: Vec<Attribute>,
}

impl FieldDef {
    /// Whether it is left out of what is stored.
    pub(crate) fn is_skipped(&self) -> bool {
        self.serde.skip
            || (self.serde.skip_serializing.is_some() && self.serde.skip_deserializing.is_some())
    }

    /// The name in the source, without `r#`.
    pub(crate) fn name(&self) -> String {
        match &self.member {
            Member::Named(ident) => ident.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        }
    }
}

impl FieldList {
    pub(crate) fn stored(&self) -> impl Iterator<Item = &FieldDef> {
        self.fields.iter().filter(|field| !field.is_skipped())
    }

    /// The only field of `struct A(B);`, which serde stores as a `B`.
    pub(crate) fn newtype(&self) -> Option<&FieldDef> {
        match (self.style, self.fields.as_slice()) {
            (Style::Tuple, [only]) => Some(only),
            _ => None,
        }
    }
}

impl VariantDef {
    pub(crate) fn is_skipped(&self) -> bool {
        self.serde.skip
            || (self.serde.skip_serializing.is_some() && self.serde.skip_deserializing.is_some())
    }
}

impl Item {
    pub(crate) fn read(cx: &mut Ctxt, input: &DeriveInput) -> Self {
        let keys = serde::read(cx, &input.attrs);
        let body = match &input.data {
            Data::Struct(data) => Body::Struct(fields(cx, &data.fields, keys.rename_all)),
            Data::Enum(data) => Body::Enum(
                data.variants
                    .iter()
                    .map(|variant| {
                        let own = serde::read(cx, &variant.attrs);
                        let case = own.rename_all.or(keys.rename_all_fields);
                        VariantDef {
                            ident: variant.ident.clone(),
                            stored: serde::variant_name(&variant.ident, &own, keys.rename_all),
                            mink: mink::read(cx, &variant.attrs),
                            cfg: cfg(&variant.attrs),
                            fields: fields(cx, &variant.fields, case),
                            serde: own,
                        }
                    })
                    .collect(),
            ),
            Data::Union(_) => Body::Union,
        };
        Self {
            ident: input.ident.clone(),
            generics: input.generics.clone(),
            mink: mink::read(cx, &input.attrs),
            serde: keys,
            cfg: cfg(&input.attrs),
            body,
        }
    }

    /// Every field, of all variants.
    pub(crate) fn fields(&self) -> Box<dyn Iterator<Item = &FieldDef> + '_> {
        match &self.body {
            Body::Struct(list) => Box::new(list.fields.iter()),
            Body::Enum(variants) => {
                Box::new(variants.iter().flat_map(|variant| &variant.fields.fields))
            }
            Body::Union => Box::new(std::iter::empty()),
        }
    }
}

fn fields(cx: &mut Ctxt, fields: &Fields, case: Option<Case>) -> FieldList {
    let style = match fields {
        Fields::Named(_) => Style::Named,
        Fields::Unnamed(_) => Style::Tuple,
        Fields::Unit => Style::Unit,
    };
    let fields = fields
        .iter()
        .enumerate()
        .map(|(place, field)| {
            let keys: SerdeKeys = serde::read(cx, &field.attrs);
            let (member, stored) = match &field.ident {
                Some(ident) => (
                    Member::Named(ident.clone()),
                    serde::field_name(ident, &keys, case),
                ),
                None => (Member::Unnamed(Index::from(place)), place.to_string()),
            };
            FieldDef {
                member,
                ty: fragment::ty(&field.ty),
                stored,
                serde: keys,
                mink: mink::read(cx, &field.attrs),
                cfg: cfg(&field.attrs),
            }
        })
        .collect();
    FieldList { style, fields }
}

/// The `#[cfg(...)]`s, which generated code for the same thing repeats.
pub(crate) fn cfg(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .cloned()
        .collect()
}

/// Takes `#[mink(...)]` off the item, its variants and its fields.
pub(crate) fn strip(input: &mut DeriveInput) {
    mink::strip(&mut input.attrs);
    let strip_fields = |fields: &mut Fields| {
        for field in fields {
            mink::strip(&mut field.attrs);
        }
    };
    match &mut input.data {
        Data::Struct(data) => strip_fields(&mut data.fields),
        Data::Enum(data) => {
            for variant in &mut data.variants {
                mink::strip(&mut variant.attrs);
                strip_fields(&mut variant.fields);
            }
        }
        Data::Union(_) => {}
    }
}
