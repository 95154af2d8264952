//! How often the server is asked, dispatch by dispatch.

use mink::bus::DispatchOptions;
use mink::prelude::*;
use mink_runtime::registry::Registry;

use super::Wire;

#[event]
struct Counted;

#[command]
struct Count {
    counter_id: String,
}

/// Of which snapshots are kept.
#[derive(Aggregate, Default, serde::Serialize, serde::Deserialize, Shape)]
#[aggregate(snapshot(every = 100))]
struct Counter {
    count: u64,
}

#[handlers]
impl Counter {
    fn count(&self, _command: Count) -> Counted {
        Counted
    }

    fn counted(&mut self, _event: &Counted) {
        self.count += 1;
    }
}

#[event]
struct Noted;

#[command]
struct Note {
    notes_id: String,
}

/// Of which none are kept.
#[derive(Aggregate, Default)]
struct Notes {
    count: u64,
}

#[handlers]
impl Notes {
    fn note(&self, _command: Note) -> Noted {
        Noted
    }

    fn noted(&mut self, _event: &Noted) {
        self.count += 1;
    }
}

/// For a function that asks nobody.
#[command]
struct Ring {}

#[handler]
async fn ring(_command: Ring) {}

fn registry() -> Registry {
    Registry::by_hand()
        .event::<Counted>()
        .event::<Noted>()
        .command::<Count>()
        .command::<Note>()
        .command::<Ring>()
        .aggregate::<Counter>()
        .aggregate::<Notes>()
        .handler::<Ring, _>()
        .build()
}

fn count(id: &str) -> Count {
    Count {
        counter_id: id.to_owned(),
    }
}

fn note(id: &str) -> Note {
    Note {
        notes_id: id.to_owned(),
    }
}

fn key(key: &str) -> DispatchOptions {
    DispatchOptions::new().idempotency_key(key)
}

impl Wire {
    async fn counted<T>(&self, work: impl Future<Output = T>) -> (T, usize) {
        let (done, trips) = self.trips(work).await;
        println!("{trips:?}");
        (done, trips.len())
    }

    /// Every statement that is counted is prepared: on the one connection that work without company uses.
    async fn prepared() -> Self {
        let wire = Self::of(registry()).await;
        for round in 0..8 {
            let id = format!("prepare.{round}");
            for _ in 0..2 {
                wire.app.dispatch(count(&id)).await.unwrap();
                wire.app.dispatch(note(&id)).await.unwrap();
            }
            let options = key(&format!("count {round}"));
            wire.app.dispatch_with(count(&id), options).await.unwrap();
            let options = key(&format!("ring {round}"));
            wire.app.dispatch_with(Ring {}, options).await.unwrap();
            wire.app.load::<Notes>(&*id).await.unwrap();
        }
        wire
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_dispatch_takes_two_round_trips_also_with_a_snapshot_and_a_key_and_a_hot_one_one() {
    let wire = Wire::prepared().await;
    let app = &wire.app;
    for id in ["new", "snapshotted"] {
        let (_, trips) = wire.counted(app.dispatch(count(id))).await;
        assert_eq!(trips, 2, "cold, of an aggregate with a policy");
        let (_, trips) = wire.counted(app.dispatch(count(id))).await;
        assert_eq!(trips, 1, "hot");
    }
    app.snapshot::<Counter>("snapshotted").await.unwrap();
    // another process, which has not seen it yet
    let other = super::open(wire.proxy.url(), registry()).await;
    for round in 0..8 {
        let id = format!("other.{round}");
        for _ in 0..2 {
            other.dispatch(count(&id)).await.unwrap();
        }
        let options = key(&format!("other {round}"));
        other.dispatch_with(count(&id), options).await.unwrap();
    }
    let (receipt, trips) = wire.counted(other.dispatch(count("snapshotted"))).await;
    assert_eq!((receipt.unwrap().version(), trips), (3, 2), "cold");
    assert_eq!(other.snapshot_stats().used, 1);

    let (receipt, trips) = wire
        .counted(other.dispatch_with(count("new"), key("cold")))
        .await;
    assert_eq!(
        (receipt.unwrap().version(), trips),
        (3, 2),
        "cold, with a key"
    );
    let (receipt, trips) = wire
        .counted(other.dispatch_with(count("new"), key("hot")))
        .await;
    assert_eq!(
        (receipt.unwrap().version(), trips),
        (4, 1),
        "hot, with a key"
    );
    other.shutdown().await.unwrap();
    wire.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_free_standing_handler_takes_a_trip_to_reserve_and_one_to_keep_the_answer() {
    let wire = Wire::prepared().await;
    let ((), trips) = wire
        .counted(async { wire.app.dispatch(Ring {}).await.unwrap() })
        .await;
    assert_eq!(trips, 0, "without a key there is nothing to ask");
    let keyed = wire.app.dispatch_with(Ring {}, key("rung"));
    let (done, trips) = wire.counted(keyed).await;
    done.unwrap();
    assert_eq!(trips, 2);
    let again = wire.app.dispatch_with(Ring {}, key("rung"));
    let (done, trips) = wire.counted(again).await;
    done.unwrap();
    assert_eq!(trips, 1, "the answer comes with the refusal to reserve");
    wire.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_stream_takes_no_more_trips_than_a_whole_one() {
    let wire = Wire::prepared().await;
    for _ in 0..5 {
        wire.app.dispatch(note("cut")).await.unwrap();
    }
    wire.app
        .lifecycle::<Notes>("cut")
        .unwrap()
        .truncate_before(4)
        .await
        .unwrap();
    let (loaded, trips) = wire.counted(wire.app.load::<Notes>("cut")).await;
    let loaded = loaded.unwrap();
    assert_eq!((loaded.version(), loaded.count), (5, 2));
    assert_eq!(trips, 1);
    wire.close().await;
}
