//! What a writer submits next: one to nine events in one to three streams, chosen by a seeded source of chance.

use fastrand::Rng;
use mink_runtime::app::{BatchError, Mink};
use mink_runtime::bus::DispatchError;
use mink_runtime::storage::{CommitError, ExpectedVersion};
use uuid::Uuid;

use crate::domain::{Ledger, Part, Write};

/// The second of the two tenants; the first is the default one. Both use the same names of streams.
pub const TENANT: &str = "acme";

/// One commit: which tenant's, and what goes to which ledger.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Names the commit.
    pub commit: String,
    /// Whether it is [`TENANT`]'s.
    pub is_tenant: bool,
    /// The ledgers and their events, in order.
    pub writes: Vec<Write>,
    /// Whether a commit to a single ledger goes through a command.
    pub by_command: bool,
}

impl Plan {
    /// Plans a commit of the writer `writer`, which has four ledgers of its own and shares `shared` with all others.
    pub fn next(rng: &mut Rng, writer: &str, shared: usize) -> Self {
        let commit = Uuid::from_u128(rng.u128(..)).to_string();
        let mut ledgers: Vec<String> = (0..rng.usize(1..=3))
            .map(|_| match rng.bool() {
                true => format!("{writer}.{}", rng.u8(0..4)),
                false => format!("shared.{}", rng.usize(0..shared.max(1))),
            })
            .collect();
        ledgers.sort_unstable();
        ledgers.dedup();
        let counts: Vec<u32> = ledgers.iter().map(|_| rng.u32(1..=3)).collect();
        let of = counts.iter().sum();
        let mut number = 0;
        let writes = ledgers
            .into_iter()
            .zip(counts)
            .map(|(ledger, count)| Write {
                ledger,
                parts: (0..count)
                    .map(|_| {
                        let length = rng.usize(0..120);
                        let filler = (0..length).map(|_| rng.alphanumeric()).collect();
                        let part = Part::new(&commit, number, of, filler);
                        number += 1;
                        part
                    })
                    .collect(),
            })
            .collect();
        Self {
            commit,
            is_tenant: rng.bool(),
            writes,
            by_command: rng.bool(),
        }
    }

    /// How many events it has.
    #[must_use]
    pub fn events(&self) -> u32 {
        self.writes
            .iter()
            .map(|write| u32::try_from(write.parts.len()).unwrap_or_default())
            .sum()
    }

    /// Writes it through `dispatch`, `append` or a batch.
    ///
    /// # Errors
    /// What became of it, in words, and whether it may have been written all the same.
    pub async fn submit(self, default: &Mink, tenant: &Mink) -> Result<(), Failed> {
        let app = if self.is_tenant { tenant } else { default };
        let by_command = self.by_command;
        let mut writes = self.writes;
        if writes.len() > 1 {
            let mut batch = app.batch();
            for write in writes {
                batch = batch.append::<Ledger>(write.ledger, ExpectedVersion::Any, write.parts)?;
            }
            batch.commit().await?;
            return Ok(());
        }
        let Some(write) = writes.pop() else {
            return Ok(());
        };
        if by_command {
            app.dispatch(write).await?;
        } else {
            app.append::<Ledger>(write.ledger, ExpectedVersion::Any, write.parts)
                .await?;
        }
        Ok(())
    }
}

/// Why a plan was not carried out.
#[derive(Debug)]
pub struct Failed {
    /// It may have been written all the same.
    pub unknown: bool,
    /// In words.
    pub reason: String,
}

impl From<BatchError> for Failed {
    fn from(error: BatchError) -> Self {
        Self {
            unknown: matches!(
                error,
                BatchError::Commit(CommitError::OutcomeUnknown { .. })
            ),
            reason: error.to_string(),
        }
    }
}

impl<E: std::fmt::Display + std::error::Error> From<DispatchError<E>> for Failed {
    fn from(error: DispatchError<E>) -> Self {
        Self {
            unknown: error.is_outcome_unknown(),
            reason: error.to_string(),
        }
    }
}
