//! What the tests keep.

use mink::app::ChangeError;
use mink::archive::ArchiveError;
use mink::prelude::*;
use mink::registry::Registry;
use mink::storage::{FeedEvent, FeedFilter, RecordedEvent, StreamChanged, StreamQuery};

#[event]
pub(crate) struct Deposited {
    pub(crate) cents: u64,
}

#[event]
pub(crate) struct Carried {
    pub(crate) cents: u64,
    pub(crate) deposits: u64,
}

/// Says less than there is to say.
#[event]
pub(crate) struct Rounded {
    pub(crate) cents: u64,
}

/// Adds to what is there.
#[event]
pub(crate) struct Again {
    pub(crate) cents: u64,
    pub(crate) deposits: u64,
}

#[command]
pub(crate) struct Deposit {
    pub(crate) id: String,
    pub(crate) cents: u64,
}

#[derive(Aggregate, Default, Debug, PartialEq)]
pub(crate) struct Account {
    pub(crate) cents: u64,
    pub(crate) deposits: u64,
}

#[handlers]
impl Account {
    fn deposit(&self, command: Deposit) -> Deposited {
        Deposited {
            cents: command.cents,
        }
    }
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
        self.deposits += 1;
    }
    fn carried(&mut self, event: &Carried) {
        self.cents = event.cents;
        self.deposits = event.deposits;
    }
    fn rounded(&mut self, event: &Rounded) {
        self.cents = event.cents;
    }
    fn again(&mut self, event: &Again) {
        self.cents += event.cents;
        self.deposits += event.deposits;
    }
}

pub(crate) fn registry() -> Registry {
    Registry::by_hand()
        .event::<Deposited>()
        .event::<Carried>()
        .event::<Rounded>()
        .event::<Again>()
        .command::<Deposit>()
        .aggregate::<Account>()
        .build()
}

pub(crate) fn carry(account: &Account) -> Carried {
    Carried {
        cents: account.cents,
        deposits: account.deposits,
    }
}

pub(crate) async fn in_memory() -> Mink {
    let builder = Mink::builder().url("memory://").registry(registry());
    builder.open().await.unwrap()
}

/// Another process on the same store.
pub(crate) async fn another(app: &Mink) -> Mink {
    let builder = Mink::builder()
        .shared_storage(app.storage().clone())
        .registry(registry());
    builder.open().await.unwrap()
}

/// Deposits of 1, 2, 3 ... cents.
pub(crate) async fn deposits(app: &Mink, id: &str, count: u64) {
    for cents in 1..=count {
        deposit(app, id, cents).await;
    }
}

pub(crate) async fn deposit(app: &Mink, id: &str, cents: u64) {
    let id = id.to_owned();
    app.dispatch(Deposit { id, cents }).await.unwrap();
}

pub(crate) fn changed(events: u64, first: u64) -> StreamChanged {
    StreamChanged { events, first }
}

pub(crate) async fn events(app: &Mink, id: &str) -> Vec<RecordedEvent> {
    let stream = app.stream_of::<Account>(id).unwrap();
    let query = StreamQuery::new(app.tenant_id().clone(), stream);
    app.storage().read_stream(&query).await.unwrap().events
}

/// The tenant's feed, and how many places it skipped.
pub(crate) async fn feed(app: &Mink) -> (Vec<FeedEvent>, u64) {
    let filter = FeedFilter::tenant(app.tenant_id().clone());
    let (mut events, mut skipped) = (Vec::new(), 0);
    let mut after = mink::id::Position::START;
    loop {
        let page = app.storage().read_feed(after, &filter, 7).await.unwrap();
        events.extend(page.events);
        skipped += page.skipped;
        after = page.next;
        if page.next >= page.head {
            return (events, skipped);
        }
    }
}

pub(crate) fn of_the_archive(error: ChangeError) -> ArchiveError {
    match error {
        ChangeError::Archive(error) => error,
        other => panic!("not an error of the archive: {other}"),
    }
}
