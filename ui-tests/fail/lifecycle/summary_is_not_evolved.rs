use mink::prelude::*;

#[event]
struct Paid {
    cents: u64,
}

#[event]
struct Carried {
    cents: u64,
}

#[derive(Aggregate, Default, PartialEq)]
struct Ledger {
    cents: u64,
}

#[handlers]
impl Ledger {
    fn paid(&mut self, event: &Paid) {
        self.cents += event.cents;
    }
}

async fn compact(app: Mink) -> mink::Result<()> {
    let ledger = app.lifecycle::<Ledger>(1)?;
    ledger.compact(|ledger| Carried { cents: ledger.cents }).await?;
    Ok(())
}

fn main() {}
