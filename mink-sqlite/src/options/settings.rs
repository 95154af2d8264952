use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use mink_runtime::config::{Choice, OpensStore, Setting, StoreSection};
use mink_runtime::inventory;
use mink_runtime::storage::{Opened, Storage};

use super::{Durability, LONGEST_TIMEOUT, SqliteOptions};

inventory::submit! { StoreSection::of::<SqliteOptions>() }

/// The section `[sqlite]` of `mink.toml`.
impl OpensStore for SqliteOptions {
    const SECTION: &'static str = "sqlite";
    const SCHEMES: &'static [&'static str] = &["sqlite"];
    #[rustfmt::skip]
    const SETTINGS: &'static [Setting<Self>] = &[
        Setting::choice("durability", "what an answered commit survives", |to| &mut to.durability),
        Setting::count("read_connections", "how many connections read at the same time", 1..=1000, |to| &mut to.read_connections),
        Setting::flag("migrate", "whether opening applies the migrations that are missing", |to| &mut to.migrate),
        Setting::duration("busy_timeout", "how long a commit waits for another process that writes", Duration::ZERO..=LONGEST_TIMEOUT, |to| &mut to.busy_timeout),
        Setting::bytes("max_bytes", "the largest the file may grow", 4096..=u64::MAX, |to| &mut to.max_bytes),
    ];

    fn defaults() -> Self {
        Self::new("")
    }

    fn open_at(mut self, url: &str) -> BoxFuture<'static, Opened> {
        url.clone_into(&mut self.url);
        Box::pin(async move { Ok(Arc::new(self.open().await?) as Arc<dyn Storage>) })
    }
}

impl Choice for Durability {
    fn words(&self) -> &'static [&'static str] {
        &["full", "normal", "off"]
    }

    fn chosen(&self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
            Self::Off => "off",
        }
    }

    fn choose(&mut self, word: &str) {
        *self = match word {
            "normal" => Self::Normal,
            "off" => Self::Off,
            _ => Self::Full,
        };
    }
}
