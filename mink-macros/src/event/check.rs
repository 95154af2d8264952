use super::parse::{EventArgs, Step, StepKind};
use crate::attr::EVENT;
use crate::ctxt::Ctxt;
use crate::item::{Body, Item};
use crate::refuse;

pub(super) fn check(cx: &mut Ctxt, args: &EventArgs, item: &Item) {
    refuse::generics(cx, EVENT, &item.generics);
    check_variants(cx, item);
    check_ids(cx, item);
    if check_version(cx, args) {
        check_chain(cx, args);
    }
    check_order(cx, args);
}

/// An enum without variants has no value, so no such event can happen.
fn check_variants(cx: &mut Ctxt, item: &Item) {
    if let Body::Enum(variants) = &item.body
        && variants.is_empty()
    {
        cx.fault(
            &item.ident,
            format!(
                "`{}` has no variants, so it can never happen: add one, or make it a struct",
                item.ident
            ),
        );
    }
}

fn check_ids(cx: &mut Ctxt, item: &Item) {
    for field in item.fields() {
        if field.mink.id.is_present() {
            cx.fault_at(
                field.mink.id.span(),
                "an event has no id of its own: its stream knows the aggregate's; put `#[mink(id)]` on a field of a `#[command]`",
            );
        }
    }
}

/// Versions count from 1.
fn check_version(cx: &mut Ctxt, args: &EventArgs) -> bool {
    match &args.version {
        Some(version) if version.value == 0 => {
            cx.fault_at(
                version.span,
                "versions count from 1: write `version = 1`, or leave it out",
            );
            false
        }
        _ => true,
    }
}

/// Every version from the first step's on leads to the current one, once.
fn check_chain(cx: &mut Ctxt, args: &EventArgs) {
    let version = args.version();
    let mut legal: Vec<u32> = Vec::new();
    for step in &args.upcast {
        let from = step.from.value;
        let message = if from == 0 {
            "versions count from 1: there is no version 0 to start from".to_owned()
        } else if from >= version && args.version.is_none() {
            format!(
                "a step leads to a later version, but this event is at version 1: write `version = {}` beside `upcast`",
                from.saturating_add(1)
            )
        } else if from >= version {
            format!(
                "this step starts at version {from}, but the event is at version {version}: a chain only leads up to it; write `version = {}`, or remove the step",
                from.saturating_add(1)
            )
        } else if legal.contains(&from) {
            format!("two steps start at version {from}: keep one of them")
        } else {
            legal.push(from);
            continue;
        };
        cx.fault_at(step.from.span, message);
    }
    let Some(first) = legal.iter().min().copied() else {
        return;
    };
    let missing: Vec<u32> = (first..version)
        .filter(|from| !legal.contains(from))
        .take(8)
        .collect();
    if let (Some(span), Some(from)) = (args.upcast_span, missing.first()) {
        let steps: Vec<String> = missing
            .iter()
            .map(|from| format!("{from} => ..."))
            .collect();
        cx.fault_at(
            span,
            format!(
                "no step leads from version {from} to {}: add `{}` to `upcast`",
                from + 1,
                steps.join(", ")
            ),
        );
    }
}

/// A struct turns into the next struct, so no function on JSON can come behind it.
fn check_order(cx: &mut Ctxt, args: &EventArgs) {
    for pair in sorted(&args.upcast).windows(2) {
        if let [before, after] = pair
            && let (StepKind::Struct(old), StepKind::Function(function)) =
                (&before.with, &after.with)
        {
            cx.fault(
                function,
                format!(
                    "the step from version {} turns the struct `{}` into the next struct, so version {} needs a struct too, not a function on JSON: name the struct that the event was at version {}",
                    before.from.value,
                    old.segments.last().map_or_else(String::new, |last| last.ident.to_string()),
                    after.from.value,
                    after.from.value
                ),
            );
        }
    }
}

/// The steps from the oldest version up.
pub(super) fn sorted(steps: &[Step]) -> Vec<&Step> {
    let mut sorted: Vec<&Step> = steps.iter().collect();
    sorted.sort_by_key(|step| step.from.value);
    sorted
}
