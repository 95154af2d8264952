use mink::prelude::*;

#[command]
struct Change<T> {
    id: String,
    value: T,
}

fn main() {}
