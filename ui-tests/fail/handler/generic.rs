use mink::prelude::*;

#[command]
struct SendInvoice {
    customer: String,
}

#[handler]
fn send_invoice<T>(_: SendInvoice, _: &T) {}

fn main() {}
