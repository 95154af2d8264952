//! A domain that knows mink as `m`.

use m::prelude::*;

/// It went up.
#[event(encrypt = "by")]
pub struct Counted {
    /// By whom.
    pub by: String,
}

/// Count.
#[command]
pub struct Count {
    /// Which counter.
    pub id: u64,
    /// By whom.
    pub by: String,
}

/// A counter.
#[derive(m::Aggregate, Default)]
pub struct Counter {
    count: u32,
}

#[m::handlers]
impl Counter {
    fn count(&self, command: Count) -> Counted {
        Counted { by: command.by }
    }
    fn counted(&mut self, _: &Counted) {
        self.count += 1;
    }
}

/// The same through a path that the attribute names.
pub mod by_path {
    /// What the attribute's `crate` leads to.
    pub mod reexport {
        pub use m as mink;
    }

    /// It went down.
    #[m::event(crate = crate::by_path::reexport::mink)]
    pub struct Lowered;
}
