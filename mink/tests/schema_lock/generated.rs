//! The test that the macro makes, on files that are kept here.

use super::events::second;

mink::schema_lock_test!(
    registry = second::registry(),
    lock = "tests/schema_lock/shop.lock"
);

mod again {
    mink::schema_lock_test!(
        registry = super::second::registry(),
        lock = "tests/schema_lock/shop.lock",
    );
}
