//! The fixtures and the registry's test go through an event's own format.

use mink::event::codec::{Codec, CodecError, Incoming, Outgoing};
use mink::prelude::*;
use mink::registry::Registry;
use mink::testing::check_registry;

use crate::codecs::Turned;

#[event(format = "turned")]
struct Noted {
    text: String,
}

#[event(format = "protobuf")]
#[derive(prost::Message)]
struct Counted {
    #[prost(uint32, tag = "1")]
    by: u32,
}

#[command(id = "id")]
struct Note {
    id: u8,
    text: String,
}

#[derive(Aggregate, Default)]
struct Notes {
    notes: Vec<String>,
}

#[handlers]
impl Notes {
    fn note(&self, command: Note) -> (Noted, Counted) {
        (Noted { text: command.text }, Counted { by: 1 })
    }
    fn noted(&mut self, event: &Noted) {
        self.notes.push(event.text.clone());
    }
    fn counted(&mut self, event: &Counted) {
        self.notes.push(event.by.to_string());
    }
}

#[test]
fn a_fixture_needs_no_application_for_a_codec_of_ones_own() {
    Notes::given(Noted { text: "a".into() })
        .when(Note {
            id: 1,
            text: "b".into(),
        })
        .then((Noted { text: "b".into() }, Counted { by: 1 }))
        .then_state(|notes| assert_eq!(notes.notes, ["a", "b", "1"]));
}

#[test]
fn the_registrys_test_writes_every_event_in_its_format() {
    let registry = Registry::by_hand()
        .event::<Noted>()
        .event::<Counted>()
        .command::<Note>()
        .aggregate::<Notes>()
        .codec(Turned)
        .build();
    assert_eq!(check_registry(&registry), Ok(()));
}

/// Reads nothing but the empty text.
struct Emptying;

impl Codec for Emptying {
    fn name(&self) -> &'static str {
        "emptying"
    }
    fn is_self_describing(&self) -> bool {
        false
    }
    fn encode(&self, event: Outgoing<'_>) -> Result<Vec<u8>, CodecError> {
        Turned.encode(event)
    }
    fn decode(&self, _payload: &[u8], event: Incoming<'_>) -> Result<(), CodecError> {
        event.read(mink::serde_json::json!({ "text": "" }))
    }
}

#[event(format = "emptying")]
struct Emptied {
    text: String,
}

#[test]
fn the_registrys_test_notices_a_codec_that_loses_something() {
    let registry = Registry::by_hand().event::<Emptied>().codec(Emptying);
    let found = check_registry(&registry.build()).unwrap_err();
    assert_eq!(found.len(), 1, "{found:?}");
    let said = found[0].to_string();
    assert!(
        said.contains("event `Emptied` does not survive being written as `emptying`: it is read as {\"text\":\"\"}"),
        "{said}"
    );
}
