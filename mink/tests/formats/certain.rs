//! What is certain to be read back, is: in JSON and in MessagePack.

use std::collections::{BTreeMap, BTreeSet};

use mink::event::codec::Formats;
use mink::pipeline::{decode_with, encode};
use mink::prelude::*;
use serde::{Deserialize, Serialize};

use crate::stored;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Shape, PartialOrd, Eq, Ord)]
struct Unit;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Shape)]
struct Empty {}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Shape)]
struct Newtype(Option<u8>);

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Shape)]
struct Pair(Unit, Newtype);

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Shape)]
#[serde(transparent)]
struct Transparent {
    inner: Option<Newtype>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Shape)]
enum Every {
    Unit,
    Nothing(),
    Braces {},
    Newtype(Newtype),
    Unity(()),
    UnitStruct(Unit),
    Tuple(u8, Option<Empty>),
    Struct { list: Vec<Option<Unit>>, pair: Pair },
    Nested(Box<Inner>),
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Shape)]
enum Inner {
    A(Option<Box<Every2>>),
    B,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Shape)]
enum Every2 {
    C([u8; 3]),
    D((), (u8, char)),
}

macro_rules! event {
    ($name:ident, $format:literal) => {
        #[event(format = $format)]
        struct $name {
            every: Vec<Option<Every>>,
            none: (),
            unit: Unit,
            empty: Empty,
            maybe_unit: Option<Unit>,
            maybe_empty: Option<Empty>,
            maybe_nothing: Option<()>,
            maybe_maybe: Option<Option<u64>>,
            transparent: Transparent,
            pair: Option<Pair>,
            nothing: [u8; 0],
            set: BTreeSet<(i64, Option<Unit>)>,
            map: BTreeMap<String, BTreeMap<i64, Option<Unit>>>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            left_out: Option<Inner>,
            #[serde(skip)]
            cached: u8,
        }

        impl $name {
            fn some() -> Self {
                let pair = Pair(Unit, Newtype(None));
                let list = vec![None, Some(Unit)];
                let struct_variant = Every::Struct {
                    list,
                    pair: pair.clone(),
                };
                let nested = |inner| Some(Every::Nested(Box::new(inner)));
                Self {
                    every: vec![
                        None,
                        Some(Every::Unit),
                        Some(Every::Nothing()),
                        Some(Every::Braces {}),
                        Some(Every::Newtype(Newtype(None))),
                        Some(Every::Newtype(Newtype(Some(255)))),
                        Some(Every::Unity(())),
                        Some(Every::UnitStruct(Unit)),
                        Some(Every::Tuple(1, None)),
                        Some(Every::Tuple(1, Some(Empty {}))),
                        Some(struct_variant),
                        nested(Inner::B),
                        nested(Inner::A(None)),
                        nested(Inner::A(Some(Box::new(Every2::C([1, 2, 3]))))),
                        nested(Inner::A(Some(Box::new(Every2::D((), (1, '\0')))))),
                    ],
                    none: (),
                    unit: Unit,
                    empty: Empty {},
                    maybe_unit: Some(Unit),
                    maybe_empty: Some(Empty {}),
                    maybe_nothing: Some(()),
                    maybe_maybe: Some(None),
                    transparent: Transparent {
                        inner: Some(Newtype(Some(1))),
                    },
                    pair: Some(pair),
                    nothing: [],
                    set: BTreeSet::from([(i64::MIN, None), (0, Some(Unit)), (i64::MAX, None)]),
                    map: BTreeMap::from([
                        (String::new(), BTreeMap::new()),
                        ("a\0".into(), BTreeMap::from([(i64::MIN, None)])),
                    ]),
                    left_out: Some(Inner::B),
                    cached: 0,
                }
            }

            fn least() -> Self {
                Self {
                    every: Vec::new(),
                    maybe_unit: None,
                    maybe_empty: None,
                    maybe_nothing: None,
                    maybe_maybe: None,
                    transparent: Transparent { inner: None },
                    pair: None,
                    set: BTreeSet::new(),
                    left_out: None,
                    ..Self::some()
                }
            }
        }
    };
}

event!(AsJson, "json");
event!(AsMsgpack, "msgpack");

#[derive(Aggregate, Default)]
struct Probe {}

#[handlers]
impl Probe {
    fn as_json(&mut self, _: &AsJson) {}
    fn as_msgpack(&mut self, _: &AsMsgpack) {}
}

fn reads_back<E: Event>(event: &E)
where
    Probe: mink::aggregate::Applies<E>,
{
    assert!(E::READ_BACK.is_certain());
    let mut events = Events::<Probe>::new();
    events.push(event.clone());
    let now = std::time::SystemTime::UNIX_EPOCH.into();
    for event in &events {
        let new = encode(event, &Formats::new(), &Default::default(), now).unwrap();
        let row = stored(E::NAME, 1, new.format.name(), new.payload.to_vec());
        let read = decode_with::<E>(&row, &Formats::new());
        assert!(read.is_ok(), "{:?}: {:?}", read.err(), row.payload);
    }
}

#[test]
fn every_kind_of_type_is_read_back() {
    reads_back(&AsJson::some());
    reads_back(&AsJson::least());
    reads_back(&AsMsgpack::some());
    reads_back(&AsMsgpack::least());
}
