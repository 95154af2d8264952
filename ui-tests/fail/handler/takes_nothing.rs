use mink::prelude::*;

#[handler]
fn send_invoice() {}

fn main() {}
