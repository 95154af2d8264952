#![deny(warnings)]

pub mod messages {
    use mink::prelude::*;

    #[command]
    pub struct SendInvoice {
        pub customer_id: u64,
        pub order_id: u64,
    }

    #[command]
    pub struct Ping;

    #[derive(Debug)]
    pub struct Undeliverable;

    impl std::fmt::Display for Undeliverable {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("cannot be delivered")
        }
    }

    impl std::error::Error for Undeliverable {}
}

mod office {
    use mink::prelude::*;

    use crate::messages::{Ping, SendInvoice, Undeliverable};

    pub trait Gateway: Send + Sync {}

    type Sent = Result<u64, Undeliverable>;

    #[handler]
    async fn send_invoice(
        SendInvoice { order_id, .. }: SendInvoice,
        _: &CommandContext,
        _: &Mink,
        _: &dyn Gateway,
    ) -> Sent {
        Ok(order_id)
    }

    #[handler]
    fn ping(_: Ping) {}
}

/// The types of the answers are found without a word from the user, also where the handler is private.
pub async fn dispatches(app: &mink::Mink) -> mink::Result<u64> {
    app.dispatch(messages::Ping).await?;
    let command = messages::SendInvoice {
        customer_id: 1,
        order_id: 2,
    };
    let detached = app.dispatch_detached(command.clone());
    let all = app.dispatch_all([command.clone()]).await.len() as u64;
    let sent = app.dispatch(command).await?;
    Ok(sent.max(all).max(detached.await?))
}

fn main() {}
