//! What events are written as.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

mod support;

use mink::aggregate::{Applies, IntoEvents};
use mink::event::codec::{Codec, CodecError, Formats, Incoming, NativeFormat, Outgoing};
use mink::pipeline::encode;
use mink::prelude::*;
use mink::registry::Registry;
use mink::schema::{Field, ReadBack, StructShape, TypeShape};
use mink::serde_json::{self, Value};

// ANCHOR: msgpack
#[event(format = "msgpack")]
pub struct PositionTracked {
    pub ship: String,
    pub latitude: f64,
    pub longitude: f64,
}
// ANCHOR_END: msgpack

// ANCHOR: protobuf
#[event(format = "protobuf")]
#[derive(mink::prost::Message)]
#[prost(prost_path = "mink::prost")]
pub struct ContainerLoaded {
    #[prost(string, tag = "1")]
    pub container: String,
    #[prost(uint32, tag = "2")]
    pub kilograms: u32,
    #[prost(string, repeated, tag = "3")]
    pub seals: Vec<String>,
}
// ANCHOR_END: protobuf

// ANCHOR: codec
/// JSON on many lines, for people who read the table.
pub struct Pretty;

impl Codec for Pretty {
    fn name(&self) -> &'static str {
        "pretty-json"
    }
    fn is_self_describing(&self) -> bool {
        true
    }
    fn encode(&self, event: Outgoing<'_>) -> Result<Vec<u8>, CodecError> {
        serde_json::to_vec_pretty(&event).map_err(CodecError::without_values)
    }
    fn decode(&self, payload: &[u8], event: Incoming<'_>) -> Result<(), CodecError> {
        let mut deserializer = serde_json::Deserializer::from_slice(payload);
        event.read(&mut deserializer)?;
        deserializer.end().map_err(CodecError::without_values)
    }
}

mink::codec!(Pretty);

#[event(format = "pretty-json")]
pub struct CaptainNoted {
    pub text: String,
}
// ANCHOR_END: codec

/// As it is where no format is named.
#[event]
pub struct Arrived {
    pub port: String,
}

#[event(format = "json")]
pub struct Weighed {
    pub container: String,
    pub kilograms: u32,
    pub seals: Vec<String>,
}

#[event(format = "msgpack")]
pub struct WeighedAgain {
    pub container: String,
    pub kilograms: u32,
    pub seals: Vec<String>,
}

// ANCHOR: upcast
#[event(version = 2, format = "msgpack", upcast(1 => in_knots))]
pub struct SpeedTracked {
    pub knots: u32,
}

fn in_knots(mut old: Value) -> Value {
    old["knots"] = (old["kmh"].as_u64().unwrap_or_default() * 100 / 185).into();
    old
}
// ANCHOR_END: upcast

// ANCHOR: since
/// Version 1 was JSON; since version 2 it is Protocol Buffers.
#[event(version = 3, format = "protobuf", format_since = 2, upcast(1 => in_metres, 2 => DraughtV2))]
#[derive(mink::prost::Message)]
#[prost(prost_path = "mink::prost")]
pub struct DraughtMeasured {
    #[prost(uint32, tag = "2")]
    pub centimetres: u32,
}

fn in_metres(mut old: Value) -> Value {
    old["metres"] = old["draught"].take();
    old
}

#[derive(Clone, PartialEq, mink::prost::Message, serde::Deserialize)]
#[prost(prost_path = "mink::prost")]
pub struct DraughtV2 {
    #[prost(uint32, tag = "1")]
    pub metres: u32,
}

impl From<DraughtV2> for DraughtMeasured {
    fn from(old: DraughtV2) -> Self {
        Self {
            centimetres: old.metres * 100,
        }
    }
}
// ANCHOR_END: since

#[derive(Aggregate, Default)]
pub struct Voyage {
    seen: u32,
}

#[handlers]
impl Voyage {
    fn tracked(&mut self, _: &PositionTracked) {
        self.seen += 1;
    }
    fn loaded(&mut self, _: &ContainerLoaded) {
        self.seen += 1;
    }
    fn noted(&mut self, _: &CaptainNoted) {
        self.seen += 1;
    }
    fn arrived(&mut self, _: &Arrived) {
        self.seen += 1;
    }
    fn weighed(&mut self, _: &Weighed) {
        self.seen += 1;
    }
    fn weighed_again(&mut self, _: &WeighedAgain) {
        self.seen += 1;
    }
    fn speed(&mut self, event: &SpeedTracked) {
        self.seen += event.knots;
    }
    fn draught(&mut self, event: &DraughtMeasured) {
        self.seen += event.centimetres;
    }
}

fn arrived() -> Arrived {
    Arrived {
        port: "Lisbon".into(),
    }
}

#[tokio::test]
async fn the_default_is_the_applications() {
    let url = "memory://";
    // ANCHOR: default
    let app = Mink::builder()
        .url(url)
        .default_format("msgpack")
        .open()
        .await
        .unwrap();
    // ANCHOR_END: default
    app.append::<Voyage>("1", ExpectedVersion::NoStream, arrived())
        .await
        .unwrap();
    assert_eq!(app.load::<Voyage>("1").await.unwrap().seen, 1);
    assert_eq!(app.registry().formats().default_format(), "msgpack");
}

#[tokio::test]
async fn one_stream_holds_every_format() {
    let app = Mink::open("memory://").await.unwrap();
    let noted = CaptainNoted { text: "fog".into() };
    let loaded = ContainerLoaded {
        container: "MSKU-1".into(),
        kilograms: 9_000,
        seals: Vec::new(),
    };
    let tracked = PositionTracked {
        ship: "Hood".into(),
        latitude: 38.7,
        longitude: -9.1,
    };
    app.append::<Voyage>(
        "1",
        ExpectedVersion::NoStream,
        (noted, loaded, tracked, arrived()),
    )
    .await
    .unwrap();
    assert_eq!(app.load::<Voyage>("1").await.unwrap().seen, 4);
}

#[tokio::test]
async fn a_codec_is_given_when_the_application_is_opened() {
    // a registry by hand holds no codec that is linked
    let registry = Registry::by_hand().event::<CaptainNoted>().build();
    assert!(registry.verify().is_err());
    // ANCHOR: by_hand
    let app = Mink::builder()
        .url("memory://")
        .registry(registry)
        .codec(Pretty)
        .open()
        .await
        .unwrap();
    // ANCHOR_END: by_hand
    assert!(app.registry().formats().knows("pretty-json"));
}

fn bytes(event: impl IntoEvents<Voyage>) -> usize {
    let events = Events::from_all(event);
    let now = std::time::SystemTime::UNIX_EPOCH.into();
    let written = encode(
        &events.iter().next().unwrap().clone(),
        Formats::linked(),
        &Default::default(),
        now,
    );
    written.unwrap().payload.len()
}

#[test]
fn the_sizes_are_those_of_the_table() {
    let container = || "MSKU-4711".to_owned();
    let seals = || vec!["A1".to_owned(), "B2".to_owned()];
    let json = Weighed {
        container: container(),
        kilograms: 24_300,
        seals: seals(),
    };
    let msgpack = WeighedAgain {
        container: container(),
        kilograms: 24_300,
        seals: seals(),
    };
    let protobuf = ContainerLoaded {
        container: container(),
        kilograms: 24_300,
        seals: seals(),
    };
    let page = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../src/serializers.md"
    ));
    let page = page.unwrap();
    for (name, size) in [
        ("JSON", bytes(json)),
        ("MessagePack", bytes(msgpack)),
        ("Protocol Buffers", bytes(protobuf)),
    ] {
        let row = format!("| {name} | {size} bytes |");
        assert!(page.lines().any(|line| line == row), "{row}");
    }
}

#[test]
fn a_format_that_nobody_provides_keeps_the_program_from_starting() {
    #[derive(Clone, serde::Serialize, serde::Deserialize, mink::Shape)]
    struct Misspelled {}
    impl Event for Misspelled {
        const NAME: &'static str = "CaptainNoted";
        const FORMAT: Option<&'static str> = Some("pretty_json");
    }
    let registry = Registry::by_hand().event::<Misspelled>().codec(Pretty);
    let faults = registry.build().verify().unwrap_err();
    support::assert_shown("format_unknown.txt", &faults.to_string());
}

// ANCHOR: twin
#[derive(Clone, serde::Serialize, serde::Deserialize, mink::prost::Message)]
#[prost(prost_path = "mink::prost")]
pub struct Sounded {
    #[prost(uint32, tag = "1")]
    pub fathoms: u32,
}

impl Shape for Sounded {
    const SHAPE: TypeShape = TypeShape::Struct(StructShape {
        name: "Sounded",
        fields: &[Field {
            name: "fathoms",
            shape: u32::SHAPE,
            default: false,
        }],
    });
    // serde's derives write and read it, and a `u32` cannot fail: no need to read each one back
    const READ_BACK: ReadBack = ReadBack::nested(&[u32::READ_BACK]);
}

impl Event for Sounded {
    const NAME: &'static str = "Sounded";
    const FORMAT: Option<&'static str> = Some("protobuf");
    const NATIVE: &'static [NativeFormat<Self>] = &[NativeFormat::protobuf()];
}
// ANCHOR_END: twin

impl Applies<Sounded> for Voyage {
    fn apply(&mut self, event: &Sounded) {
        self.seen += event.fathoms;
    }
}

#[test]
fn the_twin_is_written_as_the_macro_would() {
    let mut events = Events::<Voyage>::new();
    events.push(Sounded { fathoms: 7 });
    let now = std::time::SystemTime::UNIX_EPOCH.into();
    let event = events.iter().next().unwrap();
    let new = encode(event, Formats::linked(), &Default::default(), now).unwrap();
    assert_eq!(new.format.name(), "protobuf");
    assert_eq!(&new.payload[..], [8, 7]);
    let registry = Registry::by_hand().event::<Sounded>().build();
    assert_eq!(mink::testing::check_registry(&registry), Ok(()));
}
