use super::id;
use super::parse::CommandArgs;
use crate::attr::COMMAND;
use crate::ctxt::Ctxt;
use crate::item::{Body, FieldDef, Item, Style};
use crate::refuse;

/// The field that holds the id, when the command is one.
pub(super) fn check<'a>(cx: &mut Ctxt, args: &CommandArgs, item: &'a Item) -> Option<&'a FieldDef> {
    refuse::generics(cx, COMMAND, &item.generics);
    let ident = &item.ident;
    match &item.body {
        Body::Struct(list) if list.style == Style::Unit || list.fields.is_empty() => {
            cx.fault(
                ident,
                format!(
                    "`{ident}` has no fields, so it does not say which aggregate it is for: give it the aggregate's id, as in `struct {ident} {{ order_id: String }}`"
                ),
            );
            None
        }
        Body::Struct(list) => id::find(cx, args, item, list),
        Body::Enum(_) => {
            cx.fault(
                ident,
                format!(
                    "`{ident}` is an enum, but a method handles one kind of command: make each variant a struct with `#[command]`"
                ),
            );
            None
        }
        // refused before it is read
        Body::Union => None,
    }
}
