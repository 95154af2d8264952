use proc_macro2::{Span, TokenStream};
use syn::{LitStr, Path};

use crate::attr::{
    AGGREGATE, COMMAND, CRATE, DERIVE, ENCRYPT, ID, IDEMPOTENCY_KEY, LOCAL, NAME, REPLAY_ERRORS,
    keys,
};
use crate::ctxt::Ctxt;

/// What `#[command(...)]` says.
#[derive(Default)]
pub(super) struct CommandArgs {
    pub(super) id: Option<LitStr>,
    pub(super) name: Option<LitStr>,
    pub(super) encrypt: Option<LitStr>,
    pub(super) aggregate: Option<Path>,
    /// The field that holds the key under which it takes effect at most once.
    pub(super) idempotency_key: Option<LitStr>,
    /// Refusals are kept under the key, too.
    pub(super) replay_errors: Option<Span>,
    /// It is never sent nor stored, so it has no JSON form.
    pub(super) local: bool,
    pub(super) derive_none: bool,
    pub(super) krate: Option<Path>,
}

const KEYS: [&str; 9] = [
    ID,
    NAME,
    ENCRYPT,
    AGGREGATE,
    IDEMPOTENCY_KEY,
    REPLAY_ERRORS,
    LOCAL,
    DERIVE,
    CRATE,
];

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
                IDEMPOTENCY_KEY => {
                    args.idempotency_key = Some(keys::text(key, input, "request_id")?);
                }
                REPLAY_ERRORS => {
                    keys::alone(key, input)?;
                    args.replay_errors = Some(key.span());
                }
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
