//! Every ledger that was ever imported can still be read.

use retail as _;

mink::schema_lock_test!();
