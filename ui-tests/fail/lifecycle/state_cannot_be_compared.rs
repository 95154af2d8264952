use mink::prelude::*;

#[event]
struct Carried {
    cents: u64,
}

#[derive(Aggregate, Default)]
struct Ledger {
    cents: u64,
}

#[handlers]
impl Ledger {
    fn carried(&mut self, event: &Carried) {
        self.cents = event.cents;
    }
}

async fn compact(app: Mink) -> mink::Result<()> {
    let ledger = app.lifecycle::<Ledger>(1)?;
    ledger.compact(|ledger| Carried { cents: ledger.cents }).await?;
    Ok(())
}

fn main() {}
