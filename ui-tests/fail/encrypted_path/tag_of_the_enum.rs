use mink::prelude::*;

#[event(encrypt = "email")]
#[serde(tag = "kind", content = "data")]
enum CustomerChanged {
    Mailed { email: String },
}

fn main() {}
