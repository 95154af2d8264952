//! What a method's signature says, whatever kind of type it belongs to.

use proc_macro2::Ident;
use syn::{
    Attribute, FnArg, Generics, ImplItemFn, Receiver, ReturnType, Token, Type, TypeReference,
};

use crate::attr::mink::{self, MethodKeys};
use crate::ctxt::Ctxt;
use crate::item;

/// A method with a receiver and at least one argument, not excused by `#[mink(skip)]`.
pub(super) struct Method {
    pub(super) ident: Ident,
    pub(super) cfg: Vec<Attribute>,
    pub(super) generics: Generics,
    pub(super) asyncness: Option<Token![async]>,
    pub(super) unsafety: Option<Token![unsafe]>,
    pub(super) receiver: Receiver,
    pub(super) first: Arg,
    pub(super) rest: Vec<Arg>,
    /// `None` for a method that returns nothing.
    pub(super) output: Option<Type>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReceiverKind {
    /// `&self`
    Shared,
    /// `&mut self`
    Exclusive,
    /// `self`, `self: Box<Self>`, ...
    Owned,
}

/// An argument behind the receiver.
pub(crate) enum Arg {
    /// `x: T`
    Value(Type),
    /// `x: &T`
    Shared(TypeReference),
    /// `x: &mut T`
    Exclusive(TypeReference),
}

impl Method {
    /// `None` for associated functions and methods without arguments, which handle nothing.
    pub(super) fn read(cx: &mut Ctxt, function: &ImplItemFn) -> Option<Self> {
        let keys: MethodKeys = mink::read(cx, &function.attrs);
        if keys.skip.is_present() {
            return None;
        }
        let signature = &function.sig;
        let receiver = signature.receiver()?.clone();
        let mut args = signature.inputs.iter().filter_map(|arg| match arg {
            FnArg::Typed(typed) => Some(Arg::read(&typed.ty)),
            FnArg::Receiver(_) => None,
        });
        let first = args.next()?;
        Some(Self {
            ident: signature.ident.clone(),
            cfg: item::cfg(&function.attrs),
            generics: signature.generics.clone(),
            asyncness: signature.asyncness,
            unsafety: signature.unsafety,
            receiver,
            first,
            rest: args.collect(),
            output: match &signature.output {
                ReturnType::Default => None,
                ReturnType::Type(_, ty) => Some((**ty).clone()),
            },
        })
    }

    pub(super) fn receiver_kind(&self) -> ReceiverKind {
        match &*self.receiver.ty {
            Type::Reference(reference) if reference.mutability.is_some() => ReceiverKind::Exclusive,
            Type::Reference(_) => ReceiverKind::Shared,
            _ => ReceiverKind::Owned,
        }
    }

    /// Whether it returns something other than `()`.
    pub(super) fn returned(&self) -> Option<&Type> {
        self.output
            .as_ref()
            .filter(|ty| !matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty()))
    }
}

impl Arg {
    pub(crate) fn read(ty: &Type) -> Self {
        match bare(ty) {
            Type::Reference(reference) if reference.mutability.is_some() => {
                Self::Exclusive(reference.clone())
            }
            Type::Reference(reference) => Self::Shared(reference.clone()),
            other => Self::Value(other.clone()),
        }
    }

    /// The type as written.
    pub(super) fn ty(&self) -> Type {
        match self {
            Self::Value(ty) => ty.clone(),
            Self::Shared(reference) | Self::Exclusive(reference) => {
                Type::Reference(reference.clone())
            }
        }
    }
}

/// The type without parentheses around it.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => bare(&inner.elem),
        Type::Group(inner) => bare(&inner.elem),
        other => other,
    }
}
