use mink::prelude::*;

#[command]
struct SendInvoice {
    customer: String,
}

#[handler]
fn send_invoice(_: &SendInvoice) {}

fn main() {}
