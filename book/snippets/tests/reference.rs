//! The reference says what the source says.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use mink::bus::BusOptions;
use mink::id::{StreamId, TenantId};
use mink::repository::RepositoryOptions;

fn read(path: &str) -> String {
    let path = support::book(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The part of the page from this heading to the next one.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let start = page
        .find(heading)
        .unwrap_or_else(|| panic!("the page has no `{heading}`"));
    let body = &page[start + heading.len()..];
    &body[..body.find("\n#").unwrap_or(body.len())]
}

/// The variants of an enum, as rustfmt lays them out.
fn variants(source: &str, name: &str) -> Vec<String> {
    let start = source
        .find(&format!("pub enum {name} {{"))
        .or_else(|| source.find(&format!("pub enum {name}<E> {{")))
        .unwrap_or_else(|| panic!("there is no enum {name}"));
    source[start..]
        .lines()
        .skip(1)
        .take_while(|line| *line != "}")
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| {
            let end = line.find(|c: char| !c.is_ascii_alphanumeric());
            line[..end.unwrap_or(line.len())].to_owned()
        })
        .collect()
}

/// The methods of the options in a file that return the options again.
fn options(source: &str) -> Vec<String> {
    source
        .lines()
        .filter_map(|line| line.strip_prefix("    pub fn "))
        .filter(|line| line.contains("(mut self") || line.ends_with('('))
        .filter_map(|line| line.split(['(', '<']).next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_error_is_in_the_reference() {
    let page = read("src/reference.md");
    let runtime = "../mink-runtime/src";
    for (file, name) in [
        ("bus/error.rs", "DispatchError"),
        ("bus/fault.rs", "CommandFault"),
        ("bus/json.rs", "JsonDispatchError"),
        ("repository/load.rs", "LoadError"),
        ("repository/history.rs", "TimeTravelError"),
        ("repository/snapshots.rs", "SnapshotError"),
        ("pipeline/decode.rs", "DecodeFault"),
        ("app/batch.rs", "BatchError"),
        ("app/lifecycle/error.rs", "ChangeError"),
        ("archive/error.rs", "ArchiveError"),
        ("storage/lifecycle.rs", "LifecycleError"),
        ("storage/error.rs", "CommitError"),
        ("storage/error.rs", "StorageError"),
        ("app/builder.rs", "OpenError"),
        ("app/startup.rs", "StartupFault"),
        ("config/fault.rs", "ConfigFault"),
        ("registry/faults.rs", "RegistryFault"),
        ("id.rs", "InvalidName"),
        ("app/error.rs", "Error"),
    ] {
        let variants = variants(&read(&format!("{runtime}/{file}")), name);
        assert!(variants.len() > 1, "{name}: {variants:?}");
        let rows: Vec<_> = section(&page, &format!("### `{name}"))
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .collect();
        assert_eq!(rows, variants, "the table of {name}");
    }
}

#[test]
fn every_option_is_in_the_reference() {
    let page = read("src/reference.md");
    for (file, heading) in [
        (
            "../mink-runtime/src/app/builder.rs",
            "### `Mink::builder()`",
        ),
        ("../mink-sqlite/src/options.rs", "### `SqliteStore::builder"),
        (
            "../mink-postgres/src/options.rs",
            "### `PostgresStore::builder",
        ),
    ] {
        let section = section(&page, heading);
        let options = options(&read(file));
        assert!(options.len() > 4, "{options:?}");
        for option in options {
            assert!(
                section.contains(&format!("`{option}(")),
                "{heading}: {option}"
            );
        }
    }
}

/// The keys in the table of the macro's own documentation: what stands before the function.
fn keys<'a>(source: &'a str, function: &str) -> Vec<&'a str> {
    let end = source
        .find(&format!("pub fn {function}("))
        .unwrap_or_else(|| panic!("there is no macro {function}"));
    let mut keys: Vec<_> = source[..end]
        .lines()
        .rev()
        .skip_while(|line| !line.starts_with("/// | `"))
        .map_while(|line| line.strip_prefix("/// | `"))
        .filter_map(|row| row.split([' ', '(', '`']).next())
        .collect();
    keys.reverse();
    keys
}

#[test]
fn every_key_of_an_attribute_is_in_the_reference() {
    let page = read("src/reference.md");
    let source = read("../mink-macros/src/lib.rs");
    for (function, heading) in [("event", "### `#[event]`"), ("command", "### `#[command]`")] {
        let keys = keys(&source, function);
        assert!(keys.len() > 5, "{function}: {keys:?}");
        let section = section(&page, heading);
        for key in keys {
            assert!(
                section.contains(&format!("| `{key}")),
                "{heading}: no row for `{key}`"
            );
        }
    }
}

#[test]
fn every_feature_is_in_the_reference() {
    let page = read("src/reference.md");
    let manifest = read("../mink/Cargo.toml");
    let features = section(&page, "## Features");
    let declared = manifest
        .split("[features]\n")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next())
        .unwrap_or_default();
    let names: Vec<_> = declared
        .lines()
        .filter_map(|line| line.split(" = ").next())
        .filter(|name| *name != "default")
        .collect();
    assert!(names.len() > 4, "{names:?}");
    for name in names {
        assert!(
            features.contains(&format!("| `{name}` |")),
            "there is no row for `{name}`"
        );
    }
}

#[test]
fn every_default_is_the_codes() {
    let page = read("src/reference.md");
    let repository = RepositoryOptions::default();
    let group = repository.group;
    let bus = BusOptions::default();
    for row in [
        format!(
            "| `max_event_bytes(bytes)` | {} bytes |",
            group.limits.event_bytes
        ),
        format!(
            "{} bytes an event, {} events a commit",
            group.limits.event_bytes, group.limits.commit_events
        ),
        format!("| `patience` | {} s |", repository.patience.as_secs()),
        format!("| `unknown_events` | `{:?}` |", repository.unknown_events),
        format!("| `cached_aggregates` | {} |", repository.cached_aggregates),
        format!("| `group.batch_commits` | {} |", group.batch_commits),
        format!("| `group.batch_bytes` | {} bytes |", group.batch_bytes),
        format!("| `group.bulk_events` | {} |", group.bulk_events),
        format!(
            "| `group.busy_patience` | {} s |",
            group.busy_patience.as_secs()
        ),
        format!("| `conflict_retries` | {} |", bus.conflict_retries),
        format!("| `concurrency` | {} |", bus.concurrency),
        format!("| `drain_within` | {} s |", bus.drain_within.as_secs()),
        format!("| tenant | {} |", TenantId::MAX_BYTES),
        format!("| stream: category, `-` and id | {} |", StreamId::MAX_BYTES),
    ] {
        assert!(page.contains(&row), "the reference does not say: {row}");
    }
}
