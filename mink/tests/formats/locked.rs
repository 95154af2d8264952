//! The schema lock and the formats: what the program writes is what is pinned, and what was pinned can be read.

use mink::prelude::*;
use mink::registry::{Registry, RegistryBuilder};
use mink::schema::SchemaLock;
use mink::testing::{SchemaLockFiles, accept_schema_lock, check_schema_lock};

#[event]
struct Weighed {
    kilograms: u32,
}

fn weighed() -> RegistryBuilder {
    Registry::by_hand().event::<Weighed>()
}

fn files(folder: &tempfile::TempDir) -> SchemaLockFiles {
    SchemaLockFiles::new(folder.path(), "mink-schema.lock")
}

fn pinned(files: &SchemaLockFiles, event: &str, version: u32) -> String {
    let lock = SchemaLock::read(files.lock()).unwrap();
    let event = lock.event(event).unwrap();
    let found = event.versions.iter().find(|v| v.version == version);
    found.unwrap().schema.format.clone()
}

#[test]
fn the_declared_default_is_what_is_pinned_and_kept_in_the_corpus() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&folder);
    accept_schema_lock(&weighed().default_format("msgpack").build(), &files).unwrap();
    assert_eq!(pinned(&files, "Weighed", 1), "msgpack");
    let corpus = files.corpus().directory().join("Weighed.v1.json");
    let corpus = std::fs::read_to_string(corpus).unwrap();
    assert!(corpus.contains(r#""format": "msgpack""#), "{corpus}");

    let otherwise = check_schema_lock(&weighed().build(), &files).unwrap_err();
    let said = otherwise.to_string();
    assert!(said.contains("msgpack") && said.contains("json"), "{said}");
}

#[test]
fn a_default_that_nobody_provides_pins_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&folder);
    let registry = weighed().default_format("mspack").build();
    let refused = accept_schema_lock(&registry, &files).unwrap_err();
    let said = refused.to_string();
    assert!(said.contains("did you mean `msgpack`?"), "{said}");
    assert!(said.contains("locked.rs:"), "{said}");
    assert!(!files.lock().exists());
    let twice = weighed().default_format("json").default_format("msgpack");
    assert!(accept_schema_lock(&twice.build(), &files).is_err());
}

mod generated {
    mink::schema_lock_test!(
        default_format = "msgpack",
        registry = super::weighed().build(),
        lock = "tests/formats/weighed.lock",
    );
}

mod first {
    #[mink::event(name = "Counted", format = "protobuf")]
    #[derive(prost::Message)]
    pub(super) struct Counted {
        #[prost(uint32, tag = "1")]
        pub(super) by: u32,
    }
}

mod by_function {
    use mink::serde_json::Value;

    fn twice(mut old: Value) -> Value {
        old["twice"] = true.into();
        old
    }

    #[mink::event(name = "Counted", version = 2, upcast(1 => twice))]
    pub(super) struct Counted {
        pub(super) by: u32,
        pub(super) twice: bool,
    }
}

mod by_struct {
    #[derive(serde::Deserialize, prost::Message)]
    pub(super) struct Old {
        #[prost(uint32, tag = "1")]
        by: u32,
    }

    impl From<Old> for Counted {
        fn from(old: Old) -> Self {
            Self {
                by: old.by,
                twice: true,
            }
        }
    }

    #[mink::event(name = "Counted", version = 2, upcast(1 => Old))]
    pub(super) struct Counted {
        pub(super) by: u32,
        pub(super) twice: bool,
    }
}

#[test]
fn a_function_on_json_for_what_was_stored_as_protobuf_is_said_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&folder);
    let first = Registry::by_hand().event::<first::Counted>();
    accept_schema_lock(&first.build(), &files).unwrap();
    assert_eq!(pinned(&files, "Counted", 1), "protobuf");

    let registry = Registry::by_hand().event::<by_function::Counted>().build();
    let said = check_schema_lock(&registry, &files)
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("event `Counted` v1 was stored as `protobuf`, which does not describe itself, and its upcaster from version 1 is a function on JSON"),
        "{said}"
    );
    assert!(said.contains("locked.rs:"), "{said}");
    assert!(said.contains("`upcast(1 => OldStruct)`"), "{said}");
    assert_eq!(said.matches("Counted.v1.json").count(), 0, "{said}");
    assert!(accept_schema_lock(&registry, &files).is_err());

    let registry = Registry::by_hand().event::<by_struct::Counted>().build();
    accept_schema_lock(&registry, &files).unwrap();
    assert_eq!(check_schema_lock(&registry, &files), Ok(()));
    assert_eq!(pinned(&files, "Counted", 2), "json");
}
