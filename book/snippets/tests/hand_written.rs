//! The twin of the macros: the same domain with plain traits and a registry built by hand.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use std::borrow::Cow;

use mink::Shape;
use mink::aggregate::{Aggregate, AggregateHandlers, Applies, Decider, Decides, Evolver};
use mink::app::Mink;
use mink::command::{Command, CommandContext, MissingService, Routed, ServiceNeed};
use mink::event::{Event, Upcast, UpcastOutcome, UpcastStep};
use mink::id::AggregateId;
use mink::registry::{Location, Registry};
use mink::schema::{Field, StructShape, TypeShape};
use mink::storage::MemoryStore;
use mink::testing::{Fixture, check_registry};

// ANCHOR: event
#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Deposited {
    pub cents: u64,
    pub channel: String,
}

impl Shape for Deposited {
    const SHAPE: TypeShape = TypeShape::Struct(StructShape {
        name: "Deposited",
        fields: &[
            Field {
                name: "cents",
                shape: u64::SHAPE,
                default: false,
            },
            Field {
                name: "channel",
                shape: String::SHAPE,
                default: false,
            },
        ],
    });
}

impl Event for Deposited {
    const NAME: &'static str = "Deposited";
    const VERSION: u32 = 3;
    const UPCASTS: &'static [Upcast<Self>] = &[
        // upcast(1 => in_cents, 2 => DepositedV2)
        Upcast {
            from: 1,
            step: UpcastStep::Json(|value| in_cents(value).into_outcome()),
        },
        Upcast {
            from: 2,
            step: UpcastStep::Typed(|stored| Ok(stored.read::<DepositedV2>()?.into())),
        },
    ];
}
// ANCHOR_END: event

fn in_cents(mut value: serde_json::Value) -> serde_json::Value {
    let amount = value["amount"].as_u64().unwrap_or_default();
    value["cents"] = (amount * 100).into();
    value
}

#[derive(serde::Deserialize)]
struct DepositedV2 {
    cents: u64,
}

impl From<DepositedV2> for Deposited {
    fn from(old: DepositedV2) -> Self {
        Self {
            cents: old.cents,
            channel: "branch".into(),
        }
    }
}

// ANCHOR: command
#[derive(Clone)]
pub struct Deposit {
    pub account_id: u64,
    pub cents: u64,
}

impl Command for Deposit {
    const NAME: &'static str = "Deposit";

    fn aggregate_id(&self) -> Cow<'_, str> {
        self.account_id.id_text()
    }
}
// ANCHOR_END: command

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("more than the account may hold")]
pub struct TooMuch;

pub struct Limit(pub u64);

// ANCHOR: aggregate
#[derive(Default)]
pub struct Account {
    cents: u64,
}

impl Aggregate for Account {
    const NAME: &'static str = "Account";
}

impl Account {
    async fn deposit(&self, command: Deposit, limit: &Limit) -> Result<Deposited, TooMuch> {
        if self.cents + command.cents > limit.0 {
            return Err(TooMuch);
        }
        Ok(Deposited {
            cents: command.cents,
            channel: "web".into(),
        })
    }
}
// ANCHOR_END: aggregate

// ANCHOR: evolves
impl Applies<Deposited> for Account {
    fn apply(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }
}
// ANCHOR_END: evolves

// ANCHOR: decides
impl Routed<Account> for Deposit {}

impl Decides<Deposit> for Account {
    type Decision = Result<Deposited, TooMuch>;

    async fn decide(
        &self,
        command: Deposit,
        context: &CommandContext,
    ) -> Result<Self::Decision, MissingService> {
        let limit = context.service::<Limit>()?;
        Ok(self.deposit(command, limit).await)
    }
}
// ANCHOR_END: decides

// ANCHOR: table
impl AggregateHandlers for Account {
    const EVOLVERS: &'static [Evolver<Self>] =
        &[Evolver::of::<Deposited>(Location::new(file!(), line!()))];
    const DECIDERS: &'static [Decider] = &[Decider::of::<Deposit, Account, TooMuch>(
        &[ServiceNeed::of::<Limit>()],
        Location::new(file!(), line!()),
    )];
}
// ANCHOR_END: table

// ANCHOR: registry
fn registry() -> Registry {
    Registry::by_hand()
        .event::<Deposited>()
        .command::<Deposit>()
        .aggregate::<Account>()
        .build()
}

async fn open() -> Mink {
    Mink::builder()
        .storage(MemoryStore::new())
        .registry(registry())
        .service(Limit(10_000))
        .open()
        .await
        .unwrap()
}
// ANCHOR_END: registry

#[tokio::test]
async fn a_program_without_macros_runs() {
    let app = open().await;
    let deposit = Deposit {
        account_id: 7,
        cents: 6_000,
    };
    app.dispatch(deposit.clone()).await.unwrap();
    let refused = app.dispatch(deposit).await.unwrap_err();
    assert_eq!(refused.rejection(), Some(&TooMuch));
    assert_eq!(app.load::<Account>(7).await.unwrap().cents, 6_000);
}

#[test]
fn a_program_without_macros_is_tested_alike() {
    let deposit = Deposit {
        account_id: 7,
        cents: 1,
    };
    Account::given(())
        .with_service(Limit(0))
        .when(deposit)
        .then_error(TooMuch);
}

// ANCHOR: registry_test
#[test]
fn every_event_survives_its_stored_form() {
    check_registry(&registry()).unwrap();
}
// ANCHOR_END: registry_test
