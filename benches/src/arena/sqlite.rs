//! SQLite: a file for each contestant, with the tables that mink makes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use mink::prelude::*;

use super::{Arena, Event, WorkName, appending, hot, reading};
use crate::amount::Amount;
use crate::contest::{Contestant, Side};
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

    let events = WorkName::ALL.map(|work| {
        let directory = keep.path().to_owned();
        let read = (read.clone(), read_same.clone(), read_bare.clone());
        Event::new(work, move || async move {
            if !matches!(work, WorkName::Load | WorkName::Scan) {
                return writers(work, amount, &directory).await;
            }
            let (mink, same, bare) = read;
            Ok(vec![
                reading(work, Side::Mink, &mink, amount),
                reading(work, Side::Same, &same, amount),
                reading(work, Side::Bare, &bare, amount),
            ])
        })
    });
    Ok(Arena {
        store: "sqlite",
        settings: settings(&filled).await?,
        events: events.into(),
        keep: Some(keep),
    })
}

async fn writers(work: WorkName, amount: Amount, directory: &Path) -> Result<Vec<Contestant>> {
    let named = |side: &str| directory.join(format!("{work:?}-{side}.db"));
    let app = Arc::new(open(&named("mink")).await?);
    if work == WorkName::Hot {
        return Ok(hot(&app, amount));
    }
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
    Ok(contestants)
}

async fn open(file: &Path) -> Result<Mink> {
    Ok(Mink::open(&format!("sqlite://{}", file.display())).await?)
}

/// A file with mink's tables.
async fn migrated(file: PathBuf) -> Result<PathBuf> {
    open(&file).await?.shutdown().await?;
    Ok(file)
}
