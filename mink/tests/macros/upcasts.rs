use mink::event::Event;
use mink::id::{EventId, StreamId, TenantId};
use mink::metadata::Metadata;
use mink::pipeline::{DecodeError, decode};
use mink::prelude::*;
use mink::storage::{Format, RecordedEvent};
use serde_json::{Value, json};

fn recorded(name: &str, schema_version: u32, payload: Value) -> RecordedEvent {
    RecordedEvent {
        id: EventId::new(),
        tenant: TenantId::default(),
        stream: StreamId::new("Order-1").unwrap(),
        version: 1,
        event_type: name.into(),
        schema_version,
        format: Format::Json,
        payload: payload.to_string().into_bytes().into(),
        metadata: Metadata::default(),
        recorded_at: std::time::SystemTime::UNIX_EPOCH.into(),
    }
}

pub(super) fn read<E: Event>(version: u32, payload: Value) -> Result<E, DecodeError> {
    decode(&recorded(E::NAME, version, payload))
}

fn add_channel(mut value: Value) -> Value {
    value["channel"] = "web".into();
    value
}

fn split_name(mut value: Value) -> Result<Value, String> {
    let name = value["name"].as_str().ok_or("no name")?.to_owned();
    value["first"] = name.into();
    Ok(value)
}

#[event(version = 4, upcast(1 => add_channel, 2 => split_name, 3 => |mut value| { value["vip"] = false.into(); value }))]
struct ByFunctions {
    channel: String,
    first: String,
    vip: bool,
}

#[test]
fn functions_and_closures_lead_an_old_payload_up() {
    let event: ByFunctions = read(1, json!({"name": "Ada"})).unwrap();
    assert_eq!(event.channel, "web");
    assert_eq!(event.first, "Ada");
    assert!(!event.vip);
    let event: ByFunctions =
        read(3, json!({"channel": "shop", "first": "Bo", "vip": true})).unwrap();
    assert_eq!(event.channel, "shop");
}

#[test]
fn a_function_that_refuses_is_named_by_its_version() {
    let error = read::<ByFunctions>(2, json!({"channel": "web"})).unwrap_err();
    assert!(error.to_string().contains("from version 2"), "{error}");
    assert!(error.to_string().contains("no name"), "{error}");
}

mod old {
    #[derive(serde::Deserialize)]
    pub(crate) struct V1 {
        pub(crate) name: String,
    }
    #[derive(serde::Deserialize)]
    pub(crate) struct V2 {
        pub(crate) first: String,
    }
    impl From<V1> for V2 {
        fn from(old: V1) -> Self {
            Self { first: old.name }
        }
    }
}

#[event(version = 3, upcast(1 => old::V1, 2 => old::V2))]
struct ByStructs {
    first: String,
    steps: u8,
}

impl From<old::V2> for ByStructs {
    fn from(old: old::V2) -> Self {
        Self {
            first: old.first,
            steps: 1,
        }
    }
}

#[test]
fn old_structs_lead_an_old_payload_up_one_by_one() {
    let event: ByStructs = read(1, json!({"name": "Ada"})).unwrap();
    assert_eq!((event.first.as_str(), event.steps), ("Ada", 1));
    let event: ByStructs = read(2, json!({"first": "Bo"})).unwrap();
    assert_eq!((event.first.as_str(), event.steps), ("Bo", 1));
}

fn rename(mut value: Value) -> Value {
    value["first"] = value["name"].take();
    value
}

// the order in which the steps are written does not matter
#[event(version = 3, upcast(2 => old::V2, 1 => rename))]
struct ByBoth {
    first: String,
}

impl From<old::V2> for ByBoth {
    fn from(old: old::V2) -> Self {
        Self { first: old.first }
    }
}

#[test]
fn a_function_may_lead_to_a_struct() {
    let event: ByBoth = read(1, json!({"name": "Ada"})).unwrap();
    assert_eq!(event.first, "Ada");
}

#[event(version = 2)]
struct NothingOlder {
    amount: u8,
}

#[test]
fn a_version_without_steps_reads_only_itself() {
    assert_eq!(
        read::<NothingOlder>(2, json!({"amount": 1}))
            .unwrap()
            .amount,
        1
    );
    assert!(read::<NothingOlder>(1, json!({"amount": 1})).is_err());
}
