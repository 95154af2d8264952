//! Random commits, compared with a model that is too simple to be wrong.

use std::collections::HashMap;
use std::sync::Arc;

use super::ground::{
    Ground, bare, expect_committed, expect_conflict, expect_reused, same_events, stream,
};
use crate::id::{EventId, Position, StreamId, TenantId};
use crate::storage::{
    Append, Commit, CommitError, ConcurrencyConflict, ExpectedVersion, FeedFilter, NewEvent,
    RecordedEvent,
};

const STEPS: usize = 150;
const STREAMS: [&str; 4] = ["Order-1", "Order-2", "Invoice-1", "Order"];

pub(super) async fn random_commits_agree_with_a_model(at: Ground) {
    let seed = std::env::var("MINK_CONFORMANCE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    eprintln!("MINK_CONFORMANCE_SEED={seed} repeats these commits");
    let (ours, theirs) = at.both_elsewhere().await;
    let tenants = [ours, theirs];
    let mut random = Random(seed | 1);
    let mut model = Model::default();
    let mut earlier: Vec<Arc<Commit>> = Vec::new();
    for step in 0..STEPS {
        let commit = if !earlier.is_empty() && random.below(5) == 0 {
            earlier[random.below(earlier.len())].clone()
        } else {
            let fresh = new_commit(&tenants, &model, &earlier, &mut random);
            earlier.push(fresh.clone());
            fresh
        };
        let answer = tenants[random.below(2)].submit(&commit).await;
        let promise = format!("step {step} of seed {seed} agrees with the model");
        match model.commit(&tenants, &commit) {
            Answer::Done {
                versions,
                recognised,
            } => {
                expect_committed(answer, &commit, &versions, recognised, &promise);
            }
            Answer::Reused(first) => match answer {
                Err(CommitError::EventIdReused { id, .. }) if model.stored(&commit, id) => {}
                answer => expect_reused(answer, first, &promise),
            },
            // Any of several conflicts may be the one that is named.
            Answer::Conflicts(conflicts) => match answer {
                Err(CommitError::Conflict(conflict)) if conflicts.contains(&conflict) => {}
                answer => {
                    let first = &conflicts[0];
                    expect_conflict(answer, &first.stream, first.expected, first.actual);
                }
            },
        }
    }

    let promise = format!("after all steps of seed {seed}");
    let feed = tenants[0]
        .feed(Position::START, &FeedFilter::all(), 64)
        .await;
    let positions: Vec<_> = feed.iter().map(|event| event.position.0).collect();
    let gapless: Vec<_> = (1..=model.log.len() as u64).collect();
    assert_eq!(positions, gapless, "{promise}: positions have no gaps");
    same_in_any_commit_order(bare(feed), &model, &promise);
    for at in &tenants {
        for name in STREAMS {
            let stream = stream(name);
            let expected = model.of(&at.tenant, &stream);
            match at.read(&stream).await {
                Ok(read) => same_events(&read, &expected, &promise),
                Err(error) => assert!(expected.is_empty(), "{promise}: {error}"),
            }
        }
    }
    tenants[0].store.close().await;
}

/// Commits come one after the other, so the feed is theirs in order; within one commit over several streams only
/// each stream's own order is promised.
fn same_in_any_commit_order(mut feed: Vec<RecordedEvent>, model: &Model, promise: &str) {
    let place: HashMap<_, _> = model
        .log
        .iter()
        .map(|(commit, event)| ((event.tenant.clone(), event.id), *commit))
        .collect();
    let mut log: Vec<_> = model.log.iter().map(|(_, event)| event.clone()).collect();
    let key = |event: &RecordedEvent| place.get(&(event.tenant.clone(), event.id)).copied();
    assert!(
        feed.is_sorted_by_key(key),
        "{promise}: the feed keeps the order of commits that followed each other"
    );
    for events in [&mut feed, &mut log] {
        events.sort_by_key(|event| (key(event), event.tenant.clone(), event.stream.clone()));
    }
    same_events(&feed, &log, promise);
}

fn new_commit(
    tenants: &[Ground; 2],
    model: &Model,
    earlier: &[Arc<Commit>],
    random: &mut Random,
) -> Arc<Commit> {
    let at = &tenants[random.below(2)];
    let first = random.below(STREAMS.len());
    let count = 1 + usize::from(random.below(4) == 0);
    let mut appends: Vec<Append> = Vec::new();
    for offset in 0..count {
        let stream = stream(STREAMS[(first + offset) % STREAMS.len()]);
        let version = model.of(&at.tenant, &stream).len() as u64;
        let expected = match random.below(8) {
            0 => ExpectedVersion::NoStream,
            1 => ExpectedVersion::StreamExists,
            2 => ExpectedVersion::Exact(version + 1),
            3 => ExpectedVersion::Exact(version.saturating_sub(1)),
            4 | 5 => ExpectedVersion::Exact(version),
            _ => ExpectedVersion::Any,
        };
        let events = at.events(1 + random.below(5));
        appends.push(at.append(&stream, expected, &events));
    }
    if !earlier.is_empty() && random.below(10) == 0 {
        let known = &earlier[random.below(earlier.len())].appends[0];
        if let Some(event) = known.events.first()
            && known.tenant == at.tenant
        {
            appends[0].events.push(event.clone());
        }
    }
    Arc::new(Commit::new(appends))
}

enum Answer {
    Done {
        versions: Vec<u64>,
        recognised: bool,
    },
    Reused(EventId),
    Conflicts(Vec<ConcurrencyConflict>),
}

/// One list of events, each with the number of the commit that wrote it.
#[derive(Default)]
struct Model {
    log: Vec<(usize, RecordedEvent)>,
    commits: usize,
}

impl Model {
    fn of(&self, tenant: &TenantId, stream: &StreamId) -> Vec<RecordedEvent> {
        self.log
            .iter()
            .map(|(_, event)| event)
            .filter(|event| event.tenant == *tenant && event.stream == *stream)
            .cloned()
            .collect()
    }

    fn find(&self, tenant: &TenantId, id: EventId) -> Option<&RecordedEvent> {
        self.log
            .iter()
            .map(|(_, event)| event)
            .find(|event| event.tenant == *tenant && event.id == id)
    }

    fn stored(&self, commit: &Commit, id: EventId) -> bool {
        commit
            .appends
            .iter()
            .any(|append| self.find(&append.tenant, id).is_some())
    }

    fn commit(&mut self, tenants: &[Ground; 2], commit: &Commit) -> Answer {
        let pairs: Vec<(&Append, &NewEvent)> = commit
            .appends
            .iter()
            .flat_map(|append| append.events.iter().map(move |event| (append, event)))
            .collect();
        let known: Vec<_> = pairs
            .iter()
            .filter_map(|(append, event)| Some((*append, self.find(&append.tenant, event.id)?)))
            .collect();
        if let Some((_, first)) = known.first() {
            let first = first.id;
            let at_home = known
                .iter()
                .all(|(append, event)| append.stream == event.stream);
            if known.len() < pairs.len() || !at_home {
                return Answer::Reused(first);
            }
            let last = |append: &Append| {
                let id = append.events.last()?.id;
                Some(self.find(&append.tenant, id)?.version)
            };
            return Answer::Done {
                versions: commit.appends.iter().filter_map(last).collect(),
                recognised: true,
            };
        }
        let conflicts: Vec<_> = commit
            .appends
            .iter()
            .map(|append| ConcurrencyConflict {
                stream: append.stream.clone(),
                expected: append.expected,
                actual: self.of(&append.tenant, &append.stream).len() as u64,
            })
            .filter(|found| !found.expected.holds_at(found.actual))
            .collect();
        if !conflicts.is_empty() {
            return Answer::Conflicts(conflicts);
        }
        let mut versions = Vec::new();
        for append in &commit.appends {
            let before = self.of(&append.tenant, &append.stream).len() as u64;
            let at = &tenants[usize::from(append.tenant != tenants[0].tenant)];
            let recorded = at.recorded(&append.stream, before + 1, &append.events);
            versions.push(before + append.events.len() as u64);
            let commit = self.commits;
            self.log
                .extend(recorded.into_iter().map(|event| (commit, event)));
        }
        self.commits += 1;
        Answer::Done {
            versions,
            recognised: false,
        }
    }
}

/// Xorshift: the same numbers from the same seed, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound
    }
}
