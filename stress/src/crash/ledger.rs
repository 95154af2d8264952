//! What a killed process had announced and what it had been answered, as its parent read it from a pipe.

use std::collections::HashMap;

/// How far a commit had come when its process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Announced; the answer never came.
    InFlight,
    /// Answered `Ok`, at this time in microseconds since 1970.
    Acknowledged(i64),
    /// Answered with an error that says that nothing was written.
    Refused,
    /// Answered that the outcome is not known.
    Unknown,
}

/// One line of the pipe. Shorter than the pipe's atomic size, so a killed writer leaves whole lines only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A commit of this many events is about to be submitted.
    Announced(String, u32),
    /// What became of it, and why when it is no success.
    Answered(String, Fate, String),
}

impl Line {
    /// As it goes through the pipe, with its newline.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Announced(commit, of) => format!("S {commit} {of}\n"),
            Self::Answered(commit, Fate::Acknowledged(at), _) => format!("A {commit} {at}\n"),
            Self::Answered(commit, fate, reason) => {
                let mark = if *fate == Fate::Refused { 'R' } else { 'U' };
                let reason: String = reason
                    .chars()
                    .take(300)
                    .map(|c| if c == '\n' { ' ' } else { c })
                    .collect();
                format!("{mark} {commit} {reason}\n")
            }
        }
    }

    /// The line that was written; `None` for anything else.
    #[must_use]
    pub fn decode(line: &str) -> Option<Self> {
        let (mark, rest) = line.split_once(' ')?;
        let (commit, value) = rest.split_once(' ')?;
        let commit = commit.to_owned();
        let answered = |fate| Some(Self::Answered(commit.clone(), fate, value.to_owned()));
        match mark {
            "S" => Some(Self::Announced(commit, value.parse().ok()?)),
            "A" => answered(Fate::Acknowledged(value.parse().ok()?)),
            "R" => answered(Fate::Refused),
            "U" => answered(Fate::Unknown),
            _ => None,
        }
    }
}

/// Every commit that any process announced.
#[derive(Debug, Default)]
pub struct Ledger {
    commits: HashMap<String, (u32, Fate)>,
    refusals: Vec<String>,
}

impl Ledger {
    /// Takes in one line.
    pub fn note(&mut self, line: Line) {
        match line {
            Line::Announced(commit, of) => {
                self.commits.insert(commit, (of, Fate::InFlight));
            }
            Line::Answered(commit, fate, reason) => {
                if let Some((_, known)) = self.commits.get_mut(&commit) {
                    *known = fate;
                }
                if fate == Fate::Refused || fate == Fate::Unknown {
                    self.refusals.push(reason);
                }
            }
        }
    }

    /// How many events the commit has and what became of it; `None` when nobody announced it.
    #[must_use]
    pub fn commit(&self, commit: &str) -> Option<(u32, Fate)> {
        self.commits.get(commit).copied()
    }

    /// Every commit.
    pub fn commits(&self) -> impl Iterator<Item = (&str, u32, Fate)> {
        self.commits
            .iter()
            .map(|(commit, (of, fate))| (commit.as_str(), *of, *fate))
    }

    /// How many commits have this fate.
    pub fn count(&self, is: impl Fn(Fate) -> bool) -> usize {
        self.commits.values().filter(|(_, fate)| is(*fate)).count()
    }

    /// How many commits have been answered `Ok`.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.count(|fate| matches!(fate, Fate::Acknowledged(_)))
    }

    /// Why commits were refused or left unknown.
    #[must_use]
    pub fn refusals(&self) -> &[String] {
        &self.refusals
    }

    /// Takes in all that another ledger knows.
    pub fn absorb(&mut self, other: Self) {
        self.commits.extend(other.commits);
        self.refusals.extend(other.refusals);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_comes_back_as_it_went() {
        for line in [
            Line::Announced("c".into(), 4),
            Line::Answered("c".into(), Fate::Acknowledged(12), "12".into()),
            Line::Answered("c".into(), Fate::Refused, "no room".into()),
            Line::Answered("c".into(), Fate::Unknown, "lost".into()),
        ] {
            let text = line.encode();
            assert_eq!(Line::decode(text.trim_end()), Some(line));
        }
        assert_eq!(Line::decode("S"), None);
    }
}
