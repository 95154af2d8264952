//! SQLite: a file for each contestant, with the tables that mink makes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use mink::prelude::*;

use super::{Arena, Event, WorkName, appending, reading};
use crate::amount::Amount;
use crate::contest::Side;
use crate::raw::sqlite::{Bare, Grouped, Same, settings};
use crate::side::fill;

/// Prepares the works with files under `directory`, which decides what a flush costs.
///
/// # Errors
/// The store's.
pub async fn prepare(amount: Amount, directory: &Path) -> Result<Arena> {
    let keep = tempfile::tempdir_in(directory)?;
    let file = |name: &str| keep.path().join(name);

    let filled = file("filled.db");
    let read = Arc::new(open(&filled).await?);
    fill(&*read, amount).await?;
    let read_same = Arc::new(Same::open(&filled).await?);
    let read_bare = Arc::new(Bare::open(&file("filled_bare.db"), amount.stream).await?);
    read_bare.fill_from(&filled).await?;

    let mut events = Vec::new();
    for work in WorkName::ALL {
        let named = |side: &str| file(&format!("{work:?}-{side}.db"));
        let contestants = match work {
            WorkName::Load | WorkName::Scan => vec![
                reading(work, Side::Mink, &read, amount),
                reading(work, Side::Same, &read_same, amount),
                reading(work, Side::Bare, &read_bare, amount),
            ],
            _ => {
                let app = Arc::new(open(&named("mink")).await?);
                let same = Arc::new(Same::open(&migrated(named("same")).await?).await?);
                let bare = Arc::new(Bare::open(&named("bare"), 0).await?);
                let mut contestants = vec![appending(work, Side::Mink, &app, amount)];
                if work == WorkName::ManyTasks {
                    let grouped = Grouped::open(&migrated(named("grouped")).await?).await?;
                    contestants.push(appending(work, Side::Same, &Arc::new(grouped), amount));
                    contestants.push(appending(work, Side::Ungrouped, &same, amount));
                } else {
                    contestants.push(appending(work, Side::Same, &same, amount));
                }
                contestants.push(appending(work, Side::Bare, &bare, amount));
                contestants
            }
        };
        events.push(Event { work, contestants });
    }
    Ok(Arena {
        store: "sqlite",
        settings: settings(&filled).await?,
        events,
        keep: Some(keep),
    })
}

async fn open(file: &Path) -> Result<Mink> {
    Ok(Mink::open(&format!("sqlite://{}", file.display())).await?)
}

/// A file with mink's tables.
async fn migrated(file: PathBuf) -> Result<PathBuf> {
    open(&file).await?.shutdown().await?;
    Ok(file)
}
