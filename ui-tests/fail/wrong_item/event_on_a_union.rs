use mink::prelude::*;

#[event]
union Either {
    number: u32,
    real: f32,
}

fn main() {}
