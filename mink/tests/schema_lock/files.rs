use std::collections::BTreeSet;

use mink::prelude::*;
use mink::registry::Registry;
use mink::schema::{LockError, SchemaLock};

use super::events::{first, second};
use super::support::Repository;

mod odd {
    use super::*;

    #[event(name = "shop/order \"placed\"\n%2F")]
    pub struct Slashes {
        pub a: u8,
    }
    #[event(name = "Bestellung-gelöscht-𝄞")]
    pub struct Unicode {
        pub r#type: Option<String>,
    }
    #[event(name = "order")]
    pub struct Lower;
    #[event(name = "Order")]
    pub struct Upper;
    #[event(name = "ORDER")]
    pub struct Shouted(pub u8, pub bool);
    #[event(name = "con")]
    pub struct Device;
    #[event(name = "../../escape")]
    pub struct Escape;
    #[event(name = ".hidden")]
    pub struct Hidden;
    #[event]
    pub struct r#Raw {
        pub r#fn: u8,
    }
    #[event]
    pub struct Tree {
        #[mink(recursive)]
        pub children: Vec<Branch>,
        pub by_number: std::collections::BTreeMap<u32, String>,
    }
    #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
    #[serde(deny_unknown_fields)]
    pub struct Branch {
        #[mink(recursive)]
        pub children: Vec<Branch>,
    }
    /// 255 bytes, the longest.
    #[event(
        name = "LongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLon"
    )]
    pub struct Long;

    pub fn registry() -> Registry {
        Registry::by_hand()
            .event::<Slashes>()
            .event::<Unicode>()
            .event::<Lower>()
            .event::<Upper>()
            .event::<Shouted>()
            .event::<Device>()
            .event::<Escape>()
            .event::<Hidden>()
            .event::<r#Raw>()
            .event::<Tree>()
            .event::<Long>()
            .build()
    }
}

#[test]
fn events_of_any_name_get_a_file_that_every_file_system_keeps_apart() {
    let repository = Repository::with(&odd::registry());
    assert_eq!(repository.check(&odd::registry()), Ok(()));
    let names = repository.names();
    assert_eq!(names.len(), odd::registry().events().len() + 1, "{names:?}");
    let lower: BTreeSet<_> = names.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(lower.len(), names.len(), "{names:?}");
    for name in &names {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.%/".contains(c);
        assert!(name.chars().all(allowed), "{name}");
        assert!(name.len() < 150, "{name}");
    }
    assert!(names.contains(&"mink-schema-corpus/_con.v1.json".to_owned()));
}

#[test]
fn a_lock_reads_as_it_was_written() {
    let lock = SchemaLock::of(&odd::registry().schemas());
    let text = lock.to_string();
    assert_eq!(SchemaLock::parse(&text), Ok(lock.clone()));
    // as git may check it out on Windows
    assert_eq!(
        SchemaLock::parse(&text.replace('\n', "\r\n")),
        Ok(lock.clone())
    );
    // as some editors save it
    assert_eq!(SchemaLock::parse(&format!("\u{feff}{text}")), Ok(lock));
}

#[test]
fn a_type_that_contains_itself_ends() {
    let schemas = odd::registry().schemas();
    let tree = schemas.iter().find(|event| event.event == "Tree").unwrap();
    assert_eq!(
        tree.schema.shape.to_string(),
        "{ children: [{ children: [itself] } (no other fields)], by_number: map<u32, text> }"
    );
}

#[test]
fn a_lock_that_cannot_be_read_is_a_fault_and_stays_as_it_is() {
    let lock = SchemaLock::of(&first::registry().schemas()).to_string();
    let damaged = [
        ("", "EOF"),
        ("<<<<<<< HEAD\n{}", "keep the entries of both sides"),
        (
            &lock.replace("\"lock\": 1", "\"lock\": 2"),
            "use the mink that wrote it",
        ),
        (
            &lock.replace("\"text\"", "\"txet\""),
            "`txet` is not a type that this mink knows",
        ),
        (
            &lock.replace("OrderPaid", "OrderPlaced"),
            "event `OrderPlaced` is in it twice",
        ),
        (
            &lock.replace("\"version\": 1", "\"version\": 0"),
            "versions start at 1",
        ),
        (&lock.replace("\"format\"", "\"fromat\""), "fromat"),
    ];
    for (text, expected) in damaged {
        let repository = Repository::with(&first::registry());
        repository.write("mink-schema.lock", text);
        let refusal = repository.refusal(&first::registry());
        assert!(
            refusal.contains("`mink-schema.lock` is not a schema lock"),
            "{refusal}"
        );
        assert!(refusal.contains(expected), "{expected} in:\n{refusal}");
        assert!(repository.accept(&first::registry()).is_err());
        assert_eq!(repository.contents()["mink-schema.lock"], text);
    }
}

#[test]
fn a_lock_that_is_not_there_says_so() {
    let repository = Repository::empty();
    let missing = SchemaLock::read(repository.files().lock());
    assert!(matches!(missing, Err(LockError::Missing { .. })));
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_written_leaves_the_lock_alone() {
    let repository = Repository::with(&first::registry());
    let lock = repository.contents()["mink-schema.lock"].clone();
    // a file where the corpus would be
    for name in repository.names() {
        if name.starts_with("mink-schema-corpus/") {
            repository.remove(&name);
        }
    }
    std::fs::remove_dir(repository.files().corpus().directory()).unwrap();
    repository.write("mink-schema-corpus", "a file");
    assert!(repository.accept(&second::registry()).is_err());
    assert_eq!(repository.contents()["mink-schema.lock"], lock);
}
