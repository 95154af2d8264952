//! What is stored can still be read.

use locked_shop as _;

mink::schema_lock_test!();
