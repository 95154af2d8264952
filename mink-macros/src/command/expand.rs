use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::check::Id;
use super::key;
use super::parse::CommandArgs;
use crate::attr::derives::DebugBy;
use crate::encrypt::{Encrypted, masking_debug};
use crate::item::{FieldDef, Item};
use crate::krate::Root;
use crate::shape;
use crate::span::ends;

/// A command without faults.
pub(super) struct Checked<'a> {
    pub(super) root: &'a Root,
    pub(super) args: &'a CommandArgs,
    pub(super) item: &'a Item,
    pub(super) id: Id<'a>,
    pub(super) key: Option<&'a FieldDef>,
    pub(super) encrypted: &'a Encrypted,
    pub(super) needs_shape: bool,
    pub(super) rules: Option<Span>,
    pub(super) debug: DebugBy,
}

pub(super) fn expand(command: &Checked<'_>) -> TokenStream {
    let Checked {
        root, item, args, ..
    } = command;
    let ident = &item.ident;
    let name = args
        .name
        .as_ref()
        .map_or_else(|| ident.unraw().to_string(), syn::LitStr::value);
    let paths = command.encrypted.to_const();
    let (id, no_id) = match &command.id {
        Id::Field(field) => (id_text(root, field, ident.span()), None),
        Id::Nowhere(why) => (quote!(#root::__private::Cow::Borrowed("")), Some(why)),
    };
    let no_id = no_id.map(|why| {
        quote! {
            const NO_ID: ::core::option::Option<&'static str> = ::core::option::Option::Some(#why);
        }
    });
    let json = (!args.local).then(|| {
        let span = ident.span();
        let root = root.at(span);
        quote_spanned! {span=>
            const JSON: ::core::option::Option<#root::command::CommandJson<Self>> =
                ::core::option::Option::Some(#root::command::CommandJson::<#ident>::by_serde());
        }
    });
    let key = command
        .key
        .map(|field| key::expand(root, field, ident.span()));
    let replay_errors = args.replay_errors.map(|_| {
        quote!(
            const REPLAY_ERRORS: bool = true;
        )
    });
    let debug = (command.debug == DebugBy::Mask).then(|| masking_debug(item, command.encrypted));
    let shape = command.needs_shape.then(|| {
        let shape = shape::expand(root, item);
        let assertions = command.encrypted.assertions(root, item);
        quote!(#shape #assertions)
    });
    let routed = args.aggregate.as_ref().map(|aggregate| {
        let (start, end) = ends(aggregate);
        let open = quote_spanned!(start=> #root::__private::routed::<#ident,);
        let close = quote_spanned!(end=> >());
        quote!(const _: () = #open #aggregate #close;)
    });
    let checked = command.rules.map(|rule| {
        quote_spanned!(rule=> const _: () = #root::__private::rules_are_checked::<#ident>();)
    });
    let here = root.location(ident.span());
    // at the type's place: that is where the compiler points when it lists what is a command
    let span = ident.span();
    let command = {
        let root = root.at(span);
        quote_spanned! {span=>
            #[automatically_derived]
            impl #root::command::Command for #ident {
                const NAME: &'static str = #name;
                const ENCRYPTED: &'static [&'static str] = #paths;
                #json
                #no_id
                #replay_errors
                const RULES: ::core::option::Option<#root::command::Rules<Self>> = {
                    #[allow(unused_imports, reason = "one with rules of its own needs it not")]
                    use #root::__private::NoRules as _;
                    #root::__private::RulesProbe::<#ident>::RULES
                };
                fn aggregate_id(&self) -> #root::__private::Cow<'_, str> {
                    #id
                }
                #key
            }
        }
    };
    let cfg = &item.cfg;
    quote! {
        #(#cfg)*
        const _: () = {
        #debug
        #shape
        #command
        #routed
        #checked
        #root::__private::inventory::submit! {
            #root::registry::CommandEntry::of::<#ident>(#here)
        }
        };
    }
}

/// A type that cannot be an id is underlined.
fn id_text(root: &Root, id: &FieldDef, span: Span) -> TokenStream {
    let (member, ty) = (&id.member, &id.ty);
    let (start, end) = ends(ty);
    let open = quote_spanned!(start=> <);
    let close = quote_spanned!(end=> >::id_text);
    // `self` where the method is, or it would not be the same one in code that a macro writes
    let value = quote_spanned!(span=> (&self.#member));
    quote!(#open #ty as #root::id::AggregateId #close #value)
}
