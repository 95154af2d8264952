//! Payloads are kept byte for byte.

use std::borrow::Cow;

use bytes::Bytes;

use super::ground::{Ground, bare, same_events, stream};
use crate::id::Position;
use crate::storage::{CommitError, ExpectedVersion, Format, NewEvent};

async fn keeps(at: &Ground, payloads: Vec<(Format, Bytes)>, promise: &str) {
    let order = stream("Order-1");
    let events: Vec<NewEvent> = payloads
        .into_iter()
        .map(|(format, payload)| NewEvent {
            format,
            payload,
            ..at.event("Happened")
        })
        .collect();
    at.put(&order, &events).await;
    at.expect(&order, &events, promise).await;
    let feed = bare(at.feed(Position::START, &at.filter(), 100).await);
    same_events(&feed, &at.recorded(&order, 1, &events), promise);
}

fn binary(name: &'static str, payload: impl Into<Bytes>) -> (Format, Bytes) {
    (Format::Binary(Cow::Borrowed(name)), payload.into())
}

pub(super) async fn binary_payloads_are_kept_byte_for_byte(at: Ground) {
    let every_byte: Vec<u8> = (0..=255).collect();
    let payloads = vec![
        binary("bytes", every_byte),
        binary("bytes", Bytes::new()),
        binary("bytes", vec![0; 3]),
        (Format::Json, Bytes::from_static(b"{\"between\": 1}")),
        binary("cbor", vec![0xa1, 0x61, b'a', 0x01]),
        binary("text/plain; charset=\"utf-8\"", "{\"looks\": \"like JSON\""),
    ];
    keeps(
        &at,
        payloads,
        "a binary payload is kept byte for byte, and so is its format's name, beside JSON in one stream",
    )
    .await;
}

pub(super) async fn json_payloads_are_kept_byte_for_byte(at: Ground) {
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let deep_objects = format!("{}null{}", "{\"a\":".repeat(100), "}".repeat(100));
    let payloads = [
        r#"{"b":1,"a":2}"#,
        r#"{"a":1,"a":2,"a":1}"#,
        "{ \"a\" :\t1 ,\r\n  \"b\":[ ] }",
        " \n{}\n ",
        r#"{"nul":"\u0000","escaped":"\u00e9\/\ud83d\ude00","raw":"é😀"}"#,
        r#"{"huge":1e400,"tiny":1e-400,"long":0.1000000000000000055511151231257827,"zero":-0.0}"#,
        r#"{"big":123456789012345678901234567890,"e":1E+2,"f":1.50}"#,
        r#"{"":"","__proto__":null,"%s":"'; DROP TABLE events; --"}"#,
        "null",
        "\"text\"",
        "-1",
        "[]",
        &deep,
        &deep_objects,
    ]
    .map(|text| (Format::Json, Bytes::copy_from_slice(text.as_bytes())));
    keeps(&at, payloads.into(), "a JSON payload is kept byte for byte").await;
}

pub(super) async fn a_payload_of_one_mebibyte_is_kept(at: Ground) {
    const MEBIBYTE: usize = 1024 * 1024;
    // A fixed mix of all bytes, so that a store that compresses has something to do.
    let bytes: Vec<u8> = (0..MEBIBYTE as u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let text = format!("\"{}\"", "x".repeat(MEBIBYTE - 2));
    let payloads = vec![binary("bytes", bytes), (Format::Json, Bytes::from(text))];
    keeps(&at, payloads, "a payload of 1 MiB is kept byte for byte").await;
}

pub(super) async fn a_json_payload_that_is_not_json_is_refused(at: Ground) {
    let order = stream("Order-1");
    let head = at.head().await;
    let broken: [&'static [u8]; 10] = [
        b"",
        b" ",
        b"{",
        b"{\"a\":1",
        b"{\"a\":1}}",
        b"{a:1}",
        b"{'a':1}",
        b"[1,]",
        b"\"\xff\xfe\"",
        b"nul",
    ];
    for payload in broken {
        let mut event = at.event("Happened");
        event.payload = Bytes::from_static(payload);
        let commit = at.commit(&order, ExpectedVersion::Any, &[event]);
        match at.submit(&commit).await {
            Err(CommitError::Refused { .. }) => {}
            Err(error) => panic!("{payload:?} is not JSON: `Refused`, not: {error}"),
            Ok(_) => panic!("{payload:?} is not JSON, yet it was taken as JSON"),
        }
    }
    let promise = "a refused payload writes nothing";
    at.expect(&order, &[], promise).await;
    assert_eq!(at.head().await, head, "{promise}: the feed's head");
}
