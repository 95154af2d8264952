use mink::prelude::*;

#[event]
enum CustomerChanged {
    #[mink(encrypt)]
    Mailed { email: String },
}

fn main() {}
