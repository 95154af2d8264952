//! The whole of what the macros generate, written by hand.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::borrow::Cow;

use futures_util::StreamExt;
use mink_runtime::aggregate::{Aggregate, AggregateHandlers, Applies, Decider, Decides, Evolver};
use mink_runtime::app::{BatchError, Mink};
use mink_runtime::bus::{CommandFault, JsonDispatchError};
use mink_runtime::command::{
    Command, CommandContext, CommandJson, MissingService, Routed, ServiceNeed,
};
use mink_runtime::event::codec::Formats;
use mink_runtime::event::{Event, Upcast, UpcastOutcome, UpcastStep};
use mink_runtime::handler::{HandledBy, Handler};
use mink_runtime::id::{EventId, StreamId, TenantId};
use mink_runtime::metadata::Metadata;
use mink_runtime::pipeline::DecodeFault;
use mink_runtime::registry::{Location, Registry};
use mink_runtime::repository::LoadError;
use mink_runtime::schema::{Field, Shape, StructShape, TypeShape, check_path};
use mink_runtime::storage::{CommitError, ExpectedVersion, Format, MemoryStore, RecordedEvent};
use mink_runtime::testing::{Fixture, check_registry};

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
    const JSON: Option<CommandJson<Self>> = Some(CommandJson::by_serde());
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

impl Decides<Deposit> for Account {
    type Decision = Result<Deposited, TooMuch>;

    async fn decide(
        &self,
        command: Deposit,
        context: &CommandContext,
    ) -> Result<Self::Decision, MissingService> {
        Ok(Account::deposit(self, command, context.service::<Limit>()?).await)
    }
}

impl AggregateHandlers for Account {
    const EVOLVERS: &'static [Evolver<Self>] =
        &[Evolver::of::<Deposited>(Location::new(file!(), line!()))];
    const DECIDERS: &'static [Decider] = &[Decider::of::<Deposit, Account, TooMuch>(
        &[ServiceNeed::of::<Limit>()],
        Location::new(file!(), line!()),
    )];
}

#[derive(Clone)]
struct Greet {
    name: String,
}

impl Command for Greet {
    const NAME: &'static str = "Greet";
    fn aggregate_id(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
}

struct Greeter;

impl HandledBy<Greeter> for Greet {}

impl Handler<Greet> for Greeter {
    const NAME: &'static str = "greet";
    const SERVICES: &'static [ServiceNeed] = &[ServiceNeed::of::<Limit>()];
    type Returned = Result<String, TooMuch>;

    async fn handle(
        command: Greet,
        context: &CommandContext,
    ) -> Result<Self::Returned, MissingService> {
        let limit = context.service::<Limit>()?.0;
        let app = Mink::within(context)?;
        Ok(match app.load::<Account>(&*command.name).await {
            Ok(account) if account.balance == limit => Ok(format!("rich {}", command.name)),
            Ok(_) => Ok(command.name),
            Err(_) => Err(TooMuch),
        })
    }
}

fn registry() -> Registry {
    Registry::by_hand()
        .event::<Deposited>()
        .command::<Deposit>()
        .command::<Greet>()
        .aggregate::<Account>()
        .handler::<Greet, Greeter>()
        .build()
}

async fn open(limit: u64) -> Mink {
    Mink::builder()
        .storage(MemoryStore::new())
        .registry(registry())
        .service(Limit(limit))
        .route::<Deposit, _>()
        .store_encrypted_fields_in_clear_text()
        .open()
        .await
        .unwrap()
}

fn deposit(id: &str, amount: u64) -> Deposit {
    Deposit {
        account_id: id.to_owned(),
        amount,
    }
}

#[tokio::test]
async fn a_program_written_by_hand_dispatches_and_loads() {
    let app = open(100).await;
    let receipt = app.dispatch(deposit("1", 60)).await.unwrap();
    assert_eq!(receipt.version(), 1);
    assert_eq!(receipt.event::<Deposited>().unwrap().amount, 60);
    assert_eq!(app.load::<Account>("1").await.unwrap().balance, 60);
    let refused = app.dispatch(deposit("1", 60)).await.unwrap_err();
    assert_eq!(refused.rejection(), Some(&TooMuch));
}

#[tokio::test]
async fn a_handler_written_by_hand_takes_services_and_the_application() {
    let app = open(60).await;
    let greet = || Greet {
        name: "ada".to_owned(),
    };
    let nobody = app.dispatch(greet()).await.unwrap_err();
    assert_eq!(nobody.rejection(), Some(&TooMuch));
    app.dispatch(deposit("ada", 60)).await.unwrap();
    assert_eq!(app.dispatch(greet()).await.unwrap(), "rich ada");
}

#[tokio::test]
async fn a_command_written_by_hand_comes_by_name_when_it_has_a_route() {
    let app = open(100).await;
    let payload = serde_json::json!({"account_id": "1", "amount": 7});
    let receipt = app.dispatch_json("Deposit", &payload).await.unwrap();
    assert_eq!((receipt.version, receipt.event_ids.len()), (Some(1), 1));
    let payload = serde_json::json!({"account_id": "1", "amount": 700});
    let refused = app.dispatch_json("Deposit", &payload).await.unwrap_err();
    assert_eq!(refused.to_string(), "too much");
    let without = app.dispatch_json("Greet", &payload).await.unwrap_err();
    assert!(
        matches!(without, JsonDispatchError::NotSent { command: "Greet" }),
        "{without}"
    );
}

#[tokio::test]
async fn a_session_decides_many_commands_on_the_state_they_left_and_commits_them_together() {
    let app = open(100).await;
    let mut account = app.session::<Account>("1").await.unwrap();
    assert_eq!(account.execute(deposit("1", 60)).await.unwrap(), 1);
    assert_eq!(account.balance, 60);
    let refused = account.execute(deposit("1", 60)).await.unwrap_err();
    assert_eq!(refused.rejection(), Some(&TooMuch));
    account.execute(deposit("1", 40)).await.unwrap();
    assert_eq!(app.head().await.unwrap().0, 0, "nothing is written yet");
    let receipt = account.commit().await.unwrap();
    assert_eq!((receipt.version(), receipt.event_ids().len()), (2, 2));
    let stored = app.load::<Account>("1").await.unwrap();
    assert_eq!((stored.balance, stored.version()), (100, 2));
    let first = app.event(receipt.event_ids()[0]).await.unwrap().unwrap();
    let second = app.event(receipt.event_ids()[1]).await.unwrap().unwrap();
    assert_eq!(
        first.metadata.correlation_id,
        second.metadata.correlation_id
    );
    assert_ne!(first.metadata.causation_id, second.metadata.causation_id);
}

#[tokio::test]
async fn a_session_that_another_writer_overtook_gets_the_conflict_and_writes_nothing() {
    let app = open(100).await;
    let mut account = app.session::<Account>("1").await.unwrap();
    account.execute(deposit("1", 60)).await.unwrap();
    app.dispatch(deposit("1", 60)).await.unwrap();
    let overtaken = account.commit().await.unwrap_err();
    assert!(matches!(overtaken, CommitError::Conflict(conflict) if conflict.actual == 1));
    assert_eq!(app.load::<Account>("1").await.unwrap().version(), 1);
    let mut anew = app.session::<Account>("1").await.unwrap();
    assert!(anew.execute(deposit("1", 60)).await.is_err());
}

#[tokio::test]
async fn a_session_refuses_a_command_for_another_aggregate_and_commits_nothing_when_empty() {
    let app = open(100).await;
    let mut account = app.session::<Account>("1").await.unwrap();
    let refused = account.execute(deposit("2", 1)).await.unwrap_err();
    assert!(
        matches!(refused.fault(), Some(CommandFault::OtherAggregate { addressee, .. }) if addressee == "2")
    );
    let receipt = account.commit().await.unwrap();
    assert_eq!((receipt.version(), receipt.events().len()), (0, 0));
    assert!(app.load::<Account>("1").await.is_err());
}

#[tokio::test]
async fn metadata_reaches_the_events_without_being_passed_by_hand() {
    let app = open(100).await;
    let context = Metadata {
        user_id: Some("ada".to_owned()),
        ..Metadata::default()
    };
    let receipt = app
        .with_metadata(context)
        .dispatch(deposit("1", 1))
        .await
        .unwrap();
    let stored = app.event(receipt.event_ids()[0]).await.unwrap().unwrap();
    assert_eq!(stored.metadata.user_id.as_deref(), Some("ada"));
    assert!(stored.metadata.correlation_id.is_some());
    assert_eq!(stored.metadata.correlation_id, stored.metadata.causation_id);
}

#[tokio::test]
async fn a_tenant_never_meets_another() {
    let app = open(100).await;
    let acme = app.tenant("acme").unwrap();
    acme.dispatch(deposit("1", 60)).await.unwrap();
    assert!(matches!(
        app.load::<Account>("1").await,
        Err(LoadError::NotFound { .. })
    ));
    assert_eq!(acme.load::<Account>("1").await.unwrap().balance, 60);
    let seen: Vec<_> = app.feed().read().collect().await;
    assert!(seen.is_empty());
    let seen: Vec<_> = app.feed_of_all_tenants().read().collect().await;
    assert_eq!(seen.len(), 1);
}

#[tokio::test]
async fn a_receipt_tells_where_the_feed_has_its_events() {
    let app = open(100).await;
    let receipt = app.dispatch(deposit("1", 60)).await.unwrap();
    let position = app.wait_for(&receipt).await.unwrap();
    assert_eq!(position, app.head().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_conflicts_is_absorbed() {
    let app = open(u64::MAX).await;
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let app = app.clone();
            tokio::spawn(async move {
                for _ in 0..(1000 / 32 + usize::from(task < 1000 % 32)) {
                    app.dispatch(deposit("hot", 1)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let account = app.load::<Account>("hot").await.unwrap();
    assert_eq!((account.balance, account.version()), (1000, 1000));
}

#[tokio::test]
async fn several_streams_are_committed_together_or_not_at_all() {
    let app = open(100).await;
    let event = |amount| Deposited {
        amount,
        email: String::new(),
    };
    app.append::<Account>("b", ExpectedVersion::NoStream, event(1))
        .await
        .unwrap();
    let refused = app
        .batch()
        .append::<Account>("a", ExpectedVersion::NoStream, event(1))
        .unwrap()
        .append::<Account>("b", ExpectedVersion::NoStream, event(1))
        .unwrap()
        .commit()
        .await;
    assert!(matches!(refused, Err(BatchError::Conflict(conflict)) if conflict.actual == 1));
    assert!(matches!(
        app.load::<Account>("a").await,
        Err(LoadError::NotFound { .. })
    ));
}

#[tokio::test]
async fn an_application_does_not_start_with_faults_and_names_all_of_them() {
    let opened = Mink::builder()
        .storage(MemoryStore::new())
        .registry(registry())
        .open()
        .await
        .err();
    let text = opened.unwrap().to_string();
    assert!(text.contains("3 faults"), "{text}");
    assert!(
        text.contains("takes a `by_hand::Limit` to decide `Deposit`"),
        "{text}"
    );
    assert!(
        text.contains("`greet` takes a `by_hand::Limit` to handle `Greet`"),
        "{text}"
    );
    assert!(text.contains("declares `encrypt = \"email\"`"), "{text}");
    assert!(text.contains("by_hand.rs:"), "{text}");
}

#[tokio::test]
async fn after_shutdown_every_handle_is_closed() {
    let app = open(100).await;
    let other = app.clone();
    app.shutdown().await.unwrap();
    assert!(other.dispatch(deposit("1", 1)).await.is_err());
}

#[test]
fn a_fixture_tells_what_happened() {
    let event = |amount| Deposited {
        amount,
        email: String::new(),
    };
    Account::given(event(50))
        .with_service(Limit(100))
        .when(deposit("1", 50))
        .then(event(50))
        .then_state(|account| assert_eq!(account.balance, 100))
        .when(deposit("1", 1))
        .then_error(TooMuch);
}

#[test]
#[should_panic(expected = "led to other events than expected")]
fn a_fixture_fails_when_other_events_came() {
    let event = |amount| Deposited {
        amount,
        email: String::new(),
    };
    let _ = Account::given(())
        .with_service(Limit(100))
        .when(deposit("1", 50))
        .then(event(51));
}

#[test]
fn an_old_event_is_upcast_through_the_chain() {
    let mut account = Account::default();
    let mut stored = RecordedEvent {
        id: EventId::new(),
        tenant: TenantId::default(),
        stream: StreamId::new("Account-1").unwrap(),
        version: 1,
        event_type: "Deposited".into(),
        schema_version: 1,
        format: Format::Json,
        payload: r#"{"amount":2}"#.into(),
        metadata: Metadata::default(),
        recorded_at: chrono::DateTime::UNIX_EPOCH,
    };
    assert!(account.evolve_stored(&stored, Formats::linked()).unwrap());
    assert_eq!(account.balance, 200);
    stored.schema_version = 4;
    let refused = account
        .evolve_stored(&stored, Formats::linked())
        .unwrap_err();
    assert_eq!(refused.fault, DecodeFault::FromTheFuture { known: 3 });
}

#[test]
fn every_event_of_the_registry_survives_being_read_and_written() {
    check_registry(&registry()).unwrap();
}
