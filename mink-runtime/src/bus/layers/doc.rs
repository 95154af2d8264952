//! What the examples and tests of the layers share: an account, written by hand.

use std::borrow::Cow;

use crate::aggregate::{Aggregate, AggregateHandlers, Applies, Decider, Decides, Evolver};
use crate::app::{Mink, MinkBuilder};
use crate::command::{
    Command, CommandContext, CommandJson, MissingService, Routed, Rules, Validate, ValidationErrors,
};
use crate::event::Event;
use crate::registry::{Location, Registry};
use crate::schema::{Field, Shape, StructShape, TypeShape};
use crate::storage::MemoryStore;

/// An application with an empty store in memory.
#[must_use]
pub fn builder() -> MinkBuilder {
    let registry = Registry::by_hand()
        .event::<Deposited>()
        .command::<Deposit>()
        .command::<Withdraw>()
        .command::<Break>()
        .aggregate::<Account>()
        .build();
    Mink::builder()
        .storage(MemoryStore::new())
        .registry(registry)
        .route::<Deposit, _>()
}

/// Puts money in. None is not valid.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Deposit {
    /// Into which account.
    pub account_id: String,
    /// How much.
    pub amount: u64,
}

impl Deposit {
    /// So much into this account.
    #[must_use]
    pub fn new(account_id: &str, amount: u64) -> Self {
        Self {
            account_id: account_id.to_owned(),
            amount,
        }
    }
}

impl Validate for Deposit {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        if self.amount == 0 {
            errors.add("amount", "is zero");
        }
        errors.into_result()
    }
}

impl Command for Deposit {
    const NAME: &'static str = "Deposit";
    const JSON: Option<CommandJson<Self>> = Some(CommandJson::by_serde());
    const RULES: Option<Rules<Self>> = Some(Self::validate);
    fn aggregate_id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.account_id)
    }
}

/// Takes money out, which the account always refuses.
#[derive(Clone)]
pub struct Withdraw(String);

impl Withdraw {
    /// From this account.
    #[must_use]
    pub fn new(account_id: &str) -> Self {
        Self(account_id.to_owned())
    }
}

impl Command for Withdraw {
    const NAME: &'static str = "Withdraw";
    fn aggregate_id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }
}

/// Breaks its handler.
#[derive(Clone)]
pub struct Break(String);

impl Break {
    /// The handler of this account.
    #[must_use]
    pub fn new(account_id: &str) -> Self {
        Self(account_id.to_owned())
    }
}

impl Command for Break {
    const NAME: &'static str = "Break";
    fn aggregate_id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }
}

/// Money was put in.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Deposited {
    /// How much.
    pub amount: u64,
}

impl Shape for Deposited {
    const SHAPE: TypeShape = TypeShape::Struct(StructShape {
        name: "Deposited",
        fields: &[Field {
            name: "amount",
            shape: <u64 as Shape>::SHAPE,
            default: false,
        }],
    });
}

impl Event for Deposited {
    const NAME: &'static str = "Deposited";
}

/// Nobody may take money out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the account is frozen")]
pub struct Frozen;

/// An account.
#[derive(Default)]
pub struct Account {
    /// What is in it.
    pub balance: u64,
}

impl Aggregate for Account {
    const NAME: &'static str = "Account";
}

impl Applies<Deposited> for Account {
    fn apply(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }
}

impl Routed<Account> for Deposit {}
impl Routed<Account> for Withdraw {}
impl Routed<Account> for Break {}

impl Decides<Deposit> for Account {
    type Decision = Deposited;

    async fn decide(
        &self,
        command: Deposit,
        _: &CommandContext,
    ) -> Result<Deposited, MissingService> {
        Ok(Deposited {
            amount: command.amount,
        })
    }
}

impl Decides<Withdraw> for Account {
    type Decision = Result<(), Frozen>;

    async fn decide(
        &self,
        _: Withdraw,
        _: &CommandContext,
    ) -> Result<Self::Decision, MissingService> {
        Ok(Err(Frozen))
    }
}

impl Decides<Break> for Account {
    type Decision = ();

    #[allow(clippy::panic, reason = "it is what the examples need")]
    async fn decide(&self, command: Break, _: &CommandContext) -> Result<(), MissingService> {
        panic!("the handler of account {} is broken", command.0)
    }
}

impl AggregateHandlers for Account {
    const EVOLVERS: &'static [Evolver<Self>] =
        &[Evolver::of::<Deposited>(Location::new(file!(), line!()))];
    const DECIDERS: &'static [Decider] = &[
        Decider::of::<Deposit, Self, std::convert::Infallible>(
            &[],
            Location::new(file!(), line!()),
        ),
        Decider::of::<Withdraw, Self, Frozen>(&[], Location::new(file!(), line!())),
        Decider::of::<Break, Self, std::convert::Infallible>(&[], Location::new(file!(), line!())),
    ];
}
