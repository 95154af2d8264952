use mink::prelude::*;

#[command]
struct SendInvoice {
    customer: String,
}

async fn send(app: Mink, command: SendInvoice) {
    app.dispatch(command).await.unwrap();
}

fn main() {}
