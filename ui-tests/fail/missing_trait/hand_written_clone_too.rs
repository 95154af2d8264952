use mink::prelude::*;

#[event]
struct OrderPlaced {
    customer: String,
}

impl Clone for OrderPlaced {
    fn clone(&self) -> Self {
        Self {
            customer: self.customer.clone(),
        }
    }
}

fn main() {}
