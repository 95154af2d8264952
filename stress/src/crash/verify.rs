//! Judges a store after a crash: acknowledged commits whole, the others whole or absent, streams and feed gapless.

use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::{Context, Result};
use mink_runtime::id::Position;
use mink_runtime::storage::{FeedFilter, Storage};

use super::ledger::{Fate, Ledger};
use crate::domain::Part;
use crate::feed::{Delivered, FeedChecker, Stored};

/// What was found in a store.
#[derive(Debug, Default)]
pub struct Verdict {
    /// One sentence per fault.
    pub faults: Vec<String>,
    /// How many events are in the feed.
    pub events: usize,
    /// How many commits that were never answered are there, whole.
    pub unanswered_present: usize,
    /// How many commits that were never answered are not there.
    pub unanswered_absent: usize,
}

/// An event of the feed with what its payload says.
#[derive(Debug, Clone)]
pub struct Found {
    /// What was delivered.
    pub delivered: Delivered,
    /// The payload, when it could be read.
    pub part: Option<Part>,
}

/// Reads the whole feed.
///
/// # Errors
/// The store's.
pub async fn read_feed(store: &dyn Storage) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut after = Position::START;
    loop {
        let page = store
            .read_feed(after, &FeedFilter::all(), 4096)
            .await
            .context("reading the feed after the crash")?;
        for item in page.events {
            found.push(Found {
                part: serde_json::from_slice(&item.event.payload).ok(),
                delivered: Delivered::from(item),
            });
        }
        if page.next == page.head {
            return Ok(found);
        }
        after = page.next;
    }
}

/// Judges what is in the feed and in the table by what the ledger knows.
#[must_use]
pub fn judge(feed: &[Found], table: Vec<Stored>, ledger: &Ledger) -> Verdict {
    let mut verdict = Verdict {
        events: feed.len(),
        ..Verdict::default()
    };
    let deliveries: Vec<Delivered> = feed.iter().map(|found| found.delivered.clone()).collect();
    let faults = FeedChecker::new(table).check(&[deliveries]);
    if !faults.is_none() {
        verdict
            .faults
            .push(format!("the feed and the table differ: {faults:?}"));
    }
    let mut commits: HashMap<&str, (u32, BTreeSet<u32>)> = HashMap::new();
    for found in feed {
        let position = found.delivered.position;
        let Some(part) = &found.part else {
            let fault = format!("the payload at position {position} cannot be read");
            verdict.faults.push(fault);
            continue;
        };
        let Some((commit, number)) = part.verified() else {
            let fault = format!("the payload at position {position} is damaged");
            verdict.faults.push(fault);
            continue;
        };
        let (of, numbers) = commits.entry(commit).or_default();
        *of = part.of;
        if !numbers.insert(number) {
            let fault = format!("event {number} of commit {commit} is there twice");
            verdict.faults.push(fault);
        }
    }
    for (commit, (of, numbers)) in &commits {
        if !numbers.iter().copied().eq(0..*of) {
            let there = numbers.len();
            let fault = format!("commit {commit} is there in part: {there} of {of} events");
            verdict.faults.push(fault);
        }
        match ledger.commit(commit) {
            None => verdict
                .faults
                .push(format!("commit {commit} is there, but nobody submitted it")),
            Some((announced, _)) if announced != *of => verdict.faults.push(format!(
                "commit {commit} has {of} events, announced were {announced}"
            )),
            Some((_, Fate::Refused)) => verdict.faults.push(format!(
                "commit {commit} is there, but its writer was told that nothing was written"
            )),
            Some((_, Fate::InFlight | Fate::Unknown)) => verdict.unanswered_present += 1,
            Some((_, Fate::Acknowledged(_))) => {}
        }
    }
    let there: HashSet<&str> = commits.keys().copied().collect();
    for (commit, _, fate) in ledger.commits() {
        match fate {
            Fate::Acknowledged(_) if !there.contains(commit) => verdict
                .faults
                .push(format!("commit {commit} was acknowledged and is gone")),
            Fate::InFlight | Fate::Unknown if !there.contains(commit) => {
                verdict.unanswered_absent += 1;
            }
            _ => {}
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crash::ledger::Line;
    use uuid::Uuid;

    fn found(position: u64, commit: &str, number: u32, of: u32) -> Found {
        Found {
            delivered: Delivered {
                position,
                event: Stored {
                    id: Uuid::from_u128(position.into()),
                    tenant: "".into(),
                    stream: "L-1".into(),
                    version: position,
                },
            },
            part: Some(Part::new(commit, number, of, String::new())),
        }
    }

    fn table(feed: &[Found]) -> Vec<Stored> {
        feed.iter()
            .map(|found| found.delivered.event.clone())
            .collect()
    }

    fn ledger(fates: &[(&str, u32, Fate)]) -> Ledger {
        let mut ledger = Ledger::default();
        for (commit, of, fate) in fates {
            ledger.note(Line::Announced((*commit).into(), *of));
            if *fate != Fate::InFlight {
                ledger.note(Line::Answered((*commit).into(), *fate, String::new()));
            }
        }
        ledger
    }

    const ACKNOWLEDGED: Fate = Fate::Acknowledged(0);

    #[test]
    fn whole_commits_have_no_fault_answered_or_not() {
        let feed = [
            found(1, "a", 0, 1),
            found(2, "b", 0, 2),
            found(3, "b", 1, 2),
        ];
        let ledger = ledger(&[
            ("a", 1, ACKNOWLEDGED),
            ("b", 2, Fate::InFlight),
            ("c", 2, Fate::InFlight),
        ]);
        let verdict = judge(&feed, table(&feed), &ledger);
        assert_eq!(verdict.faults, Vec::<String>::new());
        assert_eq!(
            (verdict.unanswered_present, verdict.unanswered_absent),
            (1, 1)
        );
    }

    fn only_fault(feed: &[Found], table: Vec<Stored>, ledger: &Ledger) -> String {
        let faults = judge(feed, table, ledger).faults;
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.into_iter().next().unwrap_or_default()
    }

    #[test]
    fn an_acknowledged_commit_that_is_gone_is_a_fault() {
        let fault = only_fault(&[], Vec::new(), &ledger(&[("a", 1, ACKNOWLEDGED)]));
        assert!(fault.contains("is gone"), "{fault}");
    }

    #[test]
    fn a_commit_that_is_there_in_part_is_a_fault() {
        let feed = [found(1, "a", 0, 2)];
        let fault = only_fault(&feed, table(&feed), &ledger(&[("a", 2, Fate::InFlight)]));
        assert!(fault.contains("in part"), "{fault}");
    }

    #[test]
    fn a_refused_commit_that_is_there_is_a_fault() {
        let feed = [found(1, "a", 0, 1)];
        let fault = only_fault(&feed, table(&feed), &ledger(&[("a", 1, Fate::Refused)]));
        assert!(fault.contains("nothing was written"), "{fault}");
    }

    #[test]
    fn a_feed_that_differs_from_the_table_is_a_fault() {
        let feed = [found(1, "a", 0, 1), found(2, "b", 0, 1)];
        let ledger = ledger(&[("a", 1, ACKNOWLEDGED), ("b", 1, ACKNOWLEDGED)]);
        let fault = only_fault(&feed, table(&feed[..1]), &ledger);
        assert!(fault.contains("differ"), "{fault}");
    }

    #[test]
    fn a_damaged_payload_is_a_fault() {
        let mut feed = [found(1, "a", 0, 1)];
        if let Some(part) = &mut feed[0].part {
            part.filler.push('x');
        }
        let fault = only_fault(&feed, table(&feed), &ledger(&[("a", 1, Fate::InFlight)]));
        assert!(fault.contains("damaged"), "{fault}");
    }
}
