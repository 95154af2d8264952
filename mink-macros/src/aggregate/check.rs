use syn::{Data, DeriveInput, Field};

use super::parse::{AggregateKeys, Name};
use crate::attr::{AGGREGATE, keys, serde};
use crate::ctxt::Ctxt;
use crate::refuse;

pub(super) fn check(cx: &mut Ctxt, args: &AggregateKeys, input: &DeriveInput) {
    refuse::generics(cx, &format!("derive({AGGREGATE_TRAIT})"), &input.generics);
    if let Data::Union(_) = input.data {
        cx.fault(&input.ident, "a union cannot be an aggregate: use a struct");
    }
    if args.snapshot.is_some() {
        check_state(cx, input);
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

/// What serde leaves out, a snapshot would lose.
fn check_state(cx: &mut Ctxt, input: &DeriveInput) {
    let fields: Vec<&Field> = match &input.data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(data) => data.variants.iter().flat_map(|v| &v.fields).collect(),
        Data::Union(_) => Vec::new(),
    };
    for field in fields {
        // what else is wrong there, the derive of `Shape` says
        let keys = serde::read(&mut Ctxt::new(), &field.attrs);
        if keys.skip || keys.skip_serializing.is_some() || keys.skip_deserializing.is_some() {
            cx.fault(
                field,
                "a snapshot would lose this field, because serde leaves it out: the state would depend on whether there is a snapshot; let serde write it, or take no snapshots",
            );
        }
    }
}

const AGGREGATE_TRAIT: &str = "Aggregate";
