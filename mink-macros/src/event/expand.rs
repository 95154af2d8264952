use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Expr, Path};

use super::check::sorted;
use super::format;
use super::parse::{EventArgs, Step, StepKind};
use crate::attr::derives::DebugBy;
use crate::encrypt::{Encrypted, masking_debug};
use crate::item::Item;
use crate::krate::Root;
use crate::shape;
use crate::span::ends;

pub(super) fn expand(
    root: &Root,
    args: &EventArgs,
    item: &Item,
    encrypted: &Encrypted,
    debug: DebugBy,
    serde_derived: bool,
) -> TokenStream {
    let ident = &item.ident;
    let name = args
        .name
        .as_ref()
        .map_or_else(|| ident.unraw().to_string(), syn::LitStr::value);
    let version = args.version();
    let paths = encrypted.to_const();
    let steps = sorted(&args.upcast);
    let upcasts = steps
        .iter()
        .enumerate()
        .map(|(at, step)| upcast(root, args, step, (&steps[..at], &steps[at + 1..])));
    let shape = shape::expand(root, item, serde_derived);
    let debug = (debug == DebugBy::Mask).then(|| masking_debug(item, encrypted));
    let assertions = encrypted.assertions(root, item);
    let has_format = format::assertion(root, args, item);
    let formats = format::constants(root, args);
    let here = root.location(ident.span());
    // at the type's place: that is where the compiler points when it lists what is an event
    let span = ident.span();
    let event = {
        let root = root.at(span);
        quote_spanned! {span=>
            #[automatically_derived]
            impl #root::event::Event for #ident {
                const NAME: &'static str = #name;
                const VERSION: u32 = #version;
                const ENCRYPTED: &'static [&'static str] = #paths;
                const UPCASTS: &'static [#root::event::Upcast<Self>] = &[#(#upcasts),*];
                #formats
            }
        }
    };
    let cfg = &item.cfg;
    quote! {
        #(#cfg)*
        const _: () = {
        #debug
        #shape
        #event
        #assertions
        #has_format
        #root::__private::inventory::submit! {
            #root::registry::EventEntry::of::<#ident>(#here)
        }
        };
    }
}

fn upcast(
    root: &Root,
    args: &EventArgs,
    step: &Step,
    (earlier, later): (&[&Step], &[&Step]),
) -> TokenStream {
    let from = step.from.value;
    let step = match &step.with {
        StepKind::Function(function) => json(root, function),
        StepKind::Struct(old) => {
            let after_json = earlier
                .last()
                .is_some_and(|step| matches!(step.with, StepKind::Function(_)));
            let then = match args.is_protobuf() && from >= args.format_since() {
                false => Then::Deserialize,
                true if after_json => Then::Both,
                true => Then::Message,
            };
            typed(root, old, later, &then)
        }
    };
    quote!(#root::event::Upcast { from: #from, step: #step })
}

/// A wrong signature is underlined where the function is named.
fn json(root: &Root, function: &Expr) -> TokenStream {
    let (start, end) = ends(function);
    // one variable, with one hygiene, also where a `macro_rules!` was passed the function
    let value = Ident::new("__mink_value", end);
    let upcast = {
        let root = root.at(start);
        let open = quote_spanned!(start=> #root::event::JsonUpcaster::upcast);
        match function {
            // the pointer's type tells the compiler what the closure takes
            Expr::Closure(_) => quote! {{
                let closure: fn(#root::__private::serde_json::Value) -> _ = #function;
                #open(closure, #value)
            }},
            _ => quote!(#open(#function, #value)),
        }
    };
    quote!(#root::event::UpcastStep::Json(|#value| #upcast))
}

/// What the struct that the event was then must be.
enum Then {
    /// Readable through serde. Whether it is a Protocol Buffers message too is found out.
    Deserialize,
    /// A Protocol Buffers message. Whether serde reads it too is found out.
    Message,
    /// Both: a payload comes as a message, or as the JSON that a step before it made.
    Both,
}

/// Reads the old struct, and goes by way of the later old structs to the event.
fn typed(root: &Root, old: &Path, later: &[&Step], then: &Then) -> TokenStream {
    let (start, end) = ends(old);
    let at_old = root.at(start);
    let able = {
        let open = quote_spanned!(start=> #at_old::event::codec::Able::<);
        let close = quote_spanned!(end=> >);
        quote!(#open #old #close)
    };
    let found = |constant: &str, besides: &str| {
        let (constant, besides) = (Ident::new(constant, start), Ident::new(besides, start));
        quote! {{
            #[allow(unused_imports)]
            use #root::event::codec::#besides as _;
            #able::#constant
        }}
    };
    let (method, otherwise) = match then {
        Then::Deserialize => ("read_or", found("NATIVE", "Unable")),
        Then::Message => ("read_message", found("SERDE", "NoSerde")),
        Then::Both => ("read_message_or", TokenStream::new()),
    };
    let method = Ident::new(method, start);
    let (stored, event) = (Ident::new("stored", start), Ident::new("event", start));
    let open = quote_spanned!(start=> #stored.#method::<);
    let close = quote_spanned!(end=> >);
    let read = quote!(#open #old #close (#otherwise)?);
    let mut previous = old;
    let mut conversions = TokenStream::new();
    for step in later {
        if let StepKind::Struct(next) = &step.with {
            conversions.extend(convert(root, &event, previous, &quote!(#next)));
            previous = next;
        }
    }
    let itself = quote_spanned!(ends(previous).0=> Self);
    conversions.extend(convert(root, &event, previous, &itself));
    quote! {
        #root::event::UpcastStep::Typed(|#stored| {
            let #event = #read;
            #conversions
            ::core::result::Result::Ok(#event)
        })
    }
}

fn convert(root: &Root, event: &Ident, old: &Path, new: &TokenStream) -> TokenStream {
    let (start, end) = ends(old);
    let root = root.at(start);
    let open = quote_spanned!(start=> <#new as #root::event::UpcastFrom<);
    let close = quote_spanned!(end=> >>::upcast_from(#event));
    quote!(let #event = #open #old #close;)
}
