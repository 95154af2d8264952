//! Old payloads come up whichever format they are in.

use mink::event::codec::Formats;
use mink::pipeline::{DecodeFault, decode_with};
use mink::prelude::*;
use mink::serde_json::{Value, json};
use prost::Message;

use crate::codecs::{Opaque, Turned};
use crate::{read, stored};

/// Fields by name, as mink writes them.
fn msgpack(value: impl serde::Serialize) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut serializer = rmp_serde::Serializer::new(&mut payload).with_struct_map();
    value.serialize(&mut serializer).unwrap();
    payload
}

fn add_channel(mut value: Value) -> Value {
    value["channel"] = "web".into();
    value
}

fn upper(mut value: Value) -> Value {
    value["channel"] = value["channel"]
        .as_str()
        .unwrap_or_default()
        .to_uppercase()
        .into();
    value
}

#[event(version = 3, format = "msgpack", upcast(1 => add_channel, 2 => upper))]
struct Placed {
    customer: String,
    channel: String,
}

#[test]
fn functions_on_json_read_messagepack_as_they_read_json() {
    let old = json!({ "customer": "Ada" });
    for (format, payload) in [
        ("json", old.to_string().into_bytes()),
        ("msgpack", msgpack(&old)),
    ] {
        let placed: Placed = read(1, format, payload).unwrap();
        assert_eq!((&*placed.customer, &*placed.channel), ("Ada", "WEB"));
    }
}

#[test]
fn a_chain_starts_at_the_stored_version_in_every_format() {
    let old = json!({ "customer": "Ada", "channel": "shop" });
    let placed: Placed = read(2, "msgpack", msgpack(&old)).unwrap();
    assert_eq!(placed.channel, "SHOP");
    let placed: Placed = read(3, "msgpack", msgpack(&old)).unwrap();
    assert_eq!(placed.channel, "shop");
    let newer = read::<Placed>(4, "msgpack", msgpack(&old)).unwrap_err();
    assert_eq!(newer.fault, DecodeFault::FromTheFuture { known: 3 });
}

#[event(version = 3, format = "msgpack", upcast(2 => upper))]
struct Gap {
    channel: String,
}

#[test]
fn a_gap_in_the_chain_is_named_in_every_format() {
    for (format, payload) in [("json", b"{}".to_vec()), ("msgpack", msgpack(json!({})))] {
        let gap = read::<Gap>(1, format, payload).unwrap_err();
        let expected = DecodeFault::NoUpcaster {
            from: 1,
            current: 3,
        };
        assert_eq!(gap.fault, expected, "{format}");
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct NamedV1 {
    name: String,
}

#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
struct NamedV2 {
    #[prost(string, tag = "1")]
    first: String,
}

/// It was JSON or MessagePack at version 1, and is Protocol Buffers since version 2.
#[event(version = 3, format = "protobuf", format_since = 2, upcast(1 => NamedV1, 2 => NamedV2))]
#[derive(prost::Message)]
struct Named {
    #[prost(string, tag = "1")]
    first: String,
    #[prost(string, tag = "2")]
    last: String,
}

impl From<NamedV1> for NamedV2 {
    fn from(old: NamedV1) -> Self {
        Self { first: old.name }
    }
}

impl From<NamedV2> for Named {
    fn from(old: NamedV2) -> Self {
        Self {
            first: old.first,
            last: "?".into(),
        }
    }
}

#[test]
fn structs_read_every_format_that_they_can() {
    let first = NamedV1 { name: "Ada".into() };
    let second = NamedV2 {
        first: "Ada".into(),
    };
    let json = |value: &Value| value.to_string().into_bytes();
    for (version, format, payload) in [
        (1, "json", json(&json!({ "name": "Ada" }))),
        (1, "msgpack", msgpack(&first)),
        (2, "json", json(&json!({ "first": "Ada" }))),
        (2, "msgpack", msgpack(json!({ "first": "Ada" }))),
        (2, "protobuf", second.encode_to_vec()),
        (3, "json", json(&json!({ "first": "Ada", "last": "?" }))),
    ] {
        let named: Named = read(version, format, payload).unwrap();
        assert_eq!(
            (&*named.first, &*named.last),
            ("Ada", "?"),
            "{version} {format}"
        );
    }
}

#[test]
fn a_struct_that_cannot_read_a_format_says_what_it_needs() {
    let wrong = read::<Named>(1, "protobuf", vec![10, 1, b'A']).unwrap_err();
    let said = wrong.to_string();
    assert!(
        said.contains("the upcaster from version 1 failed"),
        "{said}"
    );
    assert!(said.contains("`prost::Message`"), "{said}");
}

#[derive(Clone, PartialEq, prost::Message)]
struct OnlyMessage {
    #[prost(string, tag = "1")]
    first: String,
}

impl From<OnlyMessage> for Titled {
    fn from(old: OnlyMessage) -> Self {
        Self { title: old.first }
    }
}

#[event(version = 2, format = "protobuf", upcast(1 => OnlyMessage))]
#[derive(prost::Message)]
struct Titled {
    #[prost(string, tag = "2")]
    title: String,
}

#[test]
fn an_old_struct_of_protocol_buffers_needs_no_serde() {
    let old = OnlyMessage {
        first: "Ada".into(),
    };
    let titled: Titled = read(1, "protobuf", old.encode_to_vec()).unwrap();
    assert_eq!(titled.title, "Ada");
    let said = read::<Titled>(1, "json", b"{}".to_vec())
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("`OnlyMessage` reads Protocol Buffers only"),
        "{said}"
    );
}

/// It was Protocol Buffers once; its function on JSON cannot read that.
#[event(version = 2, upcast(1 => add_channel))]
#[derive(prost::Message)]
struct Ordered {
    #[prost(string, tag = "1")]
    channel: String,
}

#[test]
fn a_function_on_json_refuses_what_is_no_json() {
    let said = read::<Ordered>(1, "protobuf", Vec::new()).unwrap_err();
    assert_eq!(
        said.fault.to_string(),
        "the upcaster from version 1 is a function on JSON, and this payload, written as Protocol Buffers, cannot be turned into JSON: the format does not describe itself; name the struct that the event was then, `upcast(1 => OldStruct)`"
    );
}

#[test]
fn what_json_cannot_hold_is_refused_and_not_changed() {
    let bytes = [0x81, 0xa1, b'a', 0xc4, 1, 7];
    let nan = msgpack(std::collections::BTreeMap::from([("a", f64::NAN)]));
    let extension = [0x81, 0xa1, b'a', 0xd4, 1, 7];
    let list_as_key = [0x81, 0x91, 1, 2];
    for (payload, why) in [
        (bytes.to_vec(), "binary data"),
        (nan, "a NaN or an infinity"),
        (extension.to_vec(), "a type that only this format has"),
        (list_as_key.to_vec(), "keys cannot be text"),
    ] {
        let said = read::<Placed>(1, "msgpack", payload).unwrap_err();
        assert!(
            matches!(&said.fault, DecodeFault::NotJson { from: 1, .. }),
            "{said}"
        );
        assert!(said.to_string().contains(why), "{said}");
    }
}

#[event(version = 2, format = "msgpack", upcast(1 => |value| value))]
struct Counts {
    by_number: std::collections::BTreeMap<u32, bool>,
}

#[test]
fn keys_that_are_numbers_come_up_as_jsons_text() {
    let old = Counts {
        by_number: std::collections::BTreeMap::from([(7, true)]),
    };
    let counts: Counts = read(1, "msgpack", msgpack(&old)).unwrap();
    assert_eq!(counts, old);
}

#[test]
fn a_codec_of_ones_own_upcasts_by_functions_when_it_describes_itself_and_by_structs_always() {
    let formats = Formats::new()
        .with(std::sync::Arc::new(Turned))
        .with(std::sync::Arc::new(Opaque));
    let turn = |value: Value| -> Vec<u8> { value.to_string().bytes().map(|byte| !byte).collect() };
    let old = turn(json!({ "customer": "Ada" }));
    let placed: Placed =
        decode_with(&stored("Placed", 1, "turned", old.clone()), &formats).unwrap();
    assert_eq!(placed.channel, "WEB");
    let said = decode_with::<Placed>(&stored("Placed", 1, "opaque", old), &formats).unwrap_err();
    assert!(matches!(said.fault, DecodeFault::NotJson { .. }), "{said}");
    let old = turn(json!({ "name": "Ada" }));
    for format in ["turned", "opaque"] {
        let named: Named = decode_with(&stored("Named", 1, format, old.clone()), &formats).unwrap();
        assert_eq!(named.first, "Ada");
    }
}
