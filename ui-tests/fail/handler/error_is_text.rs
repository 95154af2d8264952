use mink::prelude::*;

#[command]
struct SendInvoice {
    customer: String,
}

#[handler]
fn send_invoice(_: SendInvoice) -> Result<u64, String> {
    Ok(7)
}

fn main() {}
