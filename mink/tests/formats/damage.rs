//! What cannot be read is a typed error that names the place and no value.

use mink::pipeline::{DecodeError, DecodeFault};
use mink::prelude::*;

use crate::read;

#[event(format = "msgpack")]
struct Moved {
    street: String,
    number: u64,
}

#[event(format = "protobuf")]
#[derive(prost::Message)]
struct Left {
    #[prost(string, tag = "1")]
    reason: String,
}

fn is_payload(error: &DecodeError) {
    assert!(
        matches!(error.fault, DecodeFault::Payload { .. }),
        "{error}"
    );
    let said = error.to_string();
    assert!(
        said.starts_with("stream `Account-1`, version 1: event"),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn a_damaged_payload_is_an_error_of_its_own_place() {
    let good = [
        &[0x82, 0xa6][..],
        b"street",
        &[0xa6],
        b"secret",
        &[0xa6],
        b"number",
        &[7],
    ]
    .concat();
    let moved: Moved = read(1, "msgpack", good.clone()).unwrap();
    assert_eq!(moved.number, 7);
    for cut in 0..good.len() {
        is_payload(&read::<Moved>(1, "msgpack", good[..cut].to_vec()).unwrap_err());
    }
    is_payload(&read::<Moved>(1, "msgpack", [&good[..], &[0xc0]].concat()).unwrap_err());
    is_payload(&read::<Moved>(1, "msgpack", [&good[..], &[0xc1]].concat()).unwrap_err());
    is_payload(&read::<Left>(1, "protobuf", vec![10, 9, b's']).unwrap_err());
    is_payload(&read::<Left>(1, "protobuf", vec![10, 1, 0xff]).unwrap_err());
}

#[test]
fn an_error_of_messagepack_loses_the_value() {
    let swapped = [
        &[0x82, 0xa6][..],
        b"street",
        &[0xa1],
        b"x",
        &[0xa6],
        b"street",
        &[0xa6],
        b"secret",
    ]
    .concat();
    let error = read::<Moved>(1, "msgpack", swapped).unwrap_err();
    is_payload(&error);
    assert!(
        error.to_string().ends_with("duplicate field `street`"),
        "{error}"
    );
    let number = [&[0x81, 0xa6][..], b"street", &[0xcd, 0x30, 0x39]].concat();
    let error = read::<Moved>(1, "msgpack", number).unwrap_err().to_string();
    assert!(
        error.ends_with("integer where a string was expected"),
        "{error}"
    );
}

#[test]
fn nesting_without_end_and_lengths_that_lie_are_errors() {
    let deep = vec![0x91; 1 << 20];
    is_payload(&read::<Moved>(1, "msgpack", deep).unwrap_err());
    let long = [
        &[0x81, 0xa6][..],
        b"street",
        &[0xdb, 0xff, 0xff, 0xff, 0xff],
    ]
    .concat();
    is_payload(&read::<Moved>(1, "msgpack", long).unwrap_err());
}

#[test]
fn a_format_that_nothing_reads_is_named_with_what_to_do() {
    let said = read::<Moved>(1, "cbor", Vec::new()).unwrap_err();
    assert_eq!(
        said.to_string(),
        "stream `Account-1`, version 1: event `Moved` v1: the payload is in the format `cbor`, which nothing here reads: provide its codec with `.codec(...)` when the application is opened, or with `mink::codec!(...)` where `cbor` is declared"
    );
    let said = read::<Moved>(1, "protobuf", Vec::new()).unwrap_err();
    assert!(
        said.to_string().ends_with(
            "the event must be a `prost::Message`: derive it below `#[event]`, with `#[prost(...)]` on each field"
        ),
        "{said}"
    );
}
