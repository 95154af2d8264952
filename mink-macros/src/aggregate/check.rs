use syn::{Data, DeriveInput};

use super::parse::{AggregateKeys, Name};
use crate::attr::{AGGREGATE, keys};
use crate::ctxt::Ctxt;
use crate::refuse;

pub(super) fn check(cx: &mut Ctxt, args: &AggregateKeys, input: &DeriveInput) {
    refuse::generics(cx, &format!("derive({AGGREGATE_TRAIT})"), &input.generics);
    if let Data::Union(_) = input.data {
        cx.fault(&input.ident, "a union cannot be an aggregate: use a struct");
    }
    if let Some(Name(name)) = &args.name {
        keys::check_name(cx, AGGREGATE, name);
        let text = name.value();
        if text.contains('-') {
            cx.fault(
                name,
                format!(
                    "an aggregate's name holds no `-`: in a stream's name, `-` stands between it and the id (`Order-1`); write `name = \"{}\"`",
                    text.replace('-', "_")
                ),
            );
        }
    }
}

const AGGREGATE_TRAIT: &str = "Aggregate";
