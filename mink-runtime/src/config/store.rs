use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use super::{Given, Setting, Taken, Unfit};
use crate::storage::Opened;

/// Options of an adapter that can be configured. Submit a [`StoreSection`] of it beside the adapter's
/// [`Driver`](crate::storage::Driver).
pub trait OpensStore: Send + Sized + 'static {
    /// The section of `mink.toml` that holds its settings, as `postgres`.
    const SECTION: &'static str;
    /// The URL schemes it opens.
    const SCHEMES: &'static [&'static str];
    /// Its settings, their keys without the section.
    const SETTINGS: &'static [Setting<Self>];

    /// The options as they are unless something is configured.
    fn defaults() -> Self;
    /// Opens the store at `url` with these options.
    fn open_at(self, url: &str) -> BoxFuture<'static, Opened>;
}

/// The settings of an adapter, collected at link time: it submits one, as
/// `inventory::submit! { StoreSection::of::<PostgresOptions>() }`.
pub struct StoreSection {
    /// The section of `mink.toml`.
    pub name: &'static str,
    /// The URL schemes whose stores it configures.
    pub schemes: &'static [&'static str],
    begin: fn() -> Box<dyn StoreSettings>,
}

inventory::collect!(StoreSection);

impl StoreSection {
    /// The section of these options.
    #[must_use]
    pub const fn of<T: OpensStore>() -> Self {
        Self {
            name: T::SECTION,
            schemes: T::SCHEMES,
            begin: || Box::new(Options(T::defaults())),
        }
    }

    /// Every linked section, by name. Of two of one name the first counts.
    #[must_use]
    pub fn linked() -> BTreeMap<&'static str, &'static Self> {
        let mut sections = BTreeMap::new();
        for section in inventory::iter::<Self>() {
            sections.entry(section.name).or_insert(section);
        }
        sections
    }

    /// Its settings, at their defaults.
    #[must_use]
    pub fn begin(&self) -> Box<dyn StoreSettings> {
        (self.begin)()
    }
}

/// The settings of one adapter while they are collected.
pub trait StoreSettings: Send {
    /// The keys, without the section, and what each is for.
    fn keys(&self) -> Vec<(&'static str, &'static str)>;
    /// Sets one; `None` when there is no such key.
    fn set(&mut self, key: &str, given: &Given) -> Option<Result<(), Unfit>>;
    /// What a setting takes, in words.
    fn takes(&mut self, key: &str) -> Option<Taken>;
    /// What a setting is, when it is anything.
    fn value(&mut self, key: &str) -> Option<String>;
    /// Opens the store with what was set.
    fn open(self: Box<Self>, url: &str) -> BoxFuture<'static, Opened>;
}

struct Options<T>(T);

impl<T: OpensStore> StoreSettings for Options<T> {
    fn keys(&self) -> Vec<(&'static str, &'static str)> {
        T::SETTINGS
            .iter()
            .map(|setting| (setting.key, setting.about))
            .collect()
    }

    fn set(&mut self, key: &str, given: &Given) -> Option<Result<(), Unfit>> {
        Some(find::<T>(key)?.apply(&mut self.0, given))
    }

    fn takes(&mut self, key: &str) -> Option<Taken> {
        Some(find::<T>(key)?.takes(&mut self.0))
    }

    fn value(&mut self, key: &str) -> Option<String> {
        find::<T>(key)?.value(&mut self.0)
    }

    fn open(self: Box<Self>, url: &str) -> BoxFuture<'static, Opened> {
        self.0.open_at(url)
    }
}

fn find<T: OpensStore>(key: &str) -> Option<&'static Setting<T>> {
    T::SETTINGS.iter().find(|setting| setting.key == key)
}
