//! Hears from other nodes that the feed has moved. A hint: whatever is missed here is found by the readers' poll.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;

use super::Sequencer;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Listens for as long as it runs, through restarts of the server. `pool` is its own.
pub(crate) async fn listen(sequencer: Arc<Sequencer>, pool: PgPool) {
    let mut pause = FIRST_PAUSE;
    loop {
        if let Err(error) = hear(&sequencer, &pool, &mut pause).await {
            if matches!(error, sqlx::Error::PoolClosed) {
                return;
            }
            tracing::debug!(error = %crate::failure::said(&error), "not listening for the feed");
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn hear(
    sequencer: &Sequencer,
    pool: &PgPool,
    pause: &mut Duration,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(sequencer.channel()).await?;
    loop {
        *pause = FIRST_PAUSE;
        // Also after a lost connection: something may have been missed.
        sequencer.tell();
        listener.try_recv().await?;
    }
}
