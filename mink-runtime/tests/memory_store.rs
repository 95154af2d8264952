//! What only the store in memory promises.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::storage::{
    Append, Commit, ExpectedVersion, Format, NewEvent, StorageError, drivers, open,
};

fn one_event() -> Arc<Commit> {
    let event = NewEvent {
        id: EventId::new(),
        event_type: "Happened".into(),
        schema_version: 1,
        format: Format::Json,
        payload: "{}".into(),
        metadata: Default::default(),
        recorded_at: Default::default(),
    };
    Arc::new(Commit::new(vec![Append {
        tenant: TenantId::default(),
        stream: StreamId::new("Order-1").unwrap(),
        expected: ExpectedVersion::Any,
        events: vec![event],
    }]))
}

#[tokio::test]
async fn its_url_opens_a_fresh_store_each_time() {
    assert!(drivers().contains(&"memory"));
    let first = open("memory://").await.unwrap();
    first.commit(&[one_event()]).await.remove(0).unwrap();
    assert_eq!(first.name(), "memory");
    assert_eq!(first.head().await.unwrap(), Position(1));
    let second = open("memory://").await.unwrap();
    assert_eq!(second.head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_url_with_a_name_is_refused() {
    for url in ["memory://orders", "memory:", "memory://?cache=shared"] {
        let refused = open(url).await.err().unwrap();
        assert!(matches!(refused, StorageError::InvalidUrl { .. }), "{url}");
        assert!(refused.to_string().contains("write `memory://`"), "{url}");
    }
}
