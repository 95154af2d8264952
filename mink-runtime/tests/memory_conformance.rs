//! The store in memory keeps every rule of a store.

use std::sync::Arc;

use mink_runtime::storage::MemoryStore;

mink_runtime::storage_conformance! {
    || async { Arc::new(MemoryStore::new()) }
}
