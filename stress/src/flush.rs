//! No acknowledgement precedes its flush: shown from a trace of the store's system calls.
//!
//! **Problem.** The page cache survives a SIGKILL, so killing processes cannot show that a commit was flushed.
//! **Mechanism.** `strace` writes down every write to the store's log with its content and time, and every flush.
//! An event carries the name of its commit, so the write that holds a commit is found by content; a flush of the
//! same file must begin after that write ended, and end before the writer was answered.
//! **Cost.** Each traced system call takes some 20 microseconds more.

mod check;
mod trace;
mod tracer;

pub use check::{FlushReport, check};
pub use trace::{Call, Kind, parse};
pub use tracer::{Tracer, TracerError, arguments, strace};
