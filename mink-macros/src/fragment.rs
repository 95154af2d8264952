//! What a `macro_rules!` was passed as a type comes as a group of its own; here it is read as what it is.

use syn::visit_mut::{self, VisitMut};
use syn::{ImplItemFn, ItemFn, ItemImpl, Signature, Type};

struct Plain;

impl VisitMut for Plain {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        while let Type::Group(group) = ty {
            // without its group, `dyn A + B` behind a `&` would be another type
            if matches!(*group.elem, Type::TraitObject(_) | Type::ImplTrait(_)) {
                break;
            }
            *ty = (*group.elem).clone();
        }
        visit_mut::visit_type_mut(self, ty);
    }
}

pub(crate) fn ty(ty: &Type) -> Type {
    let mut ty = ty.clone();
    Plain.visit_type_mut(&mut ty);
    ty
}

pub(crate) fn of_function(function: &mut ItemFn) {
    signature(&mut function.sig);
}

/// Of the block's type and the signatures of its methods.
pub(crate) fn of_block(block: &mut ItemImpl) {
    Plain.visit_type_mut(&mut block.self_ty);
    for item in &mut block.items {
        if let syn::ImplItem::Fn(ImplItemFn { sig, .. }) = item {
            signature(sig);
        }
    }
}

fn signature(sig: &mut Signature) {
    Plain.visit_signature_mut(sig);
}
