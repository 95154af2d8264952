//! On every store.

use mink::prelude::*;
use mink::registry::Registry;
use mink::storage::{RecordedEvent, StreamQuery};

use crate::codecs::Turned;

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, mink::Shape)]
enum Kind {
    Private,
    Joint { owners: Vec<String> },
}

#[event(format = "msgpack")]
struct Opened {
    id: mink::id::EventId,
    owner: String,
    kind: Kind,
    limit: Option<i64>,
    ratio: f64,
}

#[event(format = "protobuf")]
#[derive(prost::Message)]
struct Deposited {
    #[prost(uint64, tag = "1")]
    cents: u64,
    #[prost(string, optional, tag = "2")]
    note: Option<String>,
    #[prost(message, repeated, tag = "3")]
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, prost::Message, serde::Serialize, serde::Deserialize, mink::Shape)]
struct Part {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(sint32, tag = "2")]
    change: i32,
}

#[event(format = "json")]
struct Withdrawn {
    cents: u64,
}

#[event(format = "turned")]
struct Noted {
    text: String,
}

/// In the application's format, whichever that is.
#[event]
struct Closed {
    reason: String,
}

#[command(id = "account")]
struct Close {
    account: String,
    reason: String,
}

#[derive(Aggregate, Default)]
struct Account {
    seen: Vec<String>,
}

#[handlers]
impl Account {
    fn close(&self, command: Close) -> Closed {
        Closed {
            reason: command.reason,
        }
    }
    fn opened(&mut self, event: &Opened) {
        self.seen.push(format!("{event:?}"));
    }
    fn deposited(&mut self, event: &Deposited) {
        self.seen.push(format!("{event:?}"));
    }
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.seen.push(format!("{event:?}"));
    }
    fn noted(&mut self, event: &Noted) {
        self.seen.push(format!("{event:?}"));
    }
    fn closed(&mut self, event: &Closed) {
        self.seen.push(format!("{event:?}"));
    }
}

fn registry() -> Registry {
    Registry::by_hand()
        .event::<Opened>()
        .event::<Deposited>()
        .event::<Withdrawn>()
        .event::<Noted>()
        .event::<Closed>()
        .command::<Close>()
        .aggregate::<Account>()
        .codec(Turned)
        .build()
}

fn opened() -> Opened {
    Opened {
        id: mink::id::EventId::new(),
        owner: "Grüße \"𝄞\"\n\0".into(),
        kind: Kind::Joint {
            owners: vec!["Ada".into(), String::new()],
        },
        limit: Some(i64::MIN),
        ratio: 0.1,
    }
}

fn deposited() -> Deposited {
    Deposited {
        cents: u64::MAX,
        note: Some(String::new()),
        parts: vec![Part {
            name: "tea\0".into(),
            change: -1,
        }],
    }
}

async fn rows(app: &Mink) -> Vec<RecordedEvent> {
    let stream = mink::id::StreamId::of("Account", "1").unwrap();
    let query = StreamQuery::new(app.tenant_id().clone(), stream);
    app.storage().read_stream(&query).await.unwrap().events
}

async fn formats(app: &Mink) -> Vec<String> {
    let rows = rows(app).await;
    rows.iter()
        .map(|row| row.format.name().to_owned())
        .collect()
}

async fn any(app: &Mink, events: impl mink::aggregate::IntoEvents<Account>) {
    app.append::<Account>("1", ExpectedVersion::Any, events)
        .await
        .unwrap();
}

/// One stream of every format, written by every path that appends, under two defaults.
async fn a_mixed_stream(open: impl AsyncFn() -> mink::app::MinkBuilder) {
    let app = open().await.registry(registry()).open().await.unwrap();
    let expected = [
        format!("{:?}", opened()),
        format!("{:?}", deposited()),
        format!("{:?}", Withdrawn { cents: 7 }),
    ];
    let first = opened();
    any(&app, first.clone()).await;
    any(&app, (deposited(), Withdrawn { cents: 7 })).await;
    any(&app, Noted { text: "é".into() }).await;
    let close = |reason: &str| Close {
        account: "1".into(),
        reason: reason.into(),
    };
    app.dispatch(close("dispatched as json")).await.unwrap();
    drop(app);

    // a later release writes MessagePack
    let app = open()
        .await
        .registry(registry())
        .default_format("msgpack")
        .open()
        .await
        .unwrap();
    app.dispatch(close("dispatched")).await.unwrap();
    let mut session = app.session::<Account>("1").await.unwrap();
    session.execute(close("in a session")).await.unwrap();
    session.commit().await.unwrap();
    let closed = |reason: &str| Closed {
        reason: reason.into(),
    };
    any(&app, closed("appended")).await;
    app.batch()
        .append::<Account>("1", ExpectedVersion::Any, closed("in a batch"))
        .unwrap()
        .commit()
        .await
        .unwrap();
    any(&app, Withdrawn { cents: 8 }).await;

    assert_eq!(
        formats(&app).await,
        [
            "msgpack", "protobuf", "json", "turned", "json", "msgpack", "msgpack", "msgpack",
            "msgpack", "json"
        ]
    );
    let account = app.load::<Account>("1").await.unwrap();
    let mut seen = vec![format!("{first:?}")];
    seen.extend(expected[1..].iter().cloned());
    seen.push(format!("{:?}", Noted { text: "é".into() }));
    for reason in [
        "dispatched as json",
        "dispatched",
        "in a session",
        "appended",
        "in a batch",
    ] {
        seen.push(format!("{:?}", closed(reason)));
    }
    seen.push(format!("{:?}", Withdrawn { cents: 8 }));
    assert_eq!(account.seen, seen);
    let rows = rows(&app).await;
    let again: Deposited = mink::pipeline::decode(&rows[1]).unwrap();
    assert_eq!(again, deposited());
    let closed: Closed = mink::pipeline::decode(&rows[5]).unwrap();
    assert_eq!(closed.reason, "dispatched");
    app.shutdown().await.unwrap();
}

#[tokio::test]
async fn every_format_in_one_stream_in_memory() {
    let storage = std::sync::Arc::new(mink::storage::MemoryStore::new());
    a_mixed_stream(async || Mink::builder().shared_storage(storage.clone())).await;
}

#[tokio::test]
async fn every_format_in_one_stream_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("a.db").display());
    a_mixed_stream(async || Mink::builder().url(&url)).await;
}

#[tokio::test]
async fn every_format_in_one_stream_on_postgres() {
    let server = std::env::var("MINK_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!("this test needs a PostgreSQL server: run it with `cargo xtask test -p mink`, or set MINK_TEST_POSTGRES_URL to the URL of one")
    });
    let id = mink::id::EventId::new().to_string().replace('-', "");
    let schema = format!("formats_{id}");
    let store = async || {
        let store = mink::postgres::PostgresStore::builder(&server).schema(&schema);
        store.open().await.unwrap()
    };
    a_mixed_stream(async || Mink::builder().storage(store().await)).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE")))
        .execute(store().await.pool())
        .await
        .unwrap();
}
