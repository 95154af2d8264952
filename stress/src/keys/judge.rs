//! Compares all answers to a command with each other, and with what happened.

use std::collections::HashMap;
use std::fmt;

use super::effects::Effects;
use super::line::{Kind, Order};

/// What is known of one command.
#[derive(Debug, Clone)]
pub struct Record {
    /// The command.
    pub order: Order,
    /// Every answer, whole.
    pub answers: Vec<String>,
    /// Why copies were not answered.
    pub failures: Vec<String>,
    /// How often the method ran, for each process that may have called it once.
    pub runs: Vec<u32>,
    /// Whether others wrote to the same account, so that a decision may have been taken anew.
    pub is_contended: bool,
    /// Whether a process was killed before it had answered: what it did outside may be done again.
    pub was_interrupted: bool,
    /// Whether the table held its event when the process was killed that had not answered it.
    pub was_committed: bool,
}

impl Record {
    /// Of a command that was not sent yet.
    #[must_use]
    pub fn new(order: Order) -> Self {
        Self {
            order,
            answers: Vec::new(),
            failures: Vec::new(),
            runs: Vec::new(),
            is_contended: false,
            was_interrupted: false,
            was_committed: false,
        }
    }

    /// Notes how one copy ended.
    pub fn note(&mut self, answer: Result<String, String>) {
        match answer {
            Ok(answer) => self.answers.push(answer),
            Err(reason) => self.failures.push(reason),
        }
    }
}

/// Every command, by its tag.
pub type Records = HashMap<String, Record>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    /// It took effect more than once.
    Doubled(usize),
    /// It was answered and took no effect, or a copy was never answered.
    Lost(String),
    /// Two answers differ, or they do not name the event that there is.
    Unequal(String),
    /// One process called its method more than once for copies that came together.
    RanAgain(u32),
}

/// What all of it came to.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// How many commands were sent in copies.
    pub rounds: usize,
    /// How many events and calls outside they have caused.
    pub effects: usize,
    /// How many answers were compared.
    pub answers: usize,
    /// How many commands took effect more than once.
    pub doubled: usize,
    /// How many were answered without an effect, or not answered.
    pub lost: usize,
    /// How many have answers that differ.
    pub unequal: usize,
    /// How many were handled more than once by one process.
    pub ran_again: usize,
    /// How many calls outside were made again after a kill, as they may be.
    pub called_again: usize,
    /// How many kills there were.
    pub kills: usize,
    /// How many of the kills hit a command that had begun and was not answered.
    pub in_flight: usize,
    /// How many of the kills hit a command between its method and its answer.
    pub between: usize,
    /// How many commands were in the table when the process was killed that had not answered them.
    pub committed_unanswered: usize,
    /// Each fault, with its command.
    pub faults: Vec<String>,
}

impl Verdict {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.doubled + self.lost + self.unequal + self.ran_again == 0 && self.faults.is_empty()
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.rounds += other.rounds;
        self.effects += other.effects;
        self.answers += other.answers;
        self.doubled += other.doubled;
        self.lost += other.lost;
        self.unequal += other.unequal;
        self.ran_again += other.ran_again;
        self.called_again += other.called_again;
        self.kills += other.kills;
        self.in_flight += other.in_flight;
        self.between += other.between;
        self.committed_unanswered += other.committed_unanswered;
        self.faults.extend(other.faults);
        self
    }

    /// Judges every command.
    #[must_use]
    pub fn of(records: &Records, effects: &Effects) -> Self {
        let mut verdict = Self {
            rounds: records.len(),
            effects: effects.events.values().map(Vec::len).sum::<usize>()
                + effects.outside.values().sum::<usize>(),
            ..Self::default()
        };
        for (tag, record) in records {
            let events = effects.events.get(tag).map_or(&[][..], Vec::as_slice);
            let called = effects.outside.get(tag).copied().unwrap_or_default();
            verdict.answers += record.answers.len();
            verdict.committed_unanswered += usize::from(record.was_committed);
            if record.was_interrupted {
                verdict.called_again += called.saturating_sub(1);
            }
            for fault in faults(record, events, called) {
                match fault {
                    Fault::Doubled(_) => verdict.doubled += 1,
                    Fault::Lost(_) => verdict.lost += 1,
                    Fault::Unequal(_) => verdict.unequal += 1,
                    Fault::RanAgain(_) => verdict.ran_again += 1,
                }
                let kind = record.order.kind;
                verdict.faults.push(format!("{kind:?} {tag}: {fault:?}"));
            }
        }
        for tag in effects.events.keys().chain(effects.outside.keys()) {
            if !records.contains_key(tag) {
                verdict.faults.push(format!("{tag} was never sent"));
            }
        }
        verdict
    }
}

fn faults(record: &Record, events: &[String], called: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(reason) = record.failures.first() {
        faults.push(Fault::Lost(reason.clone()));
    }
    let (happened, wanted) = match record.order.kind {
        Kind::Accepted => (events.len(), 1),
        Kind::Refused | Kind::Nothing => (events.len(), 0),
        Kind::Function if record.was_interrupted => (called.min(1), 1),
        Kind::Function => (called, 1),
    };
    if happened > wanted {
        faults.push(Fault::Doubled(happened));
    }
    if let Some(first) = record.answers.first() {
        if let Some(other) = record.answers.iter().find(|answer| *answer != first) {
            faults.push(Fault::Unequal(format!("{first} and {other}")));
        }
        if happened < wanted {
            faults.push(Fault::Lost(format!("answered with {first}")));
        } else if record.order.kind == Kind::Accepted && !events.iter().any(|id| first.contains(id))
        {
            faults.push(Fault::Unequal(format!("{first} names none of {events:?}")));
        }
    }
    if !record.is_contended {
        let again = record.runs.iter().copied().find(|runs| *runs > 1);
        faults.extend(again.map(Fault::RanAgain));
    }
    faults
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "rounds={} effects={} answers={} doubled={} lost={} unequal={} ran_again={} kills={} in_flight={} between={} committed_unanswered={} called_again={} faults={}",
            self.rounds,
            self.effects,
            self.answers,
            self.doubled,
            self.lost,
            self.unequal,
            self.ran_again,
            self.kills,
            self.in_flight,
            self.between,
            self.committed_unanswered,
            self.called_again,
            self.faults.len(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(kind: Kind, answers: &[&str], events: &[&str], called: usize) -> Vec<Fault> {
        let mut record = Record::new(Order::new(kind, "a", 2));
        record.answers = answers.iter().map(ToString::to_string).collect();
        let events: Vec<String> = events.iter().map(ToString::to_string).collect();
        faults(&record, &events, called)
    }

    #[test]
    fn one_effect_and_equal_answers_that_name_it_are_good() {
        assert_eq!(judged(Kind::Accepted, &["[id]", "[id]"], &["id"], 0), []);
        assert_eq!(judged(Kind::Refused, &["no", "no"], &[], 0), []);
        assert_eq!(judged(Kind::Nothing, &["1", "1"], &[], 0), []);
        assert_eq!(judged(Kind::Function, &["x", "x"], &[], 1), []);
    }

    #[test]
    fn a_second_effect_is_noticed() {
        let second = [Fault::Doubled(2)];
        assert_eq!(judged(Kind::Accepted, &["[a]"], &["a", "b"], 0), second);
        assert_eq!(judged(Kind::Function, &["x", "x"], &[], 2), second);
        assert_eq!(
            judged(Kind::Refused, &["no"], &["a"], 0),
            [Fault::Doubled(1)]
        );
    }

    #[test]
    fn an_effect_that_is_missing_is_noticed() {
        for faults in [
            judged(Kind::Function, &["x"], &[], 0),
            judged(Kind::Accepted, &["[a]"], &[], 0),
        ] {
            assert!(matches!(faults[..], [Fault::Lost(_)]), "{faults:?}");
        }
    }

    #[test]
    fn answers_that_differ_or_name_another_effect_are_noticed() {
        for faults in [
            judged(Kind::Refused, &["no", "no", "yes"], &[], 0),
            judged(Kind::Accepted, &["[a]", "[a]"], &["b"], 0),
        ] {
            assert!(matches!(faults[..], [Fault::Unequal(_)]), "{faults:?}");
        }
    }

    #[test]
    fn a_method_that_one_process_called_twice_is_noticed_unless_others_wrote_too() {
        let mut record = Record::new(Order::new(Kind::Nothing, "a", 2));
        record.runs = vec![1, 2];
        assert_eq!(faults(&record, &[], 0), [Fault::RanAgain(2)]);
        record.is_contended = true;
        assert_eq!(faults(&record, &[], 0), []);
    }

    #[test]
    fn a_copy_that_failed_is_noticed() {
        let mut record = Record::new(Order::new(Kind::Nothing, "a", 2));
        record.note(Err("the store is closed".into()));
        let faults = faults(&record, &[], 0);
        assert!(matches!(faults[..], [Fault::Lost(_)]), "{faults:?}");
    }

    #[test]
    fn what_nobody_sent_is_noticed() {
        let mut effects = Effects::default();
        effects.outside.insert("tag".into(), 1);
        assert!(!Verdict::of(&Records::new(), &effects).is_good());
    }
}
