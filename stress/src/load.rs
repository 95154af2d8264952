//! How long an aggregate takes to load, with a snapshot and without.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use mink_runtime::aggregate::{
    Aggregate, AggregateHandlers, Applies, Decider, Evolver, SnapshotPolicy, Snapshotted,
};
use mink_runtime::app::Mink;
use mink_runtime::registry::{Location, Registry};
use mink_runtime::schema::{Field, Shape, StructShape, TypeShape};
use mink_runtime::storage::ExpectedVersion;
use serde::{Deserialize, Serialize};

use crate::domain::Part;

/// How many events go into one commit.
const COMMIT: u64 = 5_000;

/// Counts its events, of which snapshots are kept on demand.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    parts: u64,
    last: String,
}

/// The same aggregate without snapshots.
#[derive(Debug, Default)]
pub struct Plain(Kept);

impl Kept {
    fn part(&mut self, part: &Part) {
        self.parts += 1;
        self.last.clone_from(&part.tag);
    }
}

impl Shape for Kept {
    const SHAPE: TypeShape = TypeShape::Struct(StructShape {
        name: "Kept",
        fields: &[
            Field {
                name: "parts",
                shape: <u64 as Shape>::SHAPE,
                default: false,
            },
            Field {
                name: "last",
                shape: <String as Shape>::SHAPE,
                default: false,
            },
        ],
    });
}

impl Aggregate for Kept {
    const NAME: &'static str = "Long";
    const SNAPSHOTS: Option<SnapshotPolicy<Self>> = Some(<Self as Snapshotted>::POLICY);
}

impl Snapshotted for Kept {
    const POLICY: SnapshotPolicy<Self> = SnapshotPolicy::manual();
}

impl Aggregate for Plain {
    const NAME: &'static str = "Long";
}

impl Applies<Part> for Kept {
    fn apply(&mut self, part: &Part) {
        self.part(part);
    }
}

impl Applies<Part> for Plain {
    fn apply(&mut self, part: &Part) {
        self.0.part(part);
    }
}

impl AggregateHandlers for Kept {
    const EVOLVERS: &'static [Evolver<Self>] =
        &[Evolver::of::<Part>(Location::new(file!(), line!()))];
    const DECIDERS: &'static [Decider] = &[];
}

impl AggregateHandlers for Plain {
    const EVOLVERS: &'static [Evolver<Self>] =
        &[Evolver::of::<Part>(Location::new(file!(), line!()))];
    const DECIDERS: &'static [Decider] = &[];
}

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub struct LoadTimes {
    /// The median of loads from the first event on.
    pub without: Duration,
    /// The median of loads from a snapshot that is `behind` events old.
    pub with: Duration,
}

impl LoadTimes {
    /// How many times as fast a load is with a snapshot.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.without.as_secs_f64() / self.with.as_secs_f64()
    }
}

/// Writes an aggregate of so many events whose snapshot is `behind` events old, and loads it.
///
/// # Errors
/// The store's, and when the two ways lead to different states.
pub async fn measure(url: &str, events: u64, behind: u64) -> Result<LoadTimes> {
    let open = |registry| Mink::builder().url(url).registry(registry).open();
    let kept = open(
        Registry::by_hand()
            .event::<Part>()
            .aggregate::<Kept>()
            .build(),
    )
    .await?;
    let plain = open(
        Registry::by_hand()
            .event::<Part>()
            .aggregate::<Plain>()
            .build(),
    )
    .await?;
    append(&kept, 0, events - behind).await?;
    kept.snapshot::<Kept>("1").await?;
    append(&kept, events - behind, events).await?;

    let without = median(5, || async {
        Ok(plain.load::<Plain>("1").await?.into_state().0)
    })
    .await?;
    let with = median(200, || async {
        Ok(kept.load::<Kept>("1").await?.into_state())
    })
    .await?;
    if without.1 != with.1 || with.1.parts != events {
        bail!(
            "the states differ: {} and {} events",
            without.1.parts,
            with.1.parts
        );
    }
    if kept.snapshot_stats().used < 200 {
        bail!("the snapshot was not used");
    }
    kept.shutdown().await?;
    plain.shutdown().await?;
    Ok(LoadTimes {
        without: without.0,
        with: with.0,
    })
}

async fn append(app: &Mink, from: u64, to: u64) -> Result<()> {
    let mut version = from;
    while version < to {
        let count = COMMIT.min(to - version);
        let parts: Vec<_> = (0..count)
            .map(|number| {
                Part::new(
                    &format!("c{version}"),
                    number as u32,
                    count as u32,
                    String::new(),
                )
            })
            .collect();
        let expected = ExpectedVersion::Exact(version);
        app.append::<Kept>("1", expected, parts).await?;
        version += count;
    }
    Ok(())
}

async fn median<F>(loads: usize, load: impl Fn() -> F) -> Result<(Duration, Kept)>
where
    F: Future<Output = Result<Kept>>,
{
    let mut times = Vec::new();
    let mut state = load().await?;
    for _ in 0..loads {
        let began = Instant::now();
        state = load().await?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok((times[times.len() / 2], state))
}
