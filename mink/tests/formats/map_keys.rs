//! Maps as an event's fields: where it is certain that they are read back, they are, whatever the keys hold. All others
//! are read back before they are stored, and refused where that fails.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroI16;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use mink::aggregate::Applies;
use mink::event::codec::Formats;
use mink::pipeline::{decode_with, encode};
use mink::prelude::*;
use proptest::prelude::*;

use crate::stored;

/// Whether it could be written. What was, is read back as it was.
fn written<A: Aggregate + Applies<E>, E: Event + PartialEq>(event: &E) -> bool {
    let mut events = Events::<A>::new();
    events.push(event.clone());
    let now = std::time::SystemTime::UNIX_EPOCH.into();
    let new = events
        .into_iter()
        .map(|event| {
            encode(
                event,
                &Formats::new(),
                &mink::metadata::Metadata::default(),
                now,
            )
        })
        .next();
    let Ok(new) = new.unwrap() else { return false };
    let row = stored(E::NAME, 1, new.format.name(), new.payload.to_vec());
    let read = decode_with::<E>(&row, &Formats::new()).unwrap();
    assert!(read == *event, "{:?}", row.payload);
    true
}

macro_rules! maps {
    ($certain:literal: $($name:ident: $key:ty = $values:expr;)*) => {$(
        mod $name {
            use super::*;

            #[event(format = "json")]
            struct AsJson {
                map: BTreeMap<$key, Option<u8>>,
            }

            #[event(format = "msgpack")]
            struct AsMsgpack {
                map: BTreeMap<$key, Option<u8>>,
            }

            #[derive(Aggregate, Default)]
            struct Probe {}

            #[handlers]
            impl Probe {
                fn as_json(&mut self, _: &AsJson) {}
                fn as_msgpack(&mut self, _: &AsMsgpack) {}
            }

            #[test]
            fn is_known() {
                assert_eq!(AsJson::READ_BACK.is_certain(), $certain);
                assert_eq!(AsMsgpack::READ_BACK.is_certain(), $certain);
            }

            proptest! {
                #[test]
                fn is_read_back_as_it_was(map in prop::collection::btree_map($values, any::<Option<u8>>(), 0..5)) {
                    let json = written::<Probe, _>(&AsJson { map: map.clone() });
                    let msgpack = written::<Probe, _>(&AsMsgpack { map });
                    prop_assert!(!$certain || (json && msgpack));
                }
            }
        }
    )*};
}

macro_rules! newtypes {
    ($($(#[$attribute:meta])* $name:ident($inner:ty);)*) => {$(
        #[derive(
            Clone, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize, Shape,
        )]
        $(#[$attribute])*
        struct $name($inner);
    )*};
}

newtypes! {
    Sku(String);
    Number(u64);
    Nested(Number);
    #[serde(transparent)]
    Transparent(i8);
    Flag(bool);
    Large(u128);
    Maybe(Option<String>);
    Pair((u8, u8));
}

#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize, Shape,
)]
enum Colour {
    Red,
    #[serde(rename = "grün")]
    Green,
}

/// Refuses on reading what it lets be written.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize, Shape,
)]
#[serde(try_from = "String", into = "String")]
#[mink(shape = String)]
struct Country(String);

impl TryFrom<String> for Country {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.len() {
            2 => Ok(Self(text)),
            _ => Err("two letters"),
        }
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0
    }
}

/// A float as a key, which has an order of its own.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, Shape)]
struct Weight(f64);

impl PartialEq for Weight {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Weight {}
impl PartialOrd for Weight {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Weight {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

fn date() -> impl Strategy<Value = NaiveDate> {
    let (least, most) = (NaiveDate::MIN, NaiveDate::MAX);
    let days = (most - least).num_days();
    prop_oneof![
        1 => Just(least),
        1 => Just(most),
        8 => (0..=days).prop_map(move |day| least + chrono::Duration::days(day)),
    ]
}

/// Leap seconds too.
fn time() -> impl Strategy<Value = NaiveTime> {
    (0..86_400_u32, 0..2_000_000_000_u32).prop_map(|(second, nano)| {
        NaiveTime::from_num_seconds_from_midnight_opt(second, nano)
            .or_else(|| NaiveTime::from_num_seconds_from_midnight_opt(second, nano % 1_000_000_000))
            .unwrap()
    })
}

fn date_time() -> impl Strategy<Value = NaiveDateTime> {
    (date(), time()).prop_map(|(date, time)| date.and_time(time))
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    date_time().prop_map(|at| at.and_utc())
}

maps! {true:
    text: String = any::<String>();
    letter: char = any::<char>();
    byte: u8 = any::<u8>();
    small: i8 = any::<i8>();
    long: i64 = any::<i64>();
    longest: u64 = prop_oneof![Just(u64::MAX), any::<u64>()];
    size: usize = any::<usize>();
    not_zero: NonZeroI16 = any::<i16>().prop_map(|n| NonZeroI16::new(n).unwrap_or(NonZeroI16::MIN));
    sku: Sku = any::<String>().prop_map(Sku);
    number: Number = any::<u64>().prop_map(Number);
    nested: Nested = any::<u64>().prop_map(|n| Nested(Number(n)));
    transparent: Transparent = any::<i8>().prop_map(Transparent);
    boxed: Box<str> = any::<String>().prop_map(Into::into);
    uuid: ::uuid::Uuid = any::<u128>().prop_map(::uuid::Uuid::from_u128);
    ip: IpAddr = prop_oneof![
        any::<[u8; 4]>().prop_map(|ip| IpAddr::from(Ipv4Addr::from(ip))),
        any::<[u8; 16]>().prop_map(|ip| IpAddr::from(Ipv6Addr::from(ip))),
    ];
    days: NaiveDate = date();
    times: NaiveTime = time();
    local: NaiveDateTime = date_time();
    instants: DateTime<Utc> = instant();
}

maps! {false:
    borrowed: Cow<'static, str> = any::<String>().prop_map(Cow::Owned);
    flag: bool = any::<bool>();
    flags: Flag = any::<bool>().prop_map(Flag);
    wide: i128 = any::<i128>();
    widest: u128 = any::<u128>();
    large: Large = any::<u128>().prop_map(Large);
    colour: Colour = prop_oneof![Just(Colour::Red), Just(Colour::Green)];
    option: Option<String> = any::<Option<String>>();
    maybe: Maybe = any::<Option<String>>().prop_map(Maybe);
    pair: Pair = any::<(u8, u8)>().prop_map(Pair);
    tuple: (u8, String) = any::<(u8, String)>();
    country: Country = "[a-z]{1,3}".prop_map(Country);
    weight: Weight = any::<f64>().prop_map(Weight);
}
