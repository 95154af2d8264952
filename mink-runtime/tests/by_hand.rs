//! The whole of what the macros generate, written by hand.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::borrow::Cow;
use std::future::Future;

use mink_runtime::aggregate::{
    Aggregate, AggregateHandlers, Applies, Decider, Decision, Events, Evolver, Handles, Refusal,
};
use mink_runtime::command::{Command, CommandContext, Routed, ServiceNeed};
use mink_runtime::event::{Event, Upcast, UpcastOutcome, UpcastStep};
use mink_runtime::registry::{AggregateEntry, CommandEntry, EventEntry, HandlersEntry, Location};
use mink_runtime::schema::{Field, Shape, StructShape, TypeShape, check_path};

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Deposited {
    amount: u64,
    email: String,
}

#[derive(serde::Deserialize)]
struct DepositedV2 {
    amount: u64,
}

impl From<DepositedV2> for Deposited {
    fn from(old: DepositedV2) -> Self {
        Self {
            amount: old.amount,
            email: String::new(),
        }
    }
}

fn cents(mut value: serde_json::Value) -> serde_json::Value {
    value["amount"] = (value["amount"].as_u64().unwrap_or_default() * 100).into();
    value
}

impl Shape for Deposited {
    const SHAPE: TypeShape = TypeShape::Struct(StructShape {
        name: "Deposited",
        fields: &[
            Field {
                name: "amount",
                shape: <u64 as Shape>::SHAPE,
                default: false,
            },
            Field {
                name: "email",
                shape: <String as Shape>::SHAPE,
                default: false,
            },
        ],
    });
}

impl Event for Deposited {
    const NAME: &'static str = "Deposited";
    const VERSION: u32 = 3;
    const ENCRYPTED: &'static [&'static str] = &["email"];
    const UPCASTS: &'static [Upcast<Self>] = &[
        Upcast {
            from: 1,
            step: UpcastStep::Json(|value| UpcastOutcome::into_outcome(cents(value))),
        },
        Upcast {
            from: 2,
            step: UpcastStep::Typed(|stored| {
                let old = stored.read::<DepositedV2>()?;
                Ok(<Self as From<DepositedV2>>::from(old))
            }),
        },
    ];
}

const _: () = assert!(check_path(&<Deposited as Shape>::SHAPE, "email").is_none());

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Deposit {
    account_id: String,
    amount: u64,
}

impl Command for Deposit {
    const NAME: &'static str = "Deposit";
    fn aggregate_id(&self) -> Cow<'_, str> {
        mink_runtime::id::AggregateId::id_text(&self.account_id)
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("too much")]
struct TooMuch;

struct Limit(u64);

#[derive(Default)]
struct Account {
    balance: u64,
}

impl Account {
    async fn deposit(&self, command: Deposit, limit: &Limit) -> Result<Deposited, TooMuch> {
        if self.balance + command.amount > limit.0 {
            return Err(TooMuch);
        }
        Ok(Deposited {
            amount: command.amount,
            email: String::new(),
        })
    }
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }
}

impl Aggregate for Account {
    const NAME: &'static str = "Account";
}

impl Applies<Deposited> for Account {
    fn apply(&mut self, event: &Deposited) {
        Account::deposited(self, event);
    }
}

impl Routed<Account> for Deposit {}

impl Handles<Deposit> for Account {
    type Error = <Result<Deposited, TooMuch> as Decision<Account>>::Error;

    fn handle<'a>(
        &'a self,
        command: Deposit,
        context: &'a CommandContext,
    ) -> impl Future<Output = Result<Events<Self>, Refusal<Self::Error>>> + Send + 'a {
        async move {
            let decided = Account::deposit(self, command, context.service::<Limit>()?).await;
            Decision::<Account>::into_decision(decided).map_err(Refusal::Domain)
        }
    }
}

impl AggregateHandlers for Account {
    const EVOLVERS: &'static [Evolver<Self>] =
        &[Evolver::of::<Deposited>(Location::new(file!(), line!()))];
    const DECIDERS: &'static [Decider] = &[Decider::of::<Deposit, Account>(
        &[ServiceNeed::of::<Limit>()],
        Location::new(file!(), line!()),
    )];
}

mink_runtime::inventory::submit! { EventEntry::of::<Deposited>(Location::new(file!(), line!())) }
mink_runtime::inventory::submit! { CommandEntry::of::<Deposit>(Location::new(file!(), line!())) }
mink_runtime::inventory::submit! { AggregateEntry::of::<Account>(Location::new(file!(), line!())) }
mink_runtime::inventory::submit! { HandlersEntry::of::<Account>(Location::new(file!(), line!())) }

#[test]
fn the_entries_are_collected_at_link_time() {
    let events: Vec<_> = mink_runtime::inventory::iter::<EventEntry>()
        .map(|e| e.name)
        .collect();
    assert_eq!(events, ["Deposited"]);
    let handlers: Vec<_> = mink_runtime::inventory::iter::<HandlersEntry>().collect();
    assert_eq!(handlers[0].decides[0].command, "Deposit");
}
