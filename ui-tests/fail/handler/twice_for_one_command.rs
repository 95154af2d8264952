use mink::prelude::*;

#[command]
struct SendInvoice {
    customer: String,
}

#[handler]
fn send_invoice(_: SendInvoice) {}

#[handler]
fn print_invoice(_: SendInvoice) {}

async fn send(app: Mink, command: SendInvoice) {
    app.dispatch(command).await.unwrap();
}

fn main() {}
