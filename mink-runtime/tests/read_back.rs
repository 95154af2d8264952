//! What is said to be readable again, is: of each type that is certain, every value that can be written is read back.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::fmt::Debug;
use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use mink_runtime::schema::Shape;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn reads_back<T: Shape + Serialize + DeserializeOwned + Debug>(value: &T) {
    assert!(T::READ_BACK.is_certain());
    let written = serde_json::to_vec(value).unwrap();
    let read = serde_json::from_slice::<T>(&written);
    assert!(read.is_ok(), "{value:?}: {read:?}");
    #[cfg(feature = "msgpack")]
    msgpack_reads_back(value);
}

#[cfg(feature = "msgpack")]
fn msgpack_reads_back<T: Serialize + DeserializeOwned + Debug>(value: &T) {
    let mut written = Vec::new();
    let mut serializer = rmp_serde::Serializer::new(&mut written)
        .with_struct_map()
        .with_human_readable();
    value.serialize(&mut serializer).unwrap();
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(&written).with_human_readable();
    let read = T::deserialize(&mut deserializer);
    assert!(read.is_ok(), "{value:?}: {read:?}");
}

fn date_time() -> impl Strategy<Value = NaiveDateTime> {
    let (first, last) = (NaiveDateTime::MIN.and_utc(), NaiveDateTime::MAX.and_utc());
    (first.timestamp()..=last.timestamp(), 0..2_000_000_000_u32).prop_filter_map(
        "a leap second is the last of its minute",
        |(second, nanos)| Some(DateTime::from_timestamp(second, nanos)?.naive_utc()),
    )
}

proptest! {
    #[test]
    fn numbers_text_and_lists(
        values: (i8, u16, i32, u64, i64, bool, char),
        text: String,
        list: Vec<Option<(String, Vec<u64>)>>,
    ) {
        reads_back(&values.0);
        reads_back(&values.1);
        reads_back(&values.2);
        reads_back(&values.3);
        reads_back(&values.4);
        reads_back(&values.5);
        reads_back(&values.6);
        reads_back(&text);
        reads_back(&list);
    }

    #[test]
    fn identities_and_addresses(id: [u8; 16], address: IpAddr) {
        reads_back(&uuid::Uuid::from_bytes(id));
        reads_back(&address);
    }

    #[test]
    fn times_of_the_whole_calendar(time in date_time(), seconds: u64, nanos in 0..1_000_000_000_u32) {
        reads_back(&time);
        reads_back(&time.date());
        reads_back(&time.time());
        reads_back(&time.and_utc());
        reads_back(&Duration::new(seconds, nanos));
    }
}

#[test]
fn the_ends_of_the_calendar() {
    reads_back(&NaiveDate::MIN);
    reads_back(&NaiveDate::MAX);
    reads_back(&NaiveDateTime::MIN);
    reads_back(&NaiveDateTime::MAX);
    reads_back(&DateTime::<Utc>::MIN_UTC);
    reads_back(&DateTime::<Utc>::MAX_UTC);
    reads_back(&NaiveTime::MIN);
    reads_back(&(NaiveTime::MIN - TimeDelta::nanoseconds(1)));
    reads_back(&NaiveTime::from_hms_nano_opt(23, 59, 59, 1_999_999_999).unwrap());
    reads_back(&Duration::MAX);
}

#[cfg(feature = "decimal")]
proptest! {
    #[test]
    fn decimals(parts: (u32, u32, u32, bool), scale in 0..=28_u32) {
        let (low, middle, high, negative) = parts;
        reads_back(&rust_decimal::Decimal::from_parts(low, middle, high, negative, scale));
    }
}
