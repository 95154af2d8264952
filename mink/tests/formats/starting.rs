//! What is refused when the application is opened.

use mink::app::OpenError;
use mink::prelude::*;
use mink::registry::{Registry, RegistryBuilder};
use mink::serde_json::Value;

use crate::codecs::{Forgetful, Impostor, Opaque, Turned};

#[event(format = "truned")]
struct Misspelled {
    a: u8,
}

#[event(format = "parquet")]
struct Unheard {
    a: u8,
}

fn same(value: Value) -> Value {
    value
}

#[event(version = 3, format = "opaque", upcast(1 => same, 2 => same))]
struct ByFunctions {
    a: u8,
}

#[event(version = 3, format = "opaque", format_since = 3, upcast(1 => same, 2 => same))]
struct OpaqueSince {
    a: u8,
}

#[event(format = "opaque", encrypt = "email")]
struct Encrypted {
    email: String,
}

#[event(version = 2, upcast(1 => same))]
struct Plain {
    a: u8,
}

#[event(encrypt = "email")]
struct PlainEncrypted {
    email: String,
}

#[event(format = "forgetful")]
struct Forgotten {
    a: u8,
}

#[event]
#[derive(prost::Message)]
struct Measured {
    #[prost(double, tag = "1")]
    value: f64,
}

#[derive(Aggregate, Default)]
struct Probe {
    seen: u32,
}

#[handlers]
impl Probe {
    fn forgotten(&mut self, _: &Forgotten) {
        self.seen += 1;
    }
    fn measured(&mut self, _: &Measured) {
        self.seen += 1;
    }
}

#[derive(Aggregate, Default)]
struct Silent {
    seen: u32,
}

#[handlers]
impl Silent {
    fn plain(&mut self, _: &Plain) {
        self.seen += 1;
    }
}

async fn faults(builder: mink::app::MinkBuilder, registry: RegistryBuilder) -> Vec<String> {
    let opened = builder
        .url("memory://")
        .registry(registry.build())
        .store_encrypted_fields_in_clear_text()
        .open()
        .await;
    match opened {
        Ok(_) => Vec::new(),
        Err(OpenError::Faults(found)) => found.faults.iter().map(ToString::to_string).collect(),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn every_event_in_a_format_that_nobody_provides_is_named_at_once() {
    let registry = Registry::by_hand().event::<Misspelled>().event::<Unheard>();
    let found = faults(Mink::builder().codec(Turned), registry).await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("starting.rs:"), "{found:?}");
    assert!(
        found[0].ends_with("event `Misspelled` is written in the format `truned`, which nothing here provides: did you mean `turned`?"),
        "{found:?}"
    );
    assert!(
        found[1].ends_with("provide its codec with `.codec(...)` when the application is opened, or with `mink::codec!(...)` where `parquet` is declared"),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_codec_given_to_the_builder_or_to_the_registry_will_do() {
    let registry = || Registry::by_hand().event::<OpaqueSince>();
    let none: [String; 0] = [];
    assert_eq!(
        faults(Mink::builder().codec(Opaque), registry()).await,
        none
    );
    assert_eq!(
        faults(Mink::builder(), registry().codec(Opaque)).await,
        none
    );
    assert_eq!(faults(Mink::builder(), registry()).await.len(), 1);
}

#[tokio::test]
async fn a_default_format_that_nobody_provides_is_one_fault() {
    let registry = Registry::by_hand().event::<Plain>();
    let found = faults(Mink::builder().default_format("mspack"), registry).await;
    assert_eq!(
        found,
        [
            "the application's default format is `mspack`, which nothing here provides: did you mean `msgpack`? (there are `json`, `msgpack`)"
        ]
    );
}

#[tokio::test]
async fn a_configured_default_format_that_nobody_provides_is_one_fault_with_its_place() {
    let registry = || Registry::by_hand().event::<Plain>().codec(Turned);
    let variables = [("MINK_DEFAULT_FORMAT", "mspack"), ("MINK_PATIENCE", "30")];
    let found = faults(Mink::builder().variables(variables), registry()).await;
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(
        found[0],
        "environment variable MINK_DEFAULT_FORMAT: `default_format` takes a format that the program has (`json`, `msgpack`, `turned`): `mspack` is none: did you mean `msgpack`?"
    );
    let called = Mink::builder().set("default_format", "parquet");
    let found = faults(called, registry()).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("starting.rs:"), "{found:#?}");
    let empty = Mink::builder().set("default_format", "");
    assert!(faults(empty, registry()).await[0].contains("it is empty"));
}

#[tokio::test]
async fn a_configured_default_format_is_written() {
    for (configured, written) in [("msgpack", "msgpack"), ("turned", "turned")] {
        let registry = Registry::by_hand().event::<Plain>().aggregate::<Silent>();
        let app = Mink::builder()
            .url("memory://")
            .registry(registry.codec(Turned).build())
            .variables([("MINK_DEFAULT_FORMAT", configured)])
            .open()
            .await
            .unwrap();
        app.append::<Silent>("1", ExpectedVersion::Any, Plain { a: 1 })
            .await
            .unwrap();
        let stream = mink::id::StreamId::of("Silent", "1").unwrap();
        let query = mink::storage::StreamQuery::new(app.tenant_id().clone(), stream);
        let stored = app.storage().read_stream(&query).await.unwrap();
        assert_eq!(stored.events[0].format.name(), written);
        let settings = app.configuration().to_string();
        let line = format!("default_format = {configured}  # environment variable");
        assert!(settings.contains(&line), "{settings}");
    }
}

#[tokio::test]
async fn what_is_declared_is_the_default_and_is_not_contradicted() {
    let registry = || {
        let registry = Registry::by_hand().event::<Plain>();
        registry.default_format("msgpack")
    };
    let app = Mink::builder()
        .url("memory://")
        .registry(registry().build())
        .open()
        .await
        .unwrap();
    assert_eq!(app.registry().formats().default_format(), "msgpack");
    let settings = app.configuration().to_string();
    assert!(settings.contains("default_format = msgpack"), "{settings}");

    let none: [String; 0] = [];
    let same = Mink::builder().default_format("msgpack");
    assert_eq!(faults(same, registry()).await, none);
    let found = faults(Mink::builder().default_format("json"), registry()).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with(
            "the builder: `default_format` is `json`, and this program declares `msgpack` at "
        ),
        "{found:#?}"
    );
    let variable = Mink::builder().variables([("MINK_DEFAULT_FORMAT", "json")]);
    let found = faults(variable, registry()).await;
    assert!(
        found[0].starts_with("environment variable MINK_DEFAULT_FORMAT: "),
        "{found:#?}"
    );

    let twice = registry().default_format("json");
    let found = faults(Mink::builder(), twice).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("keep one of them"), "{found:#?}");
    let unknown = Registry::by_hand()
        .event::<Plain>()
        .default_format("mspack");
    let found = faults(Mink::builder(), unknown).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("starting.rs:"), "{found:#?}");
}

#[tokio::test]
async fn a_program_that_writes_what_its_lock_does_not_pin_is_refused() {
    let registry = || Registry::by_hand().event::<Plain>();
    let lock = mink::schema::SchemaLock::of(&registry().build().schemas()).to_string();
    let none: [String; 0] = [];
    let as_pinned = Mink::builder().schema_lock(&lock);
    assert_eq!(faults(as_pinned, registry()).await, none);
    let otherwise = Mink::builder()
        .schema_lock(&lock)
        .variables([("MINK_DEFAULT_FORMAT", "msgpack")]);
    let found = faults(otherwise, registry()).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with("the schema lock that this program was given: ")
            && found[0].contains("event `Plain` v2 changed")
            && found[0].contains("msgpack"),
        "{found:#?}"
    );
    let broken = Mink::builder().schema_lock("{");
    assert_eq!(faults(broken, registry()).await.len(), 1);
}

#[tokio::test]
async fn functions_on_json_and_encryption_need_a_format_that_describes_itself() {
    let registry = Registry::by_hand()
        .event::<ByFunctions>()
        .event::<Encrypted>()
        .event::<OpaqueSince>();
    let found = faults(Mink::builder().codec(Opaque), registry).await;
    assert_eq!(found.len(), 3, "{found:#?}");
    for (fault, from) in found.iter().zip([1, 2]) {
        let said = format!(
            "event `ByFunctions` is written as `opaque`, which does not describe itself, and its upcaster from version {from} is a function on JSON"
        );
        assert!(fault.contains(&said), "{found:#?}");
    }
    assert!(
        found[2].contains("event `Encrypted` encrypts fields and is written as `opaque`"),
        "{found:#?}"
    );
}

#[tokio::test]
async fn the_applications_default_is_held_to_the_same() {
    let registry = Registry::by_hand()
        .event::<Plain>()
        .event::<PlainEncrypted>();
    let builder = Mink::builder().codec(Opaque).default_format("opaque");
    let found = faults(builder, registry).await;
    assert_eq!(found.len(), 2, "{found:#?}");
}

#[tokio::test]
async fn protocol_buffers_as_the_default_ask_for_messages() {
    let registry = Registry::by_hand().event::<Plain>().event::<Measured>();
    let builder = Mink::builder().default_format("protobuf");
    let found = faults(builder, registry).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].contains("event `Plain` names no format and cannot be written in the application's default, Protocol Buffers"),
        "{found:#?}"
    );
}

#[tokio::test]
async fn a_codec_has_a_name_of_its_own() {
    let registry = Registry::by_hand().event::<OpaqueSince>().codec(Opaque);
    let builder = Mink::builder().codec(Impostor).codec(Opaque);
    let found = faults(builder, registry).await;
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].contains("codec `json`: the name is mink's own"),
        "{found:#?}"
    );
    assert!(
        found[1].contains("two codecs are called `opaque`"),
        "{found:#?}"
    );
}

#[tokio::test]
async fn what_a_codec_cannot_read_back_is_refused_before_it_is_stored() {
    let registry = Registry::by_hand()
        .event::<Forgotten>()
        .aggregate::<Probe>();
    let registry = registry.event::<Measured>().codec(Forgetful).build();
    let app = Mink::builder()
        .url("memory://")
        .registry(registry)
        .open()
        .await
        .unwrap();
    let refused = app
        .append::<Probe>("1", ExpectedVersion::Any, Forgotten { a: 1 })
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "event `Forgotten` cannot be written as `forgetful`: what was written could not be read back (the codec `forgetful` read nothing: its `decode` must call `event.read(...)`)"
    );
}

#[tokio::test]
async fn what_json_has_no_word_for_is_stored_in_the_formats_that_have_one() {
    for format in ["msgpack", "protobuf"] {
        let registry = Registry::by_hand().event::<Measured>().event::<Forgotten>();
        let app = Mink::builder()
            .url("memory://")
            .registry(registry.aggregate::<Probe>().codec(Forgetful).build())
            .default_format(format)
            .open()
            .await
            .unwrap();
        let value = f64::NAN;
        app.append::<Probe>("1", ExpectedVersion::Any, Measured { value })
            .await
            .unwrap();
        assert_eq!(app.load::<Probe>("1").await.unwrap().seen, 1);
    }
}
