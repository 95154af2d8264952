use proc_macro2::TokenStream;
use syn::{LitStr, Path};

use crate::attr::{AGGREGATE, COMMAND, CRATE, DERIVE, ENCRYPT, ID, LOCAL, NAME, keys};
use crate::ctxt::Ctxt;

/// What `#[command(...)]` says.
#[derive(Default)]
pub(super) struct CommandArgs {
    pub(super) id: Option<LitStr>,
    pub(super) name: Option<LitStr>,
    pub(super) encrypt: Option<LitStr>,
    pub(super) aggregate: Option<Path>,
    /// It is never sent nor stored, so it has no JSON form.
    pub(super) local: bool,
    pub(super) derive_none: bool,
    pub(super) krate: Option<Path>,
}

const KEYS: [&str; 7] = [ID, NAME, ENCRYPT, AGGREGATE, LOCAL, DERIVE, CRATE];

impl CommandArgs {
    pub(super) fn parse(cx: &mut Ctxt, tokens: TokenStream) -> Self {
        let mut args = Self::default();
        keys::read(cx, COMMAND, &KEYS, tokens, |cx, key, input| {
            match key.to_string().as_str() {
                ID => args.id = Some(keys::text(key, input, "order_id")?),
                NAME => {
                    let name = keys::text(key, input, "PlaceOrder")?;
                    keys::check_name(cx, "command", &name);
                    args.name = Some(name);
                }
                ENCRYPT => args.encrypt = Some(keys::text(key, input, "email, address.zip")?),
                AGGREGATE => args.aggregate = Some(keys::path(key, input, "Order")?),
                LOCAL => {
                    keys::alone(key, input)?;
                    args.local = true;
                }
                DERIVE => {
                    keys::derive_none(key, input)?;
                    args.derive_none = true;
                }
                _ => args.krate = Some(keys::path(key, input, "::mink")?),
            }
            Ok(())
        });
        args
    }
}
