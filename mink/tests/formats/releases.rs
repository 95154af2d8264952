//! An event that changes its format from release to release keeps its history readable.

use mink::prelude::*;
use mink::registry::Registry;
use mink::storage::MemoryStore;

macro_rules! release {
    ($release:ident, $format:literal) => {
        mod $release {
            use mink::prelude::*;

            #[event(name = "Counted", format = $format)]
            #[derive(prost::Message)]
            pub(super) struct Counted {
                #[prost(uint32, tag = "1")]
                pub(super) by: u32,
            }

            #[derive(Aggregate, Default)]
            #[aggregate(name = "Counter")]
            pub(super) struct Counter {
                pub(super) counted: Vec<u32>,
            }

            #[handlers]
            impl Counter {
                fn counted(&mut self, event: &Counted) {
                    self.counted.push(event.by);
                }
            }
        }
    };
}

release!(as_json, "json");
release!(as_msgpack, "msgpack");
release!(as_protobuf, "protobuf");

/// Opens a release, counts once, and tells all that it reads.
macro_rules! run {
    ($storage:expr, $release:ident, $by:literal) => {{
        let registry = Registry::by_hand()
            .event::<$release::Counted>()
            .aggregate::<$release::Counter>()
            .build();
        let app = Mink::builder()
            .shared_storage($storage.clone())
            .registry(registry)
            .open()
            .await
            .unwrap();
        app.append::<$release::Counter>("1", ExpectedVersion::Any, $release::Counted { by: $by })
            .await
            .unwrap();
        let counter = app.load::<$release::Counter>("1").await.unwrap();
        counter.counted.clone()
    }};
}

#[tokio::test]
async fn every_release_reads_what_every_other_wrote() {
    let storage = std::sync::Arc::new(MemoryStore::new());
    assert_eq!(run!(storage, as_json, 1), [1]);
    assert_eq!(run!(storage, as_protobuf, 2), [1, 2]);
    assert_eq!(run!(storage, as_msgpack, 3), [1, 2, 3]);
    assert_eq!(run!(storage, as_json, 4), [1, 2, 3, 4]);
}
