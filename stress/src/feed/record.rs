//! What the writers of a run said, gathered in one ledger.

use std::sync::{Arc, Mutex, PoisonError};

use crate::crash::{Fate, Ledger, Line};

/// A ledger that many tasks write into. Cloning gives another handle.
#[derive(Debug, Clone, Default)]
pub struct Record {
    ledger: Arc<Mutex<Ledger>>,
    aloud: bool,
}

impl Record {
    /// A record that also says every line on the standard output, for a parent to read.
    #[must_use]
    pub fn aloud() -> Self {
        Self {
            aloud: true,
            ..Self::default()
        }
    }

    /// A commit is about to be submitted.
    pub fn announce(&self, commit: &str, of: u32) {
        self.note(Line::Announced(commit.to_owned(), of));
    }

    /// What became of it.
    pub fn answer(&self, commit: &str, fate: Fate, reason: &str) {
        self.note(Line::Answered(commit.to_owned(), fate, reason.to_owned()));
    }

    /// It was answered `Ok` just now.
    pub fn acknowledge(&self, commit: &str) {
        let now = chrono::Utc::now().timestamp_micros();
        self.answer(commit, Fate::Acknowledged(now), "");
    }

    /// Takes in the ledger of a child.
    pub fn absorb(&self, ledger: Ledger) {
        self.lock().absorb(ledger);
    }

    /// How many commits were answered `Ok`.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.lock().acknowledged()
    }

    /// All that was said. Leaves the record empty.
    #[must_use]
    pub fn take(&self) -> Ledger {
        std::mem::take(&mut *self.lock())
    }

    fn note(&self, line: Line) {
        if self.aloud {
            use std::io::Write;
            let mut pipe = std::io::stdout().lock();
            // a parent that no longer listens ends this process by closing its input
            let _ = pipe.write_all(line.encode().as_bytes());
            let _ = pipe.flush();
        }
        self.lock().note(line);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
