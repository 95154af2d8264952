use mink::prelude::*;

#[command]
struct SendInvoice {
    customer: String,
}

struct Gateway;

#[handler]
fn send_invoice(_: SendInvoice, _: Gateway) {}

fn main() {}
