//! Where nothing can go wrong when an event is read again, it is not read before it is stored; elsewhere it is.
#![allow(dead_code, reason = "only what is known of the types counts")]
#![allow(unreachable_patterns, reason = "names that meet are tested")]

use std::collections::{BTreeMap, HashMap};

use mink::prelude::*;
use mink::schema::TypeShape;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

fn certain<T: Shape>() -> bool {
    T::READ_BACK.is_certain()
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Shape)]
struct Line {
    sku: String,
    quantity: u32,
    note: Option<Vec<i64>>,
}

#[derive(Clone, PartialEq, Debug, Shape, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Channel {
    Web { url: String },
    Shop(u8),
    Unknown,
}

#[event]
struct Noted {
    lines: Vec<Line>,
    channel: (Channel, bool),
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<char>,
    #[serde(skip)]
    cached: f64,
}

#[event(derive(none))]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct DerivedByName {
    id: u64,
}

#[derive(Serialize, Deserialize, Shape)]
struct Page<T> {
    items: Vec<T>,
}

#[test]
fn plain_fields_lists_structs_and_enums_are_certain() {
    assert!(certain::<Line>());
    assert!(certain::<Channel>());
    assert!(certain::<Noted>());
    assert!(certain::<DerivedByName>());
    assert!(certain::<Page<Line>>());
    assert!(certain::<BTreeMap<String, HashMap<uuid::Uuid, i64>>>());
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct ShapedByHand(u64);

impl Shape for ShapedByHand {
    const SHAPE: TypeShape = u64::SHAPE;
}

/// It is shaped as a number and reads text.
#[derive(Clone, PartialEq, Debug, Shape)]
struct ReadByHand(u64);

impl Serialize for ReadByHand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for ReadByHand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

#[event(derive(none))]
#[derive(Clone, serde::Serialize)]
struct EventReadByHand {
    id: u64,
}

impl<'de> Deserialize<'de> for EventReadByHand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(|id| Self { id })
    }
}

#[test]
fn what_the_author_writes_reads_or_shapes_by_hand_is_checked() {
    assert!(!certain::<ShapedByHand>());
    assert!(!certain::<ReadByHand>());
    assert!(!certain::<EventReadByHand>());
    assert!(!certain::<Page<ReadByHand>>());
}

#[derive(Serialize, Deserialize, Shape)]
struct Declared {
    #[mink(shape = u64)]
    id: u64,
}

#[derive(Serialize, Deserialize, Shape)]
struct Exemplified {
    #[mink(example = "AB-12")]
    sku: String,
}

#[derive(Serialize, Deserialize, Shape)]
struct With {
    #[serde(with = "text")]
    #[mink(shape = String)]
    id: u64,
}

mod text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(id: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize, Shape)]
#[serde(into = "u64", try_from = "u64")]
#[mink(shape = u64)]
#[derive(Clone)]
struct Even(u64);

impl From<Even> for u64 {
    fn from(even: Even) -> Self {
        even.0
    }
}

impl TryFrom<u64> for Even {
    type Error = String;
    fn try_from(number: u64) -> Result<Self, String> {
        number
            .is_multiple_of(2)
            .then_some(Self(number))
            .ok_or_else(|| "odd".to_owned())
    }
}

#[test]
fn what_an_attribute_hides_is_checked() {
    assert!(!certain::<Declared>());
    assert!(!certain::<Exemplified>());
    assert!(!certain::<With>());
    assert!(!certain::<Even>());
}

#[derive(Serialize, Deserialize, Shape)]
#[serde(tag = "kind")]
enum Internal {
    A { kind_of: u8 },
}

#[derive(Serialize, Deserialize, Shape)]
#[serde(tag = "kind", content = "data")]
enum Adjacent {
    A(u8),
}

#[derive(Serialize, Deserialize, Shape)]
#[serde(untagged)]
enum Untagged {
    A(u8),
}

#[derive(Serialize, Deserialize, Shape)]
struct Tree {
    #[mink(recursive)]
    child: Option<Box<Tree>>,
}

#[test]
fn what_json_may_not_read_as_it_was_written_is_checked() {
    assert!(!certain::<f32>());
    assert!(!certain::<Option<f64>>());
    assert!(!certain::<u128>());
    assert!(!certain::<BTreeMap<String, f64>>());
    assert!(!certain::<BTreeMap<Channel, u8>>());
    assert!(!certain::<mink::serde_json::Value>());
    assert!(!certain::<Internal>());
    assert!(!certain::<Adjacent>());
    assert!(!certain::<Untagged>());
    assert!(!certain::<Tree>());
}

#[derive(Serialize, Deserialize, Shape)]
struct SameNames {
    a: u8,
    #[serde(rename = "a")]
    b: u8,
}

#[derive(Serialize, Deserialize, Shape)]
struct AliasOfAnother {
    #[serde(alias = "b")]
    a: u8,
    b: u8,
}

#[derive(Serialize, Deserialize, Shape)]
struct Aliased {
    #[serde(alias = "number")]
    id: u8,
}

#[derive(Serialize, Deserialize, Shape)]
struct LeftOut(
    u8,
    #[serde(default, skip_serializing_if = "Option::is_none")] Option<u8>,
);

#[test]
fn names_that_meet_and_places_that_move_are_checked() {
    assert!(
        mink::serde_json::from_str::<SameNames>(
            &mink::serde_json::to_string(&SameNames { a: 1, b: 2 }).unwrap()
        )
        .is_err()
    );
    assert!(!certain::<SameNames>());
    assert!(!certain::<AliasOfAnother>());
    assert!(!certain::<LeftOut>());
    assert!(certain::<Aliased>());
}
