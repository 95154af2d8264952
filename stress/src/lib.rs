//! Proves what the stores promise, with real processes, real servers and real kills.
//!
//! * [`feed`]: every committed event is delivered once, in order, soon, whatever the writers do.
//! * [`crash`]: an acknowledged commit is there whole after a crash, any other whole or not at all.
//! * [`flush`]: no acknowledgement precedes its flush.
//! * [`keys`]: a command with a key takes effect once, whoever sends it how often, and whoever is killed meanwhile.
//! * [`load`]: how long an aggregate takes to load, with a snapshot and without.
//! * [`retry`]: a server that restarts amid dispatches loses none, doubles none, and no answer lies.
//! * [`proxy`]: counts round trips on the wire, and cuts connections where it hurts.
//!
//! Each judge is a value that is tested to catch the faults it exists for.

pub mod crash;
pub mod domain;
pub mod feed;
pub mod flush;
pub mod keys;
pub mod load;
pub mod plan;
pub mod proxy;
pub mod retry;
pub mod server;
pub mod store;
