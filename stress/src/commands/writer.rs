use anyhow::Result;
use fastrand::Rng;
use mink_postgres::PostgresStore;
use mink_stress::crash::end_with_parent;
use mink_stress::feed::{Counts, Desk, Record, own_pool};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The store.
    #[arg(long)]
    url: String,
    /// Names the ledgers of its own.
    #[arg(long)]
    name: String,
    /// Decides what is written.
    #[arg(long)]
    seed: u64,
}

/// Writes until it is killed.
pub(crate) async fn run(arguments: Arguments) -> Result<()> {
    end_with_parent();
    let counts = Counts {
        through_app: 2,
        in_own: 2,
        late: 0,
    };
    let store = PostgresStore::open(&arguments.url).await?;
    let pool = own_pool(&arguments.url, counts.in_own).await?;
    let desk = Desk::new(store, pool, Record::aloud(), 64).await?;
    let mut rng = Rng::with_seed(arguments.seed);
    let mut writers = desk.start(&mut rng, &arguments.name, counts);
    while let Some(done) = writers.join_next().await {
        done?;
    }
    Ok(())
}
