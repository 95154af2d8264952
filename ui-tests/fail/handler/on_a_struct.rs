use mink::prelude::*;

#[handler]
struct SendInvoice {
    customer: String,
}

fn main() {}
