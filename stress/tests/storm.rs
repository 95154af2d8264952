//! Many tasks and two nodes that contend for one aggregate, on the durable stores.
#![allow(clippy::unwrap_used, reason = "tests")]

use mink_runtime::app::Mink;
use mink_runtime::registry::Registry;
use mink_runtime::storage::ExpectedVersion;
use mink_stress::domain::{Ledger, Part, Write, registry};
use mink_stress::server::{Server, drop_database};

const TASKS: usize = 32;
const INCREMENTS: usize = 1000;

async fn open(url: &str) -> Mink {
    let registry: Registry = registry();
    let builder = Mink::builder().url(url).registry(registry);
    builder.open().await.unwrap()
}

fn write() -> Write {
    Write {
        ledger: "hot".to_owned(),
        parts: vec![Part::new("storm", 0, 1, String::new())],
    }
}

async fn storm(nodes: Vec<Mink>) {
    let share = |task: usize| INCREMENTS / TASKS + usize::from(task < INCREMENTS % TASKS);
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let app = nodes[task % nodes.len()].clone();
            tokio::spawn(async move {
                for _ in 0..share(task) {
                    app.dispatch(write()).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let ledger = nodes[0].load::<Ledger>("hot").await.unwrap();
    assert_eq!(
        (ledger.parts, ledger.version()),
        (INCREMENTS as u64, INCREMENTS as u64)
    );
}

async fn one_of_two_creates(first: &Mink, second: &Mink) {
    for round in 0..20 {
        let id = format!("new.{round}");
        let part = || Part::new("race", 0, 1, String::new());
        let create = |app: &Mink| {
            let (app, id) = (app.clone(), id.clone());
            async move {
                app.append::<Ledger>(id, ExpectedVersion::NoStream, part())
                    .await
            }
        };
        let answers = tokio::join!(create(first), create(second));
        let [won, lost] = match answers {
            (won @ Ok(_), lost) | (lost, won) => [won, lost],
        };
        assert!(won.is_ok());
        let lost = lost
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(
            lost.contains("is at version 1, the writer expected no stream"),
            "{lost}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_on_one_aggregate_in_a_file_loses_nothing_and_refuses_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", dir.path().join("storm.db").display());
    storm(vec![open(&url).await]).await;
    let (first, second) = (open(&url).await, open(&url).await);
    one_of_two_creates(&first, &second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_on_one_aggregate_in_postgresql_loses_nothing_and_refuses_nobody() {
    let server = Server::given_or_private().unwrap();
    let url = server.create_database().await.unwrap();
    let (first, second) = (open(&url).await, open(&url).await);
    storm(vec![first.clone(), second.clone()]).await;
    one_of_two_creates(&first, &second).await;
    first.shutdown().await.unwrap();
    second.shutdown().await.unwrap();
    if let Server::Given(admin) = &server {
        drop_database(admin, &url).await.unwrap();
    }
}
