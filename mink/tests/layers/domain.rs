//! Tills, and a shop that uses two of them.

use mink::app::MinkBuilder;
use mink::prelude::*;
use tokio::sync::Notify;

#[event]
pub(crate) struct Paid {
    pub(crate) cents: u64,
}

/// A till breaks when it hears of it.
#[event]
pub(crate) struct Jammed {}

#[command]
pub(crate) struct Pay {
    pub(crate) till_id: String,
    pub(crate) cents: u64,
}

#[command]
pub(crate) struct Jam {
    pub(crate) till_id: String,
}

/// Waits for ever.
#[command]
pub(crate) struct Ponder {
    pub(crate) till_id: String,
}

/// Pays at one till, appends to a second one, commits a session of a third one, and then does as it is told.
#[command]
pub(crate) struct PayEverywhere {
    pub(crate) then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Then {
    Answer,
    Refuse,
    Panic,
    Ponder,
}

#[derive(Aggregate, Default)]
pub(crate) struct Till {
    pub(crate) cents: u64,
}

#[handlers]
impl Till {
    fn pay(&self, command: Pay) -> Paid {
        Paid {
            cents: command.cents,
        }
    }
    fn jam(&self, _: Jam) -> Jammed {
        Jammed {}
    }
    async fn ponder(&self, _: Ponder, ponders: &Ponders) -> Paid {
        ponders.0.notify_one();
        std::future::pending().await
    }

    fn paid(&mut self, event: &Paid) {
        self.cents += event.cents;
    }
    fn jammed(&mut self, _: &Jammed) {
        panic!("the till says {}", self.cents);
    }
}

/// Tells when a handler waits.
#[derive(Default)]
pub(crate) struct Ponders(pub(crate) Notify);

#[derive(Debug, PartialEq)]
pub(crate) struct NoMore;

impl std::fmt::Display for NoMore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no more")
    }
}

impl std::error::Error for NoMore {}

#[handler]
async fn pay_everywhere(
    command: PayEverywhere,
    app: &Mink,
    ponders: &Ponders,
) -> Result<(), NoMore> {
    app.dispatch(pay("dispatched", 1)).await.unwrap();
    app.append::<Till>("appended", ExpectedVersion::Any, Paid { cents: 1 })
        .await
        .unwrap();
    let mut session = app.session::<Till>("session").await.unwrap();
    session.execute(pay("session", 1)).await.unwrap();
    session.commit().await.unwrap();
    match command.then {
        Then::Answer => Ok(()),
        Then::Refuse => Err(NoMore),
        Then::Panic => panic!("as this test wants it"),
        Then::Ponder => {
            ponders.0.notify_one();
            std::future::pending().await
        }
    }
}

pub(crate) fn pay(till: &str, cents: u64) -> Pay {
    Pay {
        till_id: till.to_owned(),
        cents,
    }
}

pub(crate) fn ponder() -> Ponder {
    Ponder {
        till_id: "1".to_owned(),
    }
}

pub(crate) fn builder() -> MinkBuilder {
    Mink::builder().url("memory://").service(Ponders::default())
}

pub(crate) async fn cents(app: &Mink, till: &str) -> u64 {
    app.load::<Till>(till).await.map_or(0, |till| till.cents)
}
