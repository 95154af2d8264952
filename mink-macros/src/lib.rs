//! The procedural macros of mink. They are used through the `mink` crate, which re-exports them.

mod aggregate;
mod attr;
mod command;
mod ctxt;
mod encrypt;
mod event;
mod fallback;
mod fragment;
mod handler;
mod handlers;
mod item;
mod krate;
mod refuse;
mod shape;
mod span;
mod suggest;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Declares an event: a fact that is stored for ever under a pinned name and version.
///
/// ```
/// use mink::prelude::*;
/// use serde_json::Value;
///
/// #[event]
/// pub struct LineAdded { pub sku: String, pub quantity: u32 }
///
/// #[event(version = 2, encrypt = "email", upcast(1 => add_channel))]
/// pub struct OrderPlaced { pub customer: String, pub email: String, pub channel: String }
///
/// fn add_channel(mut payload: Value) -> Value {
///     payload["channel"] = "web".into();
///     payload
/// }
///
/// let placed = OrderPlaced {
///     customer: "Ada".into(),
///     email: "ada@example.com".into(),
///     channel: "web".into(),
/// };
/// assert_eq!(
///     format!("{placed:?}"),
///     r#"OrderPlaced { customer: "Ada", email: <encrypted>, channel: "web" }"#
/// );
/// ```
///
/// It goes on a struct (with fields, tuple or unit) or an enum, above other derives. It implements `Event` and
/// `Shape`, enters the event into the registry, and derives `Clone`, `PartialEq`, `Debug`, `Serialize` and
/// `Deserialize`, except those that the item derives below it. serde's attributes are followed, or refused where they
/// hide what is stored.
///
/// # Keys
///
/// | Key | Meaning | Without it |
/// |---|---|---|
/// | `name = "order.placed"` | the stored name, a promise to every event ever written | the type's name |
/// | `version = 2` | the version of the payload that this program writes | 1 |
/// | `encrypt = "email, address.zip"` | paths of the fields to encrypt, in stored names | none |
/// | `upcast(1 => f, 2 => OldStruct)` | how older payloads become this one, a step for each version | nothing older is read |
/// | `format = "msgpack"` | what payloads are written as: `json`, `msgpack`, `protobuf`, or a codec of yours | the application's default |
/// | `format_since = 2` | the first version that was written in it, when it does not describe itself | 1 |
/// | `derive(none)` | derives nothing: write `Clone`, `Serialize` and `Deserialize` yourself | the five above |
/// | `crate = path` | where `mink` is | what `Cargo.toml` calls it |
///
/// # Encrypted fields
///
/// A path goes through nested structs, options and lists: `lines.sku` is the `sku` of every line. Its first name is
/// checked against the fields, the others against the nested type's `Shape`, all while the program compiles. In an enum
/// a path begins with the variant (`Moved.street`), unless serde's `tag` or `untagged` puts the fields beside it.
/// `#[mink(encrypt)]` on a field says the same.
///
/// `Debug` prints `<encrypted>` for a field that is encrypted or leads to one. A `Debug` derived below the attribute is
/// replaced by this one too; whoever wants to print such a field writes `derive(none)` and derives `Debug` by name.
///
/// # Upcasting
///
/// A step is a function or closure on the JSON value (`fn(Value) -> Value`, or with a `Result` whose error implements
/// `Display`), or, when its last name begins with a capital, the struct that the event was at that version. A struct
/// turns into the struct of the next step through `From`, and the last into the event. Functions come before structs.
/// Functions take payloads of every format that describes itself, structs those of every format.
///
/// ```
/// use mink::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct NamedV1 { name: String }
///
/// #[event(version = 2, upcast(1 => NamedV1))]
/// struct Named { first: String, last: String }
///
/// impl From<NamedV1> for Named {
///     fn from(old: NamedV1) -> Self {
///         let (first, last) = old.name.split_once(' ').unwrap_or((&old.name, ""));
///         Self { first: first.into(), last: last.into() }
///     }
/// }
/// ```
///
/// # Refused
///
/// Types with parameters: one stored name would stand for many types. Implement `Event` by hand for each type that you
/// use, and register it by hand. A derive of the same trait above the attribute is refused as well.
#[proc_macro_attribute]
pub fn event(args: TokenStream, item: TokenStream) -> TokenStream {
    event::attribute(args.into(), item.into(), &above()).into()
}

/// Declares a command: a wish to change something, addressed to one aggregate or to a free-standing handler.
///
/// ```
/// use mink::prelude::*;
///
/// #[command]
/// pub struct PlaceOrder { pub order_id: String, pub customer: String }
///
/// #[command(id = "basket_id", encrypt = "email")]
/// pub struct Order { pub basket_id: u64, pub customer_id: u64, pub email: String }
///
/// let command = Order { basket_id: 7, customer_id: 1, email: "ada@example.com".into() };
/// assert_eq!(command.aggregate_id(), "7");
/// ```
///
/// It goes on a struct, above other derives. It implements `Command`, enters the command into the registry, and derives
/// the same traits as [`macro@event`], under the same rules, `Debug` masked alike. Who handles it and with which error
/// follows from the method ([`macro@handlers`]) or the function ([`macro@handler`]) that takes it.
///
/// # Keys
///
/// | Key | Meaning | Without it |
/// |---|---|---|
/// | `id = "order_id"` | the field that holds the aggregate's id | see below |
/// | `name = "place_order"` | the name it is known by | the type's name |
/// | `encrypt = "email, address.zip"` | paths of the fields that hold personal data | none |
/// | `aggregate = Order` | asserts that this aggregate decides it | whichever has a method for it |
/// | `local` | it is never sent as JSON nor stored, and needs no `Serialize` and `Deserialize` | it may be both |
/// | `derive(none)` | derives nothing: write `Clone`, `Serialize` and `Deserialize` yourself | as for events |
/// | `crate = path` | where `mink` is | what `Cargo.toml` calls it |
///
/// # The id
///
/// The field that `id` names, else the one marked `#[mink(id)]`, else the one called `id`, else the only one whose name
/// ends in `_id`, else the only field of a tuple struct. Its type implements `Display`. A command for a free-standing
/// handler needs none; a method of an aggregate that takes a command without one does not compile.
///
/// # Refused
///
/// Enums (a method handles one kind of command), types with parameters.
#[proc_macro_attribute]
pub fn command(args: TokenStream, item: TokenStream) -> TokenStream {
    command::attribute(args.into(), item.into(), &above()).into()
}

/// Makes an `impl` block's methods the handlers of an aggregate: a method's first argument is the declaration.
///
/// ```
/// use mink::prelude::*;
///
/// #[event] struct Opened { by: String }
/// #[event] struct Deposited { amount: u64 }
/// #[command] struct Open { account_id: u64, by: String, amount: u64 }
/// #[command] struct Deposit { account_id: u64, amount: u64 }
///
/// struct Limit(u64);
///
/// #[derive(Aggregate, Default)]
/// struct Account { open: bool, balance: u64 }
///
/// #[handlers]
/// impl Account {
///     // a command by value decides
///     fn open(&self, command: Open) -> Option<(Opened, Deposited)> {
///         (!self.open).then_some((Opened { by: command.by }, Deposited { amount: command.amount }))
///     }
///     // it may refuse, wait, and take the context and services
///     async fn deposit(
///         &self,
///         command: Deposit,
///         context: &CommandContext,
///         limit: &Limit,
///     ) -> Result<Deposited, std::num::TryFromIntError> {
///         let amount = u32::try_from(command.amount.min(limit.0) + context.version)?;
///         Ok(Deposited { amount: amount.into() })
///     }
///     // an event by reference evolves
///     fn opened(&mut self, _: &Opened) { self.open = true; }
///     fn deposited(&mut self, event: &Deposited) { self.balance += event.amount; }
/// }
///
/// Account::given(())
///     .when(Open { account_id: 1, by: "Ada".into(), amount: 5 })
///     .then((Opened { by: "Ada".into() }, Deposited { amount: 5 }))
///     .then_state(|account| assert_eq!(account.balance, 5));
/// ```
///
/// # Methods
///
/// - `fn name(&self, command: C, ...) -> D` decides the command `C`. It changes nothing. Further arguments are the
///   `&CommandContext`, services, each as `&T` or `&dyn Trait`, and the application as `&Mink`; it may be `async`. `D` is
///   one event, a tuple, `Vec` or `Option` of events, `()`, `Events<Self>` for a mixed list, `Replying<D, R>` of one of
///   these with a reply to the caller, or a `Result` of these with the domain's own error.
///   Every event that it returns must have a method of the second kind.
/// - `fn name(&mut self, event: &E)` evolves from the event `E`: it is synchronous, returns nothing and takes nothing
///   else, so that the state comes out the same whenever it is replayed.
/// - Functions without `self`, and methods without further arguments, are left alone. A plain method that takes arguments
///   goes into another `impl` block, or is marked `#[mink(skip)]`.
///
/// A command and an event have one method each, and a type has one such block. `#[cfg]` on a method holds for all that
/// is made of it. What a method returns is at least as visible as its command, because whoever dispatches the one
/// receives the other.
///
/// # Keys
///
/// `crate = path` says where `mink` is, when it is not what `Cargo.toml` calls it.
#[proc_macro_attribute]
pub fn handlers(args: TokenStream, item: TokenStream) -> TokenStream {
    handlers::attribute(args.into(), item.into()).into()
}

/// Makes a function the handler of a command that no aggregate decides: one that asks a gateway, sends an e-mail, or
/// loads and dispatches to several aggregates.
///
/// ```
/// use mink::prelude::*;
///
/// #[command]
/// struct SendInvoice { customer: String, cents: u64 }
///
/// trait Gateway: Send + Sync {
///     fn send(&self, to: &str, cents: u64) -> Result<u64, std::io::Error>;
/// }
///
/// #[handler]
/// async fn send_invoice(
///     command: SendInvoice,
///     context: &CommandContext,
///     gateway: &dyn Gateway,
/// ) -> Result<u64, std::io::Error> {
///     gateway.send(&command.customer, command.cents)
/// }
///
/// async fn invoice(app: &Mink) -> mink::Result<u64> {
///     let command = SendInvoice { customer: "Ada".into(), cents: 100 };
///     let number = app.dispatch(command).await?;
///     Ok(number)
/// }
/// ```
///
/// The first argument is the command, by value; its `#[command]` needs no id. Further arguments are the
/// `&CommandContext`, services, each as `&T` or `&dyn Trait`, and `&Mink`: the application, for the command's tenant,
/// whose dispatches and appends are caused by the command. The function may be `async`. It returns `()`, or a `Result` of
/// a reply, which whoever dispatches the command gets, and of the domain's own error. A reply implements serde's
/// `Serialize` and `Deserialize`.
///
/// A command has one handler: one function or one aggregate's method. What the function returns is at least as visible
/// as its command. `#[cfg]` on the function holds for all that is made of it.
///
/// **Delivery.** The function runs once for each dispatch, and nothing that it does is undone when it fails.
///
/// # Keys
///
/// `crate = path` says where `mink` is, when it is not what `Cargo.toml` calls it.
#[proc_macro_attribute]
pub fn handler(args: TokenStream, item: TokenStream) -> TokenStream {
    handler::attribute(args.into(), item.into()).into()
}

/// Declares an aggregate: state that is rebuilt from its events, starting from `Default`.
///
/// ```
/// use mink::prelude::*;
///
/// #[derive(Aggregate, Default)]
/// struct Order { placed: bool }
///
/// #[derive(Aggregate, Default)]
/// #[aggregate(name = "shopping_basket")]
/// struct Basket { items: u32 }
///
/// assert_eq!(<Order as mink::Aggregate>::NAME, "Order");
/// assert_eq!(<Basket as mink::Aggregate>::NAME, "shopping_basket");
/// ```
///
/// It goes on a struct or an enum that implements `Default`. What the aggregate does stands in its
/// [`macro@handlers`] block.
///
/// # Keys of `#[aggregate(...)]`
///
/// | Key | Meaning | Without it |
/// |---|---|---|
/// | `name = "sales_order"` | the category of its streams (`sales_order-1`), without `-` | the type's name |
/// | `cache = false` | whether it is kept in memory between dispatches | `true` |
/// | `snapshot(every = 100)` | keeps a snapshot of its state, see below | none |
/// | `crate = path` | where `mink` is | what `Cargo.toml` calls it |
///
/// # Snapshots
///
/// ```
/// use mink::prelude::*;
///
/// #[derive(Aggregate, Default, serde::Serialize, serde::Deserialize, Shape)]
/// #[aggregate(snapshot(every = 100, after = "1 day", bytes = "1 MiB", version = 2))]
/// struct Account { balance: u64 }
/// ```
///
/// | Key of `snapshot(...)` | Takes a new snapshot | Without it |
/// |---|---|---|
/// | `every = 100` | after so many events since the last one | not by count |
/// | `after = "1h"` | when the last one is so old and there are events since | not by age |
/// | `bytes = "1 MiB"` | after events of so many bytes since the last one; a number is bytes | not by size |
/// | `version = 2` | | 1; raised when an evolving method was corrected, so that older snapshots are ignored |
///
/// Any of them is enough. `snapshot` alone keeps those that `Mink::snapshot` takes. The state implements `Serialize`,
/// `Deserialize` and `Shape`, and serde leaves out none of its fields.
#[proc_macro_derive(Aggregate, attributes(aggregate))]
pub fn derive_aggregate(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    aggregate::derive(&input).into()
}

/// Derives `Shape`, by which mink knows how a type that is nested in an event or a command is stored.
///
/// ```
/// use mink::prelude::*;
/// use mink::schema::check_path;
///
/// #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
/// #[serde(rename_all = "camelCase")]
/// struct Address { street: String, zip_code: String }
///
/// #[event(encrypt = "address.zipCode")]
/// struct Moved { address: Address }
///
/// assert_eq!(check_path(&Address::SHAPE, "zipCode"), None);
/// ```
///
/// It follows serde's `rename`, `rename_all`, `rename_all_fields`, `default`, `skip`, `transparent`, `tag`, `content`,
/// `untagged` and `alias`, and refuses what it cannot follow: `flatten`, names that differ between writing and reading,
/// and code that writes in its own way (`with`, `into`, ...). A type parameter `T` must have a `Shape` too.
///
/// # Keys of `#[mink(...)]`
///
/// | Key | Where | Meaning |
/// |---|---|---|
/// | `shape = String` | field, variant, type | it is stored as this type; in quotes when it has a `<`: `shape = "Vec<u8>"` |
/// | `example = "AB-12"` | field, type | a value that is accepted, for a type that does not accept every value of its shape: the registry's test writes and reads it |
/// | `recursive` | field | the field leads back to its own type; its shape is looked up when it is needed |
/// | `crate = path` | type | where `mink` is, when it is not what `Cargo.toml` calls it |
#[proc_macro_derive(Shape, attributes(mink))]
pub fn derive_shape(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    shape::derive(&input, serde_derived()).into()
}

/// The traits derived above the attribute that is being expanded, as the source file shows them.
fn above() -> Vec<String> {
    let attribute = proc_macro::Span::call_site();
    attribute
        .local_file()
        .and_then(|file| std::fs::read_to_string(file).ok())
        .map(|source| attr::above::derived_above(&source, attribute.line()))
        .unwrap_or_default()
}

/// Whether the item that is being derived for has serde's own derives, as the source file shows it.
fn serde_derived() -> bool {
    let derive = proc_macro::Span::call_site();
    derive
        .local_file()
        .and_then(|file| std::fs::read_to_string(file).ok())
        .is_some_and(|source| attr::around::derives_serde(&source, derive.line(), derive.column()))
}
