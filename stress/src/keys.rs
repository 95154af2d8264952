//! Idempotency keys under fire: copies of one command that race in two processes, and processes that are killed
//! between a command and its answer.
//!
//! **Problem.** A key that is looked up and recorded in two steps is right in every test of one process.
//! **Mechanism.** Child processes dispatch what their parent orders and say through a pipe when a command begins, when
//! its method runs and what the answer is. The parent sends copies to both at once, or kills one and sends the same
//! commands to the next; then it compares all answers with each other, and with what the tables hold.
//! **Cost.** About a third of a second per kill, and some hundredths per key.

mod domain;
mod effects;
mod judge;
mod kill;
mod line;
mod node;
mod race;

pub use effects::Effects;
pub use judge::{Record, Records, Verdict};
pub use kill::{Kills, kill};
pub use line::{Kind, Line, Order};
pub use node::{Here, HolderOptions, Node, Process, run as run_holder};
pub use race::{Race, race};
