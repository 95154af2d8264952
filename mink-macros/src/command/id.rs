//! Which field of a command holds the aggregate's id.

use syn::LitStr;

use super::check::Id;
use super::parse::CommandArgs;
use crate::attr::ID;
use crate::ctxt::Ctxt;
use crate::item::{FieldDef, FieldList, Item, Style};
use crate::suggest;

/// `None` when what is said of the id is wrong. Found is `id = "field"`, else the field marked `#[mink(id)]`, else the field `id`, else the only field that ends in `_id`.
pub(super) fn find<'a>(
    cx: &mut Ctxt,
    args: &CommandArgs,
    item: &Item,
    list: &'a FieldList,
) -> Option<Id<'a>> {
    let marked: Vec<&FieldDef> = list
        .fields
        .iter()
        .filter(|field| field.mink.id.is_present())
        .collect();
    if let Some(second) = marked.get(1) {
        cx.fault_at(
            second.mink.id.span(),
            format!(
                "`{}` has two ids: a command is addressed to one aggregate, so mark one field",
                item.ident
            ),
        );
        return None;
    }
    match (&args.id, marked.first()) {
        (Some(_), Some(field)) => {
            cx.fault_at(
                field.mink.id.span(),
                "the id is named twice: keep `id = \"...\"` on the command or `#[mink(id)]` on the field",
            );
            None
        }
        (Some(name), None) => named(cx, item, list, name).map(Id::Field),
        (None, Some(field)) => Some(Id::Field(field)),
        (None, None) => Some(guessed(item, list)),
    }
}

fn named<'a>(
    cx: &mut Ctxt,
    item: &Item,
    list: &'a FieldList,
    name: &LitStr,
) -> Option<&'a FieldDef> {
    let text = name.value();
    let wanted = text.trim_start_matches("r#");
    let found = list.fields.iter().find(|field| field.name() == wanted);
    if found.is_none() {
        let names: Vec<String> = list.fields.iter().map(FieldDef::name).collect();
        let names = || names.iter().map(String::as_str);
        let message = match suggest::closest(wanted, names()) {
            Some(meant) => format!(
                "`{}` has no field `{text}`: did you mean `{ID} = \"{meant}\"`?",
                item.ident
            ),
            None => format!(
                "`{}` has no field `{text}`: `{ID}` names the field that holds the aggregate's id, one of {}",
                item.ident,
                suggest::list(names())
            ),
        };
        cx.fault(name, message);
    }
    found
}

fn guessed<'a>(item: &Item, list: &'a FieldList) -> Id<'a> {
    if list.style == Style::Tuple {
        return match list.fields.as_slice() {
            [only] => Id::Field(only),
            _ => Id::Nowhere(format!(
                "which field of `{}` is the aggregate's id? Put `#[mink(id)]` on it",
                item.ident
            )),
        };
    }
    if let Some(field) = list.fields.iter().find(|field| field.name() == "id") {
        return Id::Field(field);
    }
    let candidates: Vec<&FieldDef> = list
        .fields
        .iter()
        .filter(|field| field.name().ends_with("_id"))
        .collect();
    if let [only] = candidates.as_slice() {
        return Id::Field(only);
    }
    Id::Nowhere(if candidates.is_empty() {
        let names: Vec<String> = list.fields.iter().map(FieldDef::name).collect();
        format!(
            "which field of `{}` is the aggregate's id? None is called `id` or ends in `_id`: write `#[command({ID} = \"...\")]` with one of {}, or add a field",
            item.ident,
            suggest::list(names.iter().map(String::as_str))
        )
    } else {
        let names: Vec<String> = candidates.iter().map(|field| field.name()).collect();
        format!(
            "which field of `{}` is the aggregate's id: {}? Write `#[command({ID} = \"{}\")]`",
            item.ident,
            suggest::list(names.iter().map(String::as_str)),
            names.first().map_or("", String::as_str)
        )
    })
}
