use mink::prelude::*;

#[event]
struct OrderPlaced {
    customer: String,
}

#[command]
struct PlaceOrder {
    order_id: String,
    customer: String,
}

#[derive(Aggregate, Default)]
struct Order {
    placed: bool,
}

#[handlers]
impl Order {
    async fn place(&self, command: PlaceOrder) -> OrderPlaced {
        let shared = std::rc::Rc::new(command.customer);
        std::future::ready(()).await;
        OrderPlaced {
            customer: (*shared).clone(),
        }
    }
    fn placed(&mut self, _: &OrderPlaced) {
        self.placed = true;
    }
}

fn main() {}
