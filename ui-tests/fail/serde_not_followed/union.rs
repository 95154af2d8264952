use mink::prelude::*;

#[derive(Shape)]
union Either {
    number: u32,
    real: f32,
}

fn main() {}
