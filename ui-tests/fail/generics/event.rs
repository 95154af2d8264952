use mink::prelude::*;

#[event]
struct Changed<T> {
    value: T,
}

fn main() {}
