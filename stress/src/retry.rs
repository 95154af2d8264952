//! A server that restarts amid dispatches: every `Ok` is stored once, and no error lies about what may be stored.
//!
//! **Who dispatches.** Tasks of two applications on one database, so that they meet at the aggregates they share, through
//! the default stack and a retry layer. Half of the dispatches have an idempotency key; some go to a free-standing handler,
//! which dispatches to the aggregate. Each carries a number that is its own, which the event it leads to holds. **What
//! happens to them.** The server is stopped in order, stopped at once and killed, stays away for up to some seconds, and
//! comes back; nobody is told. **Who judges.** [`judge`] compares the answers with the table, by the numbers and by the
//! event ids of the receipts. A keyed dispatch whose answer is an error is sent again with its key until it is accepted:
//! that must settle it.

mod checker;
mod domain;
mod run;

pub use checker::{Answer, Stored, Verdict, judge};
pub use domain::{NotPassedOn, Page, PassOn, Passed, Write, Written, registry};
pub use run::{HOW, How, RetryReport, RetryRun, stored_in_postgres, stored_in_sqlite};
