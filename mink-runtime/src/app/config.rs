//! The settings of an application. A new one is one line of [`SETTINGS`].

use std::time::Duration;

use super::HealthOptions;
use crate::bus::BusOptions;
use crate::config::{
    Choice, ConfigFault, Configuration, Configured, Origin, Resolved, Setting, Sources, Unfit,
};
use crate::event::codec::JSON;
use crate::repository::{RepositoryOptions, UnknownEvents};
use crate::storage;

/// Everything about an application that can be configured.
#[derive(Debug, Clone)]
pub(super) struct AppOptions {
    pub(super) store_url: Option<String>,
    pub(super) service: Option<String>,
    pub(super) default_format: Option<String>,
    pub(super) repository: RepositoryOptions,
    pub(super) bus: BusOptions,
    pub(super) health: HealthOptions,
}

impl Default for AppOptions {
    fn default() -> Self {
        Self {
            store_url: None,
            service: Some("mink".to_owned()),
            default_format: Some(JSON.to_owned()),
            repository: RepositoryOptions::default(),
            bus: BusOptions::default(),
            health: HealthOptions::default(),
        }
    }
}

const ANY_TIME: std::ops::RangeInclusive<Duration> = Duration::ZERO..=Duration::MAX;

#[rustfmt::skip]
const SETTINGS: &[Setting<AppOptions>] = &[
    Setting::secret("store_url", "the store; its scheme chooses the adapter", has_scheme, |to| &mut to.store_url),
    Setting::text("service", "the application's name in metrics and spans", not_empty, |to| &mut to.service),
    Setting::text("default_format", "the format of events that name none", not_empty, |to| &mut to.default_format),
    Setting::duration("patience", "how long to go on while the store cannot be reached", ANY_TIME, |to| &mut to.repository.patience),
    Setting::choice("unknown_events", "what to do with a stored event of an unknown type", |to| &mut to.repository.unknown_events),
    Setting::count("cached_aggregates", "how many aggregates are kept in memory", 0..=u64::MAX, |to| &mut to.repository.cached_aggregates),
    Setting::count("conflict_retries", "how often a command is decided anew after a conflict", 0..=u64::MAX, |to| &mut to.bus.conflict_retries),
    Setting::duration("keep_answers", "how long the answer of a command with an idempotency key is kept", ANY_TIME, |to| &mut to.bus.keep_answers),
    Setting::duration("hold_keys", "how long a dead process's hold on an idempotency key lasts", Duration::from_millis(10)..=Duration::MAX, |to| &mut to.bus.hold_keys),
    Setting::count("concurrency", "how many commands of one dispatch_all run at the same time", 0..=u64::MAX, |to| &mut to.bus.concurrency),
    Setting::duration("shutdown_within", "how long shutting down waits for commands that are being handled", ANY_TIME, |to| &mut to.bus.drain_within),
    Setting::bytes("limits.event_bytes", "the largest payload of one event", 1..=u64::MAX, |to| &mut to.repository.group.limits.event_bytes),
    Setting::count("limits.commit_events", "the most events in one commit", 1..=u64::MAX, |to| &mut to.repository.group.limits.commit_events),
    Setting::count("group.batch_commits", "the most commits in one batch", 1..=u64::MAX, |to| &mut to.repository.group.batch_commits),
    Setting::bytes("group.batch_bytes", "the most payload in one batch", 1..=u64::MAX, |to| &mut to.repository.group.batch_bytes),
    Setting::count("group.bulk_events", "from how many events on a commit goes through a lane of its own", 1..=u64::MAX, |to| &mut to.repository.group.bulk_events),
    Setting::duration("group.busy_patience", "how long a stream that another transaction holds is waited for", ANY_TIME, |to| &mut to.repository.group.busy_patience),
    Setting::duration("health.deadline", "how long a check of health or readiness waits for the store", Duration::from_millis(1)..=Duration::from_secs(60), |to| &mut to.health.deadline),
    Setting::duration("health.feed_lag", "how long an event may wait for its place before the health is degraded", ANY_TIME, |to| &mut to.health.feed_lag),
];

fn has_scheme(url: &str) -> Result<(), &'static str> {
    match url.split_once(':') {
        Some(_) => Ok(()),
        None => Err("it has no scheme, write for example `sqlite://shop.db`"),
    }
}

fn not_empty(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("it is empty");
    }
    Ok(())
}

impl Choice for UnknownEvents {
    fn words(&self) -> &'static [&'static str] {
        &["refuse", "skip"]
    }
    fn chosen(&self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Skip => "skip",
        }
    }
    fn choose(&mut self, word: &str) {
        *self = match word {
            "skip" => Self::Skip,
            _ => Self::Refuse,
        };
    }
}

/// What the builder's calls change, after everything else was read.
pub(super) type Change = Box<dyn FnOnce(&mut AppOptions) + Send>;

/// The options of an application, and what is wrong with them.
pub(super) struct Settled {
    pub(super) options: AppOptions,
    pub(super) resolved: Resolved,
    pub(super) configuration: Configuration,
}

/// Which store the builder's calls name.
pub(super) enum Called {
    Nothing,
    Url(String),
    Store,
}

/// Defaults, then the sources, then the builder's calls.
pub(super) fn settle(
    mut options: AppOptions,
    sources: Sources,
    store: Called,
    changes: Vec<Change>,
) -> Settled {
    let empty = sources.is_empty();
    let mut resolved = sources.resolve(SETTINGS, &mut options);
    match store {
        Called::Nothing => {
            let origin = resolved.origins.get("store_url");
            let url = options.store_url.as_deref();
            if let (Some(url), Some(origin)) = (url, origin) {
                resolved.faults.extend(unknown_scheme(url, origin));
            } else if !empty && !resolved.faults.iter().any(may_hide_the_store) {
                resolved.faults.push(ConfigFault::NoStore);
            }
        }
        Called::Url(url) => {
            options.store_url = Some(url);
            let origin = Origin::Builder;
            resolved.origins.insert("store_url".to_owned(), origin);
        }
        Called::Store => {
            options.store_url = None;
            resolved.origins.remove("store_url");
        }
    }
    let before: Vec<_> = values(&mut options);
    for change in changes {
        change(&mut options);
    }
    for (setting, before) in SETTINGS.iter().zip(before) {
        if setting.value(&mut options) != before {
            resolved
                .origins
                .insert(setting.key.to_owned(), Origin::Builder);
        }
        if let Err(Unfit::Range(value)) = setting.check(&mut options) {
            resolved.faults.push(ConfigFault::OutOfRange {
                at: Origin::Builder,
                key: setting.key.to_owned(),
                value,
                range: setting.takes(&mut options).range,
            });
        }
    }
    let configuration = report(&mut options, &mut resolved);
    Settled {
        options,
        resolved,
        configuration,
    }
}

/// Whether a fault explains why no store is named.
fn may_hide_the_store(fault: &ConfigFault) -> bool {
    match fault {
        ConfigFault::WrongType { key, .. } | ConfigFault::Invalid { key, .. } => key == "store_url",
        ConfigFault::UnknownSetting { meant, .. } => {
            matches!(meant.as_deref(), Some("store_url" | "MINK_STORE_URL"))
        }
        ConfigFault::NotUnicode { name } => name == "MINK_STORE_URL",
        ConfigFault::OutOfRange { .. } | ConfigFault::NoStore => false,
        ConfigFault::FileMissing { .. }
        | ConfigFault::FileUnreadable { .. }
        | ConfigFault::NoFiles { .. }
        | ConfigFault::Syntax { .. } => true,
    }
}

fn values(options: &mut AppOptions) -> Vec<Option<String>> {
    SETTINGS
        .iter()
        .map(|setting| setting.value(options))
        .collect()
}

fn unknown_scheme(url: &str, origin: &Origin) -> Option<ConfigFault> {
    let (scheme, _) = url.split_once(':')?;
    let known = storage::drivers();
    if known.contains(&scheme) {
        return None;
    }
    Some(ConfigFault::Invalid {
        at: origin.clone(),
        key: "store_url".to_owned(),
        takes: "a store's URL".to_owned(),
        reason: storage::StorageError::UnknownScheme {
            scheme: scheme.chars().take(20).collect(),
            known,
        }
        .to_string(),
    })
}

fn report(options: &mut AppOptions, resolved: &mut Resolved) -> Configuration {
    let mut settings: Vec<_> = SETTINGS
        .iter()
        .map(|setting| Configured {
            key: setting.key.to_owned(),
            about: setting.about,
            value: setting.value(options),
            origin: resolved.origins.get(setting.key).cloned(),
        })
        .collect();
    for (section, store) in &mut resolved.stores {
        for (key, about) in store.keys() {
            let full = format!("{section}.{key}");
            settings.push(Configured {
                value: store.value(key),
                origin: resolved.origins.get(&full).cloned(),
                key: full,
                about,
            });
        }
    }
    Configuration { settings }
}
