use mink::prelude::*;

#[command]
struct SendInvoice {
    customer: String,
}

struct InvoiceNumber(u64);

#[handler]
fn send_invoice(_: SendInvoice) -> Result<InvoiceNumber, std::fmt::Error> {
    Ok(InvoiceNumber(7))
}

fn main() {}
