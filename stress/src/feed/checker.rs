//! Compares what readers were delivered with what was committed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

/// One event as the table holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub tenant: Arc<str>,
    /// The stream it is in.
    pub stream: Arc<str>,
    /// Its place in that stream.
    pub version: u64,
}

/// One event as a reader was delivered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The position it came with.
    pub position: u64,
    /// The event.
    pub event: Stored,
}

/// What is wrong with a feed; all zero when nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedFaults {
    /// Committed events that a reader was not delivered, summed over the readers.
    pub missed: usize,
    /// Deliveries of an event that the same reader had before.
    pub duplicates: usize,
    /// Deliveries of an event behind a later event of the same stream.
    pub inversions: usize,
    /// Deliveries whose position is not the one after the position before.
    pub gaps: usize,
    /// Positions at which two readers were delivered different events.
    pub disagreements: usize,
    /// Deliveries of what was never committed, or of another stream or version than was committed.
    pub phantoms: usize,
    /// Streams whose committed versions are not 1, 2, 3 and so on.
    pub broken_streams: usize,
}

impl FeedFaults {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Holds what was committed, and judges deliveries by it.
#[derive(Debug, Default)]
pub struct FeedChecker {
    committed: HashMap<(Arc<str>, Uuid), Stored>,
    broken_streams: usize,
}

impl FeedChecker {
    /// A checker that knows every committed event.
    #[must_use]
    pub fn new(committed: impl IntoIterator<Item = Stored>) -> Self {
        let mut versions: HashMap<(Arc<str>, Arc<str>), Vec<u64>> = HashMap::new();
        let committed: HashMap<_, _> = committed
            .into_iter()
            .map(|event| {
                versions
                    .entry((event.tenant.clone(), event.stream.clone()))
                    .or_default()
                    .push(event.version);
                ((event.tenant.clone(), event.id), event)
            })
            .collect();
        let is_broken = |versions: &mut Vec<u64>| {
            versions.sort_unstable();
            !(1..).zip(versions.iter()).all(|(n, version)| n == *version)
        };
        let broken_streams = versions
            .values_mut()
            .filter_map(|versions| is_broken(versions).then_some(()))
            .count();
        Self {
            committed,
            broken_streams,
        }
    }

    /// How many events were committed.
    #[must_use]
    pub fn committed(&self) -> usize {
        self.committed.len()
    }

    /// Whether an event is among the committed.
    #[must_use]
    pub fn holds(&self, tenant: &Arc<str>, id: Uuid) -> bool {
        self.committed.contains_key(&(tenant.clone(), id))
    }

    /// Judges the deliveries of several readers, each of which read from the start.
    #[must_use]
    pub fn check(&self, readers: &[Vec<Delivered>]) -> FeedFaults {
        let mut faults = FeedFaults {
            broken_streams: self.broken_streams,
            ..FeedFaults::default()
        };
        let mut places: HashMap<u64, Uuid> = HashMap::new();
        let mut disputed: HashSet<u64> = HashSet::new();
        for deliveries in readers {
            self.check_one(deliveries, &mut faults);
            for delivered in deliveries {
                let first = places
                    .entry(delivered.position)
                    .or_insert(delivered.event.id);
                if *first != delivered.event.id {
                    disputed.insert(delivered.position);
                }
            }
        }
        faults.disagreements = disputed.len();
        faults
    }

    fn check_one(&self, deliveries: &[Delivered], faults: &mut FeedFaults) {
        let mut seen = HashSet::with_capacity(deliveries.len());
        let mut known = 0;
        let mut newest: HashMap<(&str, &str), u64> = HashMap::new();
        let mut last = 0;
        for Delivered { position, event } in deliveries {
            if *position != last + 1 {
                faults.gaps += 1;
            }
            last = *position;
            let key = (event.tenant.clone(), event.id);
            let is_committed = self.committed.get(&key) == Some(event);
            if !is_committed {
                faults.phantoms += 1;
            }
            if seen.insert(key) {
                known += usize::from(is_committed);
            } else {
                faults.duplicates += 1;
                continue;
            }
            let newest = newest.entry((&event.tenant, &event.stream)).or_default();
            if event.version < *newest {
                faults.inversions += 1;
            }
            *newest = event.version.max(*newest);
        }
        faults.missed += self.committed.len().saturating_sub(known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u128, version: u64) -> Stored {
        Stored {
            id: Uuid::from_u128(number),
            tenant: "".into(),
            stream: "S-1".into(),
            version,
        }
    }

    fn feed(events: &[Stored]) -> Vec<Delivered> {
        (1..)
            .zip(events)
            .map(|(position, event)| Delivered {
                position,
                event: event.clone(),
            })
            .collect()
    }

    fn three() -> Vec<Stored> {
        (1..=3).map(|n| event(n.into(), n)).collect()
    }

    fn faults(readers: &[Vec<Delivered>]) -> FeedFaults {
        FeedChecker::new(three()).check(readers)
    }

    #[test]
    fn a_feed_that_is_right_has_no_faults() {
        assert!(faults(&[feed(&three()), feed(&three())]).is_none());
    }

    #[test]
    fn an_event_that_never_came_is_missed() {
        let found = faults(&[feed(&three()[..2]), feed(&three())]);
        assert_eq!(
            found,
            FeedFaults {
                missed: 1,
                ..FeedFaults::default()
            }
        );
    }

    #[test]
    fn an_event_that_came_twice_is_a_duplicate() {
        let mut twice = three();
        twice.push(event(3, 3));
        let found = faults(&[feed(&twice)]);
        assert_eq!(
            found,
            FeedFaults {
                duplicates: 1,
                ..FeedFaults::default()
            }
        );
    }

    #[test]
    fn an_event_that_came_behind_its_successor_is_an_inversion() {
        let mut events = three();
        events.swap(1, 2);
        let found = faults(&[feed(&events)]);
        assert_eq!(
            found,
            FeedFaults {
                inversions: 1,
                ..FeedFaults::default()
            }
        );
    }

    #[test]
    fn a_position_that_was_left_out_is_a_gap() {
        let mut deliveries = feed(&three());
        deliveries[2].position = 4;
        let found = faults(&[deliveries]);
        assert_eq!(
            found,
            FeedFaults {
                gaps: 1,
                ..FeedFaults::default()
            }
        );
    }

    #[test]
    fn two_readers_with_different_events_at_one_position_disagree() {
        let mut other_stream = event(9, 1);
        other_stream.stream = "S-2".into();
        let mut committed = three();
        committed.push(other_stream.clone());
        let early: Vec<_> = [other_stream.clone()].into_iter().chain(three()).collect();
        let late: Vec<_> = three().into_iter().chain([other_stream]).collect();
        let found = FeedChecker::new(committed).check(&[feed(&early), feed(&late)]);
        assert_eq!(
            found,
            FeedFaults {
                disagreements: 4,
                ..FeedFaults::default()
            }
        );
    }

    #[test]
    fn an_event_that_was_never_committed_is_a_phantom() {
        let mut events = three();
        events.push(event(4, 4));
        let found = faults(&[feed(&events)]);
        assert_eq!(
            found,
            FeedFaults {
                phantoms: 1,
                ..FeedFaults::default()
            }
        );
    }

    #[test]
    fn a_stream_that_lacks_a_version_is_broken() {
        let mut events = three();
        events.remove(1);
        let found = FeedChecker::new(events.clone()).check(&[feed(&events)]);
        assert_eq!(
            found,
            FeedFaults {
                broken_streams: 1,
                ..FeedFaults::default()
            }
        );
    }
}
