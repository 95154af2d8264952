//! An event that could be written and never read again would keep its stream from ever being loaded.

use std::collections::BTreeMap;

use mink::app::BatchError;
use mink::prelude::*;
use mink::storage::ExpectedVersion;

#[event]
struct Measured {
    value: f64,
}

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, mink::Shape)]
#[serde(tag = "kind")]
enum Reading {
    Wide { number: u128 },
    Counts { by_number: BTreeMap<u32, u32> },
}

#[event]
struct ReadingTaken {
    reading: Reading,
}

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, mink::Shape)]
struct Tree {
    #[mink(recursive)]
    child: Option<Box<Tree>>,
}

#[event]
struct TreeGrown {
    tree: Tree,
}

/// It writes a number and reads text, and its derived shape cannot know.
#[derive(Clone, PartialEq, Debug, mink::Shape)]
struct Cents(u64);

impl serde::Serialize for Cents {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Cents {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

#[event]
struct Paid {
    cents: Option<Cents>,
}

#[derive(Aggregate, Default)]
struct Probe {
    events: u32,
}

#[handlers]
impl Probe {
    fn measured(&mut self, _event: &Measured) {
        self.events += 1;
    }
    fn reading_taken(&mut self, _event: &ReadingTaken) {
        self.events += 1;
    }
    fn paid(&mut self, _event: &Paid) {
        self.events += 1;
    }
    fn tree_grown(&mut self, _event: &TreeGrown) {
        self.events += 1;
    }
}

#[derive(serde::Deserialize)]
struct Person {
    #[allow(dead_code, reason = "read to be checked")]
    age: u8,
}

#[event(version = 2, upcast(1 => checked))]
struct PersonMoved {
    city: String,
}

fn checked(
    payload: mink::serde_json::Value,
) -> Result<mink::serde_json::Value, mink::serde_json::Error> {
    let _: Person = mink::serde_json::from_value(payload.clone())?;
    Ok(payload)
}

#[test]
fn an_upcaster_that_passes_serdes_error_on_does_not_quote_the_value() {
    let value = mink::serde_json::json!({ "age": "bob@example.com" });
    let mink::event::UpcastStep::Json(step) = PersonMoved::UPCASTS[0].step else {
        panic!("it is a step on JSON");
    };
    let said = step(value).unwrap_err().to_string();
    assert!(said.contains("string where u8 was expected"), "{said}");
    assert!(!said.contains("bob"), "{said}");
}

async fn app() -> Mink {
    let registry = mink::registry();
    Mink::builder()
        .url("memory://")
        .registry(registry)
        .service(crate::dispatching::Outside::default())
        .open()
        .await
        .unwrap()
}

async fn is_refused<E>(event: E)
where
    E: mink::aggregate::IntoEvents<Probe>,
{
    let app = app().await;
    let refused = app
        .append::<Probe>("p", ExpectedVersion::Any, event)
        .await
        .unwrap_err();
    assert!(matches!(refused, BatchError::Encode(_)), "{refused}");
    app.append::<Probe>("p", ExpectedVersion::NoStream, Measured { value: 1.5 })
        .await
        .unwrap();
    assert_eq!(app.load::<Probe>("p").await.unwrap().events, 1);
}

#[tokio::test]
async fn a_number_that_json_has_no_word_for_is_refused() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        is_refused(Measured { value }).await;
    }
}

#[tokio::test]
async fn what_a_tagged_enum_cannot_read_back_is_refused() {
    let number = u128::MAX;
    is_refused(ReadingTaken {
        reading: Reading::Wide { number },
    })
    .await;
    let by_number = BTreeMap::from([(1, 2)]);
    is_refused(ReadingTaken {
        reading: Reading::Counts { by_number },
    })
    .await;
}

#[tokio::test]
async fn what_a_hand_written_form_cannot_read_back_is_refused() {
    is_refused(Paid {
        cents: Some(Cents(1)),
    })
    .await;
}

#[tokio::test]
async fn a_value_nested_deeper_than_json_is_read_is_refused() {
    let mut tree = Tree { child: None };
    for _ in 0..200 {
        tree = Tree {
            child: Some(Box::new(tree)),
        };
    }
    is_refused(TreeGrown { tree }).await;
}
