use super::id;
use super::parse::CommandArgs;
use crate::attr::COMMAND;
use crate::ctxt::Ctxt;
use crate::item::{Body, FieldDef, Item, Style};
use crate::refuse;

/// Where the aggregate's id is.
pub(super) enum Id<'a> {
    /// In this field.
    Field(&'a FieldDef),
    /// Nowhere, and why: a command for a free-standing handler needs none, and only an aggregate's method that takes the
    /// command makes it a fault.
    Nowhere(String),
}

/// `None` when the item is refused.
pub(super) fn check<'a>(cx: &mut Ctxt, args: &CommandArgs, item: &'a Item) -> Option<Id<'a>> {
    refuse::generics(cx, COMMAND, &item.generics);
    let ident = &item.ident;
    match &item.body {
        Body::Struct(list) if list.style == Style::Unit || list.fields.is_empty() => {
            let why = format!(
                "`{ident}` has no fields, so it does not say which aggregate it is for: give it the aggregate's id, as in `struct {ident} {{ order_id: String }}`"
            );
            match (&args.id, &args.aggregate) {
                (None, None) => Some(Id::Nowhere(why)),
                _ => {
                    cx.fault(ident, why);
                    None
                }
            }
        }
        Body::Struct(list) => match id::find(cx, args, item, list)? {
            Id::Nowhere(why) if args.aggregate.is_some() => {
                cx.fault(ident, why);
                None
            }
            found => Some(found),
        },
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
