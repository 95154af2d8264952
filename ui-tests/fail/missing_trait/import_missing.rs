#[event]
struct OrderPlaced {
    customer: String,
}

fn main() {}
