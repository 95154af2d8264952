//! Crashes: processes and servers killed at random moments, and what must be true of the store afterwards.
//!
//! **Problem.** A store that loses an answered commit, or keeps half of one, does so once in a million.
//! **Mechanism.** A child process appends and says through a pipe what it is about to submit and what it was
//! answered; its parent, whose record outlives the child, kills it and compares.
//! **Cost.** About half a second per kill.

mod appender;
mod kill;
mod ledger;
mod verify;

pub use appender::{AppenderOptions, end_with_parent, run as run_appender};
pub use kill::{Appender, CrashReport, Crashes, ServerCrash, Target};
pub use ledger::{Fate, Ledger, Line};
pub use verify::{Found, Verdict, judge, read_feed};
