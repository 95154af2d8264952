use mink::prelude::*;

#[event(encrypt = "email")]
enum CustomerChanged {
    Moved { street: String },
    Mailed { email: String },
}

fn main() {}
