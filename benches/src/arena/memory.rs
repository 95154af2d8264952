//! Memory: mink's store beside maps behind a lock.

use std::sync::Arc;

use anyhow::Result;
use mink::prelude::*;

use super::{Arena, Event, WorkName, appending, hot, reading};
use crate::amount::Amount;
use crate::contest::Side;
use crate::raw::memory::{Bare, Same};
use crate::side::fill;

/// Prepares the works.
///
/// # Errors
/// The store's.
pub async fn prepare(amount: Amount) -> Result<Arena> {
    let (read, read_same) = (
        Arc::new(Mink::open("memory://").await?),
        Arc::new(Same::default()),
    );
    fill(&*read, amount).await?;
    fill(&*read_same, amount).await?;
    let events = WorkName::ALL.map(|work| {
        let (read, read_same) = (Arc::clone(&read), Arc::clone(&read_same));
        Event::new(work, move || async move {
            if matches!(work, WorkName::Load | WorkName::Scan) {
                return Ok(vec![
                    reading(work, Side::Mink, &read, amount),
                    reading(work, Side::Same, &read_same, amount),
                ]);
            }
            let app = Arc::new(Mink::open("memory://").await?);
            if work == WorkName::Hot {
                return Ok(hot(&app, amount));
            }
            let (same, bare) = (Arc::new(Same::default()), Arc::new(Bare::default()));
            Ok(vec![
                appending(work, Side::Mink, &app, amount),
                appending(work, Side::Same, &same, amount),
                appending(work, Side::Bare, &bare, amount),
            ])
        })
    });
    Ok(Arena {
        store: "memory",
        settings: "memory: nothing is durable; raw is a lock around maps, without a driver"
            .to_owned(),
        events: events.into(),
        keep: None,
    })
}
