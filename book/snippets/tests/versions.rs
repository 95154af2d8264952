//! Events that changed their shape.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

mod support;

use mink::id::{EventId, StreamId, TenantId};
use mink::metadata::Metadata;
use mink::pipeline::DecodeFault;
use mink::prelude::*;
use mink::repository::{LoadError, UnknownEvents};
use mink::storage::{Append, Commit, Format, NewEvent};
use serde_json::{Value, json};

// ANCHOR: json
#[event(version = 3, upcast(1 => add_channel, 2 => amount_in_cents))]
pub struct OrderPlaced {
    pub customer: String,
    pub channel: String,
    pub cents: u64,
}

// version 1 had no channel
fn add_channel(mut old: Value) -> Value {
    old["channel"] = json!("shop");
    old
}

// version 2 counted in whole coins
fn amount_in_cents(mut old: Value) -> Result<Value, &'static str> {
    let amount = old["amount"].as_u64().ok_or("`amount` is no number")?;
    old["cents"] = json!(amount * 100);
    Ok(old)
}
// ANCHOR_END: json

// ANCHOR: typed
#[event(version = 3, upcast(1 => LineAddedV1, 2 => LineAddedV2))]
pub struct LineAdded {
    pub sku: String,
    pub quantity: u32,
    pub gift: bool,
}

#[derive(serde::Deserialize)]
struct LineAddedV1 {
    article: String,
}

#[derive(serde::Deserialize)]
struct LineAddedV2 {
    sku: String,
    quantity: u32,
}

impl From<LineAddedV1> for LineAddedV2 {
    fn from(old: LineAddedV1) -> Self {
        Self {
            sku: old.article,
            quantity: 1,
        }
    }
}

impl From<LineAddedV2> for LineAdded {
    fn from(old: LineAddedV2) -> Self {
        Self {
            sku: old.sku,
            quantity: old.quantity,
            gift: false,
        }
    }
}
// ANCHOR_END: typed

// ANCHOR: default
#[event]
pub struct OrderNoted {
    pub text: String,
    #[serde(default)]
    pub internal: bool,
}
// ANCHOR_END: default

#[derive(Aggregate, Default)]
pub struct Order {
    cents: u64,
    channel: String,
    pieces: u32,
}

#[handlers]
impl Order {
    fn placed(&mut self, event: &OrderPlaced) {
        self.cents = event.cents;
        self.channel.clone_from(&event.channel);
    }
    fn line_added(&mut self, event: &LineAdded) {
        self.pieces += event.quantity;
    }
    fn noted(&mut self, _: &OrderNoted) {}
}

mink::registry_test!();

/// What an older or newer program left in the store.
async fn stored(app: &Mink, event_type: &'static str, schema_version: u32, payload: Value) {
    let event = NewEvent {
        id: EventId::new(),
        event_type: event_type.into(),
        schema_version,
        format: Format::Json,
        payload: payload.to_string().into(),
        metadata: Metadata::default(),
        recorded_at: chrono::Utc::now(),
    };
    let commit = Commit::new(vec![Append {
        tenant: TenantId::default(),
        stream: StreamId::new("Order-1").unwrap(),
        expected: ExpectedVersion::Any,
        events: vec![event],
    }]);
    for answer in app.storage().commit(&[commit.into()]).await {
        answer.unwrap();
    }
}

#[tokio::test]
async fn old_events_are_read_as_the_event_of_today() {
    let app = Mink::open("memory://").await.unwrap();
    let v1 = json!({"customer": "c-1", "amount": 7});
    stored(&app, "OrderPlaced", 1, v1).await;
    stored(&app, "LineAdded", 1, json!({"article": "tea"})).await;
    stored(&app, "LineAdded", 2, json!({"sku": "tea", "quantity": 3})).await;
    stored(&app, "OrderNoted", 1, json!({"text": "from before"})).await;
    let order = app.load::<Order>("1").await.unwrap();
    assert_eq!((order.cents, order.pieces), (700, 4));
    assert_eq!(order.channel, "shop");
}

#[tokio::test]
async fn a_stored_event_is_never_changed() {
    let app = Mink::open("memory://").await.unwrap();
    let v1 = json!({"customer": "c-1", "amount": 7});
    stored(&app, "OrderPlaced", 1, v1.clone()).await;
    app.load::<Order>("1").await.unwrap();
    let query =
        mink::storage::StreamQuery::new(TenantId::default(), StreamId::new("Order-1").unwrap());
    let page = app.storage().read_stream(&query).await.unwrap();
    assert_eq!(page.events[0].schema_version, 1);
    assert_eq!(page.events[0].payload, v1.to_string());
}

async fn load_error(event_type: &'static str, version: u32, payload: Value) -> LoadError {
    let app = Mink::open("memory://").await.unwrap();
    stored(&app, event_type, version, payload).await;
    app.load::<Order>("1").await.err().unwrap()
}

#[tokio::test]
async fn what_cannot_be_read_is_said_with_its_place() {
    let newer = load_error("OrderPlaced", 4, json!({})).await;
    assert!(matches!(
        &newer,
        LoadError::Decode(error) if error.fault == DecodeFault::FromTheFuture { known: 3 }
    ));
    let unknown = load_error("OrderFrobbed", 1, json!({})).await;
    let no_step = load_error("OrderPlaced", 2, json!({"amount": "bob@example.org"})).await;
    let damaged = load_error("LineAdded", 3, json!({"sku": 7})).await;
    support::assert_shown(
        "unreadable.txt",
        &format!("{newer}\n\n{unknown}\n\n{no_step}\n\n{damaged}"),
    );
}

#[tokio::test]
async fn unknown_events_are_skipped_when_that_is_asked_for() {
    // ANCHOR: lenient
    let app = Mink::builder()
        .url("memory://")
        .unknown_events(UnknownEvents::Skip)
        .open()
        .await
        .unwrap();
    // ANCHOR_END: lenient
    stored(&app, "OrderFrobbed", 1, json!({})).await;
    assert_eq!(app.load::<Order>("1").await.unwrap().version(), 1);
}
