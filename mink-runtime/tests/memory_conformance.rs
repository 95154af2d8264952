//! The store in memory keeps every rule of a store.

use std::sync::Arc;

use mink_runtime::storage::conformance::Subject;
use mink_runtime::storage::{MemoryStore, Storage};

mink_runtime::storage_conformance! {
    || async {
        let store = MemoryStore::new();
        Subject::from(Arc::new(store.clone())).opened_again_by(move || {
            let node = store.another_node();
            async move { Arc::new(node) as Arc<dyn Storage> }
        })
    }
}
