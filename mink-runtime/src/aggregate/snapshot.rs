use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use sha2::{Digest, Sha256};

use super::{Aggregate, AggregateHandlers};
use crate::schema::{Shape, TypeSchema, TypeShape};
use crate::storage::Fingerprint;

/// A state that a snapshot can keep: it can be written and read, and says what it looks like.
#[diagnostic::on_unimplemented(
    message = "a snapshot cannot keep the state `{Self}`",
    label = "`{Self}` is not `Serialize`, `Deserialize` and `Shape`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize, mink::Shape)]` to `{Self}`"
)]
pub trait SnapshotState: Serialize + DeserializeOwned + Shape {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Shape> SnapshotState for T {}

/// An aggregate of which snapshots are kept. `#[aggregate(snapshot(...))]` implements it; this is the hand-written twin:
///
/// ```
/// use mink_runtime::aggregate::{Aggregate, SnapshotPolicy, Snapshotted};
/// use mink_runtime::schema::{Field, Shape, StructShape, TypeShape};
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct Account { balance: u64 }
///
/// impl Shape for Account {
///     const SHAPE: TypeShape = TypeShape::Struct(StructShape {
///         name: "Account",
///         fields: &[Field { name: "balance", shape: u64::SHAPE, default: false }],
///     });
/// }
///
/// impl Aggregate for Account {
///     const NAME: &'static str = "Account";
///     const SNAPSHOTS: Option<SnapshotPolicy<Self>> = Some(<Self as Snapshotted>::POLICY);
/// }
///
/// impl Snapshotted for Account {
///     const POLICY: SnapshotPolicy<Self> = SnapshotPolicy::manual().every(100);
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "no snapshots are kept of `{Self}`",
    label = "`{Self}` keeps no snapshots",
    note = "add `#[aggregate(snapshot)]` to `{Self}`, or `#[aggregate(snapshot(every = 100))]` to have them taken by themselves"
)]
pub trait Snapshotted: Aggregate {
    /// When they are taken, and how.
    const POLICY: SnapshotPolicy<Self>;
}

/// When a snapshot of an aggregate is taken, and how its state is written and read.
///
/// Each of the conditions is enough; none means only when it is asked for.
pub struct SnapshotPolicy<A> {
    pub(crate) every: Option<u64>,
    pub(crate) after: Option<Duration>,
    pub(crate) bytes: Option<u64>,
    pub(crate) version: u32,
    pub(crate) shape: TypeShape,
    pub(crate) write: fn(&A) -> Result<Vec<u8>, serde_json::Error>,
    pub(crate) read: fn(&[u8]) -> Result<A, serde_json::Error>,
}

impl<A> SnapshotPolicy<A> {
    /// Only when it is asked for, version 1.
    #[must_use]
    pub const fn manual() -> Self
    where
        A: SnapshotState,
    {
        Self {
            every: None,
            after: None,
            bytes: None,
            version: 1,
            shape: A::SHAPE,
            write: |state| serde_json::to_vec(state),
            read: |payload| serde_json::from_slice(payload),
        }
    }

    /// After so many events since the last one.
    #[must_use]
    pub const fn every(mut self, events: u64) -> Self {
        self.every = Some(events);
        self
    }

    /// When the last one is so old and there are events since. Without a last one, the first event counts.
    #[must_use]
    pub const fn after(mut self, age: Duration) -> Self {
        self.after = Some(age);
        self
    }

    /// After events of so many bytes of payload since the last one.
    #[must_use]
    pub const fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// The version of the way the state is made from the events. Raise it when a method that evolves was corrected:
    /// snapshots of another version are ignored and replaced.
    #[must_use]
    pub const fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }
}

impl<A: AggregateHandlers> SnapshotPolicy<A> {
    /// Of everything that a kept state depends on besides the stored events: its shape, the events that it evolves from
    /// with the versions that this program knows, and the version that its author gives. A snapshot under another one
    /// is ignored.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut events: Vec<_> = A::EVOLVERS
            .iter()
            .map(|evolver| (evolver.name, evolver.version))
            .collect();
        events.sort_unstable();
        let shape = TypeSchema::of(&self.shape);
        // of plain text and numbers, which `Debug` writes alike in every build
        let text = format!("{KEPT} {} {events:?} {shape:?}", self.version);
        Fingerprint(Sha256::digest(text).into())
    }
}

/// Changes with the way in which mink itself keeps states.
const KEPT: &str = "mink snapshot 1";

impl<A> Clone for SnapshotPolicy<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for SnapshotPolicy<A> {}

impl<A> std::fmt::Debug for SnapshotPolicy<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SnapshotPolicy")
            .field("every", &self.every)
            .field("after", &self.after)
            .field("bytes", &self.bytes)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
