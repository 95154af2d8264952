use mink::prelude::*;

#[event]
struct Placed;

#[derive(Aggregate, Default)]
struct Order {
    placed: bool,
}

#[handlers]
impl Order {
    fn placed(&mut self, _: &Placed) {
        self.placed = true;
    }
}

async fn snapshot(app: &Mink) {
    let _ = app.snapshot::<Order>(1).await;
}

fn main() {}
