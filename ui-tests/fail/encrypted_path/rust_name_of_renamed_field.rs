use mink::prelude::*;

#[event(encrypt = "e_mail")]
#[serde(rename_all = "camelCase")]
struct OrderPlaced {
    e_mail: String,
}

fn main() {}
