use mink::prelude::*;

#[command]
struct SendInvoice {
    customer: String,
}

#[handler]
async fn send_invoice(command: SendInvoice) {
    let shared = std::rc::Rc::new(command.customer);
    std::future::ready(()).await;
    drop(shared);
}

fn main() {}
