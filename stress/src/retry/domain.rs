//! Pages that numbers are written on, each number once.

use mink::bus::DispatchError;
use mink::prelude::*;
use mink_runtime::bus::DispatchOptions;
use mink_runtime::id::EventId;
use mink_runtime::registry::Registry;

/// A number stands on a page.
#[event]
pub struct Written {
    /// The dispatch's own.
    pub number: u64,
}

/// Writes a number on a page.
#[command]
pub struct Write {
    /// The page.
    pub page_id: u64,
    /// The dispatch's own.
    pub number: u64,
}

/// Has a number written on a page by whoever does that.
#[command]
pub struct PassOn {
    /// The page.
    pub page: u64,
    /// The dispatch's own.
    pub number: u64,
    /// Whether what is passed on has an idempotency key.
    pub keyed: bool,
}

/// It could not be passed on.
#[derive(Debug, Clone, thiserror::Error)]
#[error("could not pass it on: {reason}")]
pub struct NotPassedOn {
    /// Whether the number may be written all the same.
    pub may_have_happened: bool,
    /// In words.
    pub reason: String,
}

/// The event that came of it.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct Passed {
    /// Its id.
    pub event: EventId,
}

/// Counts what stands on it.
#[derive(Aggregate, Default)]
pub struct Page {
    numbers: u64,
}

#[handlers]
impl Page {
    fn write(&self, command: Write) -> Written {
        Written {
            number: command.number,
        }
    }

    fn written(&mut self, _event: &Written) {
        self.numbers += 1;
    }
}

#[handler]
async fn pass_on(command: PassOn, app: &Mink) -> Result<Passed, NotPassedOn> {
    let write = Write {
        page_id: command.page,
        number: command.number,
    };
    let mut options = DispatchOptions::new();
    if command.keyed {
        options = options.idempotency_key(format!("passed on {}", command.number));
    }
    match app.dispatch_with(write, options).await {
        Ok(receipt) => match receipt.event_ids() {
            [event] => Ok(Passed { event: *event }),
            others => Err(NotPassedOn {
                may_have_happened: true,
                reason: format!("{} events came of one number", others.len()),
            }),
        },
        Err(error) => Err(NotPassedOn {
            may_have_happened: DispatchError::is_outcome_unknown(&error),
            reason: error.to_string(),
        }),
    }
}

/// This domain's registry, without what else is linked.
#[must_use]
pub fn registry() -> Registry {
    Registry::by_hand()
        .event::<Written>()
        .command::<Write>()
        .command::<PassOn>()
        .aggregate::<Page>()
        .handler::<PassOn, _>()
        .build()
}
