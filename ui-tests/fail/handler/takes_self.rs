use mink::prelude::*;

#[command]
struct SendInvoice {
    customer: String,
}

struct Office;

impl Office {
    #[handler]
    fn send_invoice(&self, _: SendInvoice) {}
}

fn main() {}
