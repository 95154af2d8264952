use mink::prelude::*;

struct Layer;

fn with_layer() {
    let _ = Mink::builder().layer(Layer);
}

fn main() {}
