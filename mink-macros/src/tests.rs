//! The expansions, pinned.

use proc_macro2::TokenStream;
use quote::quote;

/// The expansion as a file, or as tokens where it does not parse.
fn pretty(tokens: &TokenStream) -> String {
    match syn::parse2::<syn::File>(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => format!("does not parse: {error}\n{tokens}"),
    }
}

macro_rules! pinned {
    ($name:ident, $expansion:expr) => {
        #[test]
        fn $name() {
            insta::with_settings!({ omit_expression => true, snapshot_path => "snapshots" }, {
                insta::assert_snapshot!(stringify!($name), pretty(&$expansion));
            });
        }
    };
}

fn event(args: TokenStream, item: TokenStream) -> TokenStream {
    crate::event::attribute(args, item, &[])
}

fn command(args: TokenStream, item: TokenStream) -> TokenStream {
    crate::command::attribute(args, item, &[])
}

fn aggregate(item: TokenStream) -> TokenStream {
    match syn::parse2(item) {
        Ok(input) => crate::aggregate::derive(&input),
        Err(error) => error.into_compile_error(),
    }
}

fn shape(item: TokenStream) -> TokenStream {
    match syn::parse2(item) {
        Ok(input) => crate::shape::derive(&input, true),
        Err(error) => error.into_compile_error(),
    }
}

pinned!(
    event_bare,
    event(
        quote!(),
        quote! {
            pub struct LineAdded { pub sku: Sku, pub quantity: u32 }
        }
    )
);

pinned!(
    event_encrypted_and_upcast_by_functions,
    event(
        quote!(version = 3, encrypt = "email, address.zip", upcast(1 => add_channel, 2 => |value| value)),
        quote! {
            #[derive(Debug, Eq)]
            pub struct OrderPlaced { pub email: String, pub address: Address }
        }
    )
);

pinned!(
    event_upcast_by_structs,
    event(
        quote!(name = "order.placed", version = 3, upcast(1 => old::V1, 2 => old::V2)),
        quote! {
            pub struct OrderPlaced { pub customer: String }
        }
    )
);

pinned!(
    event_as_protobuf,
    event(
        quote!(
            version = 4,
            format = "protobuf",
            format_since = 2,
            upcast(1 => add_channel, 2 => old::V2, 3 => old::V3)
        ),
        quote! {
            #[derive(prost::Message)]
            pub struct OrderPlaced {
                #[prost(string, tag = "1")]
                pub customer: String,
            }
        }
    )
);

pinned!(
    event_as_msgpack,
    event(
        quote!(format = "msgpack", encrypt = "email"),
        quote! {
            #[derive(prost::Message)]
            pub struct OrderPlaced { pub email: String }
        }
    )
);

pinned!(
    event_enum,
    event(
        quote!(encrypt = "Moved.street"),
        quote! {
            #[serde(rename_all_fields = "camelCase")]
            enum CustomerChanged {
                Moved { street: String, moved_by: String },
                Left,
                Merged(u64),
            }
        }
    )
);

pinned!(
    event_with_faults,
    event(
        quote!(version = 0, encrypt = "emial", colour = "red"),
        quote! {
            pub struct OrderPlaced { pub email: String }
        }
    )
);

pinned!(
    command_bare,
    command(
        quote!(),
        quote! {
            pub struct PlaceOrder { pub order_id: OrderId, pub customer: String }
        }
    )
);

pinned!(
    command_with_every_key,
    command(
        quote!(
            id = "number",
            name = "order.place",
            encrypt = "address.zip",
            aggregate = sales::Order,
            derive(none),
            crate = ::other::mink
        ),
        quote! {
            #[derive(Clone)]
            pub struct PlaceOrder { pub number: u64, pub address: Address }
        }
    )
);

pinned!(
    command_without_id,
    command(
        quote!(local),
        quote! {
            pub struct SendInvoice { pub customer: String }
        }
    )
);

pinned!(
    handler_with_everything,
    crate::handler::attribute(
        quote!(),
        quote! {
            pub async fn send_invoice(
                command: SendInvoice,
                context: &CommandContext,
                app: &Mink,
                gateway: &dyn Gateway,
            ) -> Result<InvoiceNumber, InvoiceError> {
                todo()
            }
        }
    )
);

pinned!(
    aggregate_named,
    aggregate(quote! {
        #[aggregate(name = "sales_order")]
        pub struct Order { placed: bool }
    })
);

pinned!(
    aggregate_that_is_not_cached,
    aggregate(quote! {
        #[aggregate(cache = false)]
        pub struct Order { placed: bool }
    })
);

pinned!(
    aggregate_with_snapshots,
    aggregate(quote! {
        #[aggregate(snapshot(every = 100, after = "1h 30m", bytes = "1 MiB", version = 2))]
        pub struct Order { placed: bool }
    })
);

pinned!(
    aggregate_with_snapshots_on_demand,
    aggregate(quote! {
        #[aggregate(snapshot)]
        pub struct Order { placed: bool }
    })
);

pinned!(
    handlers_of_every_kind,
    crate::handlers::attribute(
        quote!(),
        quote! {
            impl Order {
                fn place(&self, command: PlaceOrder) -> OrderPlaced { todo() }
                async fn pay(
                    &self,
                    command: Pay,
                    context: &CommandContext,
                    gateway: &dyn Gateway,
                    rates: &Rates,
                ) -> Result<(Paid, Option<Vec<Noted>>), OrderError> { todo() }
                #[cfg(feature = "cancel")]
                fn cancel(&self, command: Cancel) -> Decided { todo() }

                fn placed(&mut self, event: &OrderPlaced) {}
                #[cfg(feature = "cancel")]
                fn r#move(&mut self, _: &Cancelled) {}

                #[mink(skip)]
                fn helper(&self, name: &str) -> bool { true }
                fn plain(&self) -> bool { true }
            }
        }
    )
);

pinned!(
    handlers_with_faults,
    crate::handlers::attribute(
        quote!(),
        quote! {
            impl Order {
                fn place(&self, command: PlaceOrder) -> impl Iterator<Item = OrderPlaced> { todo() }
                async fn placed(&mut self, event: &OrderPlaced) {}
            }
        }
    )
);

pinned!(
    shape_of_a_generic_struct,
    shape(quote! {
        #[serde(rename_all = "camelCase", default)]
        struct Page<T> {
            first_item: T,
            #[mink(recursive)]
            next: Option<Box<Page<T>>>,
            #[serde(with = "text")]
            #[mink(shape = String)]
            total: u64,
        }
    })
);

pinned!(
    shape_of_a_tagged_enum,
    shape(quote! {
        #[serde(tag = "kind", content = "data", rename_all = "snake_case")]
        enum Channel { Web { url: String }, InShop(u8), Unknown }
    })
);

#[test]
fn every_fault_of_an_item_is_reported_at_once() {
    let expansion = event(
        quote!(version = 0, encrypt = "emial, phnoe", colour = "red"),
        quote! {
            struct OrderPlaced<T> { email: T, phone: String }
        },
    );
    let faults = expansion.to_string().matches("compile_error").count();
    assert_eq!(faults, 5, "{expansion}");
}

#[test]
fn a_derive_above_is_refused_only_when_it_would_be_doubled() {
    let item = quote!(
        struct OrderPlaced;
    );
    let above =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    let refused = |args: TokenStream, names: &[&str]| {
        crate::event::attribute(args, item.clone(), &above(names))
            .to_string()
            .contains("compile_error")
    };
    assert!(refused(quote!(), &["Eq", "Clone"]));
    assert!(!refused(quote!(), &["Eq", "Hash"]));
    assert!(!refused(quote!(derive(none)), &["Clone"]));
}
