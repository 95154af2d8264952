//! One application, and runtimes that come and go, as when tests share it.

use std::time::Duration;

use mink::prelude::*;
use mink::storage::ExpectedVersion;
use tokio::runtime::{Builder, Runtime};

#[event]
struct Ticked;

#[derive(Aggregate, Default)]
struct Ticker;

#[handlers]
impl Ticker {
    fn ticked(&mut self, _event: &Ticked) {}
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn a_runtime_that_ends_in_the_middle_of_commits_stops_no_other() {
    let lasting = runtime();
    let app = lasting.block_on(async {
        Mink::builder()
            .url("memory://")
            .service(crate::dispatching::Outside::default())
            .open()
            .await
            .unwrap()
    });
    for _ in 0..20 {
        let passing = runtime();
        for stream in 0..4 {
            let app = app.clone();
            passing.spawn(async move {
                loop {
                    let _ = app
                        .append::<Ticker>(stream, ExpectedVersion::Any, Ticked)
                        .await;
                }
            });
        }
        lasting.block_on(async {
            let mine = async {
                for _ in 0..3 {
                    app.append::<Ticker>("mine", ExpectedVersion::Any, Ticked)
                        .await
                        .unwrap();
                }
            };
            mine.await;
            passing.shutdown_background();
            let after = app.append::<Ticker>("mine", ExpectedVersion::Any, Ticked);
            tokio::time::timeout(Duration::from_secs(20), after)
                .await
                .unwrap()
                .unwrap();
        });
    }
    lasting.block_on(app.shutdown()).unwrap();
}
