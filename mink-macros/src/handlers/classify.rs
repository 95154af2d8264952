//! The rules of an aggregate: a command by value decides, an event by reference evolves.

use proc_macro2::Ident;
use syn::{Attribute, GenericParam, Token, Type};

use super::method::{Arg, Method, ReceiverKind, bare};
use super::take::Take;
use crate::ctxt::Ctxt;
use crate::span::text;

/// What the methods of a block do.
#[derive(Default)]
pub(super) struct Handlers {
    pub(super) evolves: Vec<Evolve>,
    pub(super) decides: Vec<Decide>,
}

/// `fn name(&mut self, event: &E)`
pub(super) struct Evolve {
    pub(super) ident: Ident,
    pub(super) cfg: Vec<Attribute>,
    pub(super) event: Type,
    /// Whether the method is refused, and only a stub of it is generated.
    pub(super) refused: bool,
}

/// `fn name(&self, command: C, ...) -> ...`
pub(super) struct Decide {
    pub(super) ident: Ident,
    pub(super) cfg: Vec<Attribute>,
    pub(super) asyncness: Option<Token![async]>,
    pub(super) command: Type,
    pub(super) takes: Vec<Take>,
    pub(super) output: Option<Type>,
    /// Whether the method is refused, and only a stub of it is generated.
    pub(super) refused: bool,
}

const PLAIN: &str = "a plain method goes into another `impl` block, or is marked `#[mink(skip)]`";

pub(super) fn classify(cx: &mut Ctxt, aggregate: &Type, methods: &[Method]) -> Handlers {
    let mut handlers = Handlers::default();
    for method in methods {
        match (method.receiver_kind(), &method.first) {
            (ReceiverKind::Shared, Arg::Value(ty)) if never_a_command(ty) => cx.fault(
                ty,
                format!(
                    "`{}` takes `{}` by value, which is not a command: a command is a struct with `#[command]`; {PLAIN}",
                    method.ident,
                    text(ty)
                ),
            ),
            (ReceiverKind::Shared, Arg::Value(command)) => {
                let decide = decide(cx, method, command);
                add_decide(cx, &mut handlers, decide);
            }
            (ReceiverKind::Exclusive, Arg::Shared(event)) => {
                let evolve = evolve(cx, method, &event.elem);
                add_evolve(cx, &mut handlers, evolve);
            }
            (receiver, first) => near_miss(cx, &mut handlers, aggregate, method, receiver, first),
        }
    }
    handlers
}

/// Types that the standard library names, so that a plain method is recognised as one.
fn never_a_command(ty: &Type) -> bool {
    const NAMES: [&str; 24] = [
        "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
        "i128", "isize", "f32", "f64", "String", "Option", "Result", "Vec", "Box", "HashMap",
        "BTreeMap", "Duration",
    ];
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|last| &last.ident)
            .is_some_and(|last| NAMES.iter().any(|name| last == name)),
        Type::ImplTrait(_) => false,
        _ => true,
    }
}

fn near_miss(
    cx: &mut Ctxt,
    handlers: &mut Handlers,
    aggregate: &Type,
    method: &Method,
    receiver: ReceiverKind,
    first: &Arg,
) {
    let name = &method.ident;
    match (receiver, first) {
        (ReceiverKind::Shared, Arg::Shared(reference)) => {
            let ty = text(&reference.elem);
            cx.fault(
                reference,
                format!(
                    "`{name}` takes `&self` and `&{ty}`: to decide a command, take it by value, `{ty}`; to evolve from an event, take `&mut self`; {PLAIN}"
                ),
            );
        }
        (ReceiverKind::Shared, Arg::Exclusive(reference)) => {
            let ty = text(&reference.elem);
            cx.fault(
                reference,
                format!("`{name}` takes `&mut {ty}`: a command is taken by value, `{ty}`; {PLAIN}"),
            );
        }
        (ReceiverKind::Exclusive, Arg::Exclusive(reference)) => {
            let ty = text(&reference.elem);
            cx.fault(
                reference,
                format!(
                    "`{name}` takes `&mut {ty}`: an event has happened and cannot change; take it as `&{ty}`"
                ),
            );
            add_evolve(cx, handlers, stub(method, &reference.elem));
        }
        (ReceiverKind::Exclusive, Arg::Value(ty)) => {
            let shown = text(ty);
            cx.fault(
                ty,
                format!(
                    "`{name}` takes `&mut self` and `{shown}` by value: to evolve from an event, take it as `&{shown}`; to decide a command, take `&self`, for a decision changes nothing; {PLAIN}"
                ),
            );
        }
        (_, first) => {
            cx.fault(
                &method.receiver,
                format!(
                    "`{name}` takes `{}` itself away: to decide a command, take `&self`; to evolve from an event, take `&mut self`; {PLAIN}",
                    text(aggregate)
                ),
            );
            if let Arg::Shared(reference) = first {
                add_evolve(cx, handlers, stub(method, &reference.elem));
            }
        }
    }
}

fn stub(method: &Method, event: &Type) -> Evolve {
    Evolve {
        ident: method.ident.clone(),
        cfg: method.cfg.clone(),
        event: bare(event).clone(),
        refused: true,
    }
}

fn evolve(cx: &mut Ctxt, method: &Method, event: &Type) -> Evolve {
    let name = &method.ident;
    let mut refused = check_signature(cx, method);
    if let Some(keyword) = &method.asyncness {
        refused = true;
        cx.fault(
            keyword,
            format!("`{name}` evolves from an event, so it cannot be async: remove `async`, and do what must wait where the command is decided"),
        );
    }
    if let Some(output) = method.returned() {
        refused = true;
        cx.fault(
            output,
            format!("`{name}` evolves from an event, which has happened: it cannot fail and returns nothing; remove the return type"),
        );
    }
    if let Some(extra) = method.rest.first() {
        refused = true;
        cx.fault(
            extra.ty(),
            format!("`{name}` evolves from an event, and takes nothing else: the state must come out the same whenever it is replayed; put what it needs into the event"),
        );
    }
    Evolve {
        refused,
        ..stub(method, event)
    }
}

fn decide(cx: &mut Ctxt, method: &Method, command: &Type) -> Decide {
    let mut refused = check_signature(cx, method);
    if let Type::ImplTrait(_) = command {
        refused = true;
        cx.fault(
            command,
            format!(
                "`{}` must name the command's type: `impl Trait` stands for many",
                method.ident
            ),
        );
    }
    if let Some(Type::ImplTrait(output)) = &method.output {
        refused = true;
        cx.fault(
            output,
            format!("`{}` must name what it returns: an event, a tuple, `Vec` or `Option` of events, or `Events<...>`, or a `Result` of these", method.ident),
        );
    }
    let mut takes = Vec::new();
    for arg in &method.rest {
        match Take::read(cx, &method.ident, arg) {
            Some(take) => takes.push(take),
            None => refused = true,
        }
    }
    Decide {
        ident: method.ident.clone(),
        cfg: method.cfg.clone(),
        asyncness: method.asyncness,
        command: command.clone(),
        takes,
        output: method.output.clone(),
        refused,
    }
}

fn check_signature(cx: &mut Ctxt, method: &Method) -> bool {
    if let Some(keyword) = &method.unsafety {
        cx.fault(
            keyword,
            format!(
                "`{}` cannot be unsafe: mink calls it, and can keep no promise of yours; {PLAIN}",
                method.ident
            ),
        );
        return true;
    }
    check_generics(cx, method)
}

/// Types and constants as parameters; lifetimes do no harm.
fn check_generics(cx: &mut Ctxt, method: &Method) -> bool {
    let generic = method
        .generics
        .params
        .iter()
        .find(|parameter| !matches!(parameter, GenericParam::Lifetime(_)));
    if let Some(parameter) = generic {
        cx.fault(
            parameter,
            format!(
                "`{}` cannot be generic: each event and each command has a method of its own; {PLAIN}",
                method.ident
            ),
        );
    }
    generic.is_some()
}

fn add_evolve(cx: &mut Ctxt, handlers: &mut Handlers, evolve: Evolve) {
    let event = text(&evolve.event);
    let first = handlers
        .evolves
        .iter()
        .find(|first| text(&first.event) == event && both_present(&first.cfg, &evolve.cfg));
    match first {
        Some(first) => cx.fault(
            &evolve.ident,
            format!(
                "`{}` evolves from `{event}`, and so does `{}`: an event has one method; make one of the two",
                evolve.ident, first.ident
            ),
        ),
        None => handlers.evolves.push(evolve),
    }
}

fn add_decide(cx: &mut Ctxt, handlers: &mut Handlers, decide: Decide) {
    let command = text(&decide.command);
    let first = handlers
        .decides
        .iter()
        .find(|first| text(&first.command) == command && both_present(&first.cfg, &decide.cfg));
    match first {
        Some(first) => cx.fault(
            &decide.ident,
            format!(
                "`{}` decides `{command}`, and so does `{}`: a command has one method; make one of the two",
                decide.ident, first.ident
            ),
        ),
        None => handlers.decides.push(decide),
    }
}

/// Two methods under `#[cfg]` may stand in for each other; the compiler says when both are there.
fn both_present(first: &[Attribute], second: &[Attribute]) -> bool {
    first.is_empty() && second.is_empty()
}
