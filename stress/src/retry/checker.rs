//! The judge: what was answered beside what is stored.

use std::collections::{BTreeMap, BTreeSet};

use mink_runtime::id::EventId;

/// What a dispatch was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It was accepted, and this is its event.
    Ok(EventId),
    /// It may have taken effect.
    Unknown,
    /// It has taken no effect.
    Nothing,
}

/// An event in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: EventId,
    /// The number of the dispatch that it came of.
    pub number: u64,
}

/// What came of the comparison. The last four must be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// How many were dispatched.
    pub dispatches: usize,
    /// How many were accepted.
    pub ok: usize,
    /// How many ended with "it may have taken effect".
    pub unknown: usize,
    /// How many ended with "it has taken no effect".
    pub nothing: usize,
    /// Accepted, and the event of the receipt is not stored.
    pub lost: usize,
    /// Stored more than once.
    pub doubled: usize,
    /// Stored, although the answer was that nothing is.
    pub dishonest: usize,
    /// Stored, and never dispatched.
    pub foreign: usize,
}

impl Verdict {
    /// Whether everything that must be zero is.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lost + self.doubled + self.dishonest + self.foreign == 0
    }
}

/// Compares the answers, by the numbers of the dispatches, with the table.
#[must_use]
pub fn judge(answers: &BTreeMap<u64, Answer>, stored: &[Stored]) -> Verdict {
    let mut by_number: BTreeMap<u64, BTreeSet<EventId>> = BTreeMap::new();
    let mut foreign = 0;
    for event in stored {
        if answers.contains_key(&event.number) {
            by_number.entry(event.number).or_default().insert(event.id);
        } else {
            foreign += 1;
        }
    }
    let mut verdict = Verdict {
        dispatches: answers.len(),
        foreign,
        ..Verdict::default()
    };
    for (number, answer) in answers {
        let events = by_number.get(number);
        verdict.doubled += usize::from(events.is_some_and(|events| events.len() > 1));
        match answer {
            Answer::Ok(id) => {
                verdict.ok += 1;
                verdict.lost += usize::from(events.is_none_or(|events| !events.contains(id)));
            }
            Answer::Unknown => verdict.unknown += 1,
            Answer::Nothing => {
                verdict.nothing += 1;
                verdict.dishonest += usize::from(events.is_some());
            }
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [EventId; 3] = [
        EventId(uuid::Uuid::from_u128(1)),
        EventId(uuid::Uuid::from_u128(2)),
        EventId(uuid::Uuid::from_u128(3)),
    ];

    fn verdict(answers: &[Answer], stored: &[(u64, EventId)]) -> Verdict {
        let answers = (0..).zip(answers.iter().copied()).collect();
        let stored: Vec<_> = stored
            .iter()
            .map(|(number, id)| Stored {
                id: *id,
                number: *number,
            })
            .collect();
        judge(&answers, &stored)
    }

    #[test]
    fn what_was_answered_truly_is_good() {
        let answers = [
            Answer::Ok(IDS[0]),
            Answer::Unknown,
            Answer::Unknown,
            Answer::Nothing,
        ];
        let verdict = verdict(&answers, &[(0, IDS[0]), (1, IDS[1])]);
        assert!(verdict.is_good(), "{verdict:?}");
        assert_eq!((verdict.ok, verdict.unknown, verdict.nothing), (1, 2, 1));
    }

    #[test]
    fn an_accepted_dispatch_that_is_not_stored_is_lost_also_when_another_event_has_its_number() {
        assert_eq!(verdict(&[Answer::Ok(IDS[0])], &[]).lost, 1);
        assert_eq!(verdict(&[Answer::Ok(IDS[0])], &[(0, IDS[1])]).lost, 1);
    }

    #[test]
    fn a_dispatch_that_is_stored_twice_is_doubled_whatever_was_answered() {
        for answer in [Answer::Ok(IDS[0]), Answer::Unknown, Answer::Nothing] {
            let verdict = verdict(&[answer], &[(0, IDS[0]), (0, IDS[1])]);
            assert_eq!(verdict.doubled, 1, "{answer:?}");
            assert!(!verdict.is_good());
        }
    }

    #[test]
    fn what_is_stored_after_the_answer_that_nothing_is_was_answered_dishonestly() {
        assert_eq!(verdict(&[Answer::Nothing], &[(0, IDS[0])]).dishonest, 1);
    }

    #[test]
    fn what_nobody_dispatched_is_noticed() {
        assert_eq!(verdict(&[], &[(7, IDS[0])]).foreign, 1);
    }
}
