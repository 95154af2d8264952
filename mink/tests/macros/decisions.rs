//! Every form that a deciding method may have.
#![allow(clippy::unused_unit, reason = "`-> ()` is one of the forms")]

use mink::aggregate::{AggregateHandlers, Handles, Refusal};
use mink::prelude::*;

#[event]
struct Added(u32);

#[event]
enum Marked {
    Big,
    Small { by: u32 },
}

#[event]
struct Noticed;

#[derive(Debug, PartialEq)]
struct TooMuch(u32);

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is too much", self.0)
    }
}
impl std::error::Error for TooMuch {}

type Decided = Result<Added, TooMuch>;
type Fallible<T> = Result<T, TooMuch>;

macro_rules! commands {
    ($($name:ident)*) => {$(
        #[command]
        struct $name {
            id: u32,
        }
    )*};
}
commands! {
    One Tuple Pile Maybe Nothing NothingSaid Mixed
    ResultOfOne ResultOfTuple ResultOfPile ResultOfMaybe ResultOfNothing ResultOfMixed
    ByAlias ByGenericAlias WholePath Deep
    Wait WithContext WithService WithTrait WithAll WithLifetime Destructured Missing
}

struct Limit(u32);

trait Rates: Send + Sync {
    fn rate(&self) -> u32;
}

struct Flat(u32);

impl Rates for Flat {
    fn rate(&self) -> u32 {
        self.0
    }
}

struct Unprovided;

#[derive(Aggregate, Default)]
struct Sum {
    total: u32,
}

#[handlers]
impl Sum {
    fn one(&self, command: One) -> Added {
        Added(command.id)
    }
    fn tuple(&self, command: Tuple) -> (Added, Marked) {
        (Added(command.id), Marked::Big)
    }
    fn pile(&self, command: Pile) -> Vec<Added> {
        vec![Added(command.id), Added(command.id)]
    }
    fn maybe(&self, command: Maybe) -> Option<Added> {
        (command.id > 0).then_some(Added(command.id))
    }
    fn nothing(&self, _: Nothing) -> () {}
    fn nothing_said(&self, _: NothingSaid) {}
    fn mixed(&self, command: Mixed) -> Events<Sum> {
        let mut events = Events::new();
        events.push(Added(command.id));
        events.push(Noticed);
        events
    }
    fn result_of_one(&self, command: ResultOfOne) -> Result<Added, TooMuch> {
        if command.id > 9 {
            return Err(TooMuch(command.id));
        }
        Ok(Added(command.id))
    }
    fn result_of_tuple(&self, _: ResultOfTuple) -> Result<(Added, Noticed), TooMuch> {
        Ok((Added(1), Noticed))
    }
    fn result_of_pile(&self, _: ResultOfPile) -> Result<Vec<Added>, TooMuch> {
        Ok(vec![])
    }
    fn result_of_maybe(&self, _: ResultOfMaybe) -> Result<Option<(Added, Noticed)>, TooMuch> {
        Ok(None)
    }
    fn result_of_nothing(&self, _: ResultOfNothing) -> std::result::Result<(), TooMuch> {
        Ok(())
    }
    fn result_of_mixed(&self, _: ResultOfMixed) -> Result<Events<Self>, TooMuch> {
        Ok(Events::from_all((Added(1), Marked::Small { by: 1 })))
    }
    fn by_alias(&self, command: ByAlias) -> Decided {
        Ok(Added(command.id))
    }
    fn by_generic_alias(&self, command: ByGenericAlias) -> Fallible<Vec<Added>> {
        Err(TooMuch(command.id))
    }
    fn whole_path(&self, command: WholePath) -> crate::decisions::Added {
        crate::decisions::Added(command.id)
    }
    fn deep(&self, command: Deep) -> Option<(Vec<Added>, Option<Noticed>, Marked)> {
        Some((vec![Added(command.id)], None, Marked::Big))
    }
    async fn wait(&self, command: Wait) -> Added {
        std::future::ready(()).await;
        Added(command.id)
    }
    fn with_context(&self, command: WithContext, context: &CommandContext) -> Option<Added> {
        (context.version == 0).then_some(Added(command.id))
    }
    fn with_service(&self, _: WithService, limit: &Limit) -> Added {
        Added(limit.0)
    }
    async fn with_trait(&self, _: WithTrait, rates: &dyn Rates) -> Added {
        Added(rates.rate())
    }
    async fn with_all(
        &self,
        _: WithAll,
        rates: &(dyn Rates + 'static),
        context: &mink::command::CommandContext,
        limit: &Limit,
    ) -> Result<Added, TooMuch> {
        let sum = rates.rate() + limit.0 + u32::try_from(context.version).unwrap_or_default();
        Err(TooMuch(sum))
    }
    fn with_lifetime<'a>(&'a self, _: WithLifetime, limit: &'a Limit) -> Added
    where
        Self: Sized,
    {
        Added(limit.0)
    }
    fn destructured(&self, Destructured { id }: Destructured) -> Added {
        Added(id)
    }
    fn missing(&self, _: Missing, _: &Unprovided) {}

    fn added(&mut self, Added(amount): &Added) {
        self.total += amount;
    }
    fn marked(&mut self, _: &Marked) -> () {}
    fn noticed(&mut self, event: &Noticed) {
        let _ = event;
    }
}

fn given() -> mink::testing::Given<Sum> {
    let rates: std::sync::Arc<dyn Rates> = std::sync::Arc::new(Flat(2));
    Sum::given(())
        .with_service::<Limit>(Limit(7))
        .with_service::<dyn Rates>(rates)
}

#[test]
fn a_method_returns_events_in_any_form() {
    given().when(One { id: 1 }).then(Added(1));
    given().when(Tuple { id: 1 }).then((Added(1), Marked::Big));
    given().when(Pile { id: 1 }).then(vec![Added(1), Added(1)]);
    given().when(Maybe { id: 1 }).then(Added(1));
    given().when(Maybe { id: 0 }).then_nothing();
    given().when(Nothing { id: 1 }).then_nothing();
    given().when(NothingSaid { id: 1 }).then_nothing();
    given().when(Mixed { id: 1 }).then((Added(1), Noticed));
    given().when(Deep { id: 1 }).then((Added(1), Marked::Big));
}

#[test]
fn a_method_returns_a_result_of_any_form() {
    given().when(ResultOfOne { id: 1 }).then(Added(1));
    given().when(ResultOfOne { id: 10 }).then_error(TooMuch(10));
    given()
        .when(ResultOfTuple { id: 1 })
        .then((Added(1), Noticed));
    given().when(ResultOfPile { id: 1 }).then_nothing();
    given().when(ResultOfMaybe { id: 1 }).then_nothing();
    given().when(ResultOfNothing { id: 1 }).then_nothing();
    given()
        .when(ResultOfMixed { id: 1 })
        .then((Added(1), Marked::Small { by: 1 }));
}

#[test]
fn a_method_returns_through_an_alias_or_a_whole_path() {
    given().when(ByAlias { id: 1 }).then(Added(1));
    given()
        .when(ByGenericAlias { id: 1 })
        .then_error(TooMuch(1));
    given().when(WholePath { id: 1 }).then(Added(1));
}

#[test]
fn a_method_takes_a_context_and_services_and_may_wait() {
    given().when(Wait { id: 1 }).then(Added(1));
    given().when(WithContext { id: 1 }).then(Added(1));
    given().when(WithService { id: 1 }).then(Added(7));
    given().when(WithTrait { id: 1 }).then(Added(2));
    given().when(WithAll { id: 1 }).then_error(TooMuch(9));
    given().when(WithLifetime { id: 1 }).then(Added(7));
    given().when(Destructured { id: 4 }).then(Added(4));
}

#[test]
fn the_table_knows_the_errors_and_services_of_every_method() {
    let decider = |name: &str| {
        *Sum::DECIDERS
            .iter()
            .find(|decider| decider.command == name)
            .unwrap()
    };
    assert!((decider("ResultOfOne").error)().ends_with("TooMuch"));
    assert!((decider("ByAlias").error)().ends_with("TooMuch"));
    assert!((decider("ByGenericAlias").error)().ends_with("TooMuch"));
    assert!((decider("One").error)().ends_with("Infallible"));
    assert_eq!(decider("WithAll").services.len(), 2);
    assert!(
        (decider("WithTrait").services[0].type_name)().ends_with("dyn macros::decisions::Rates")
    );
    assert_eq!(Sum::EVOLVERS.len(), 3);
}

#[tokio::test]
async fn a_service_that_nobody_provided_is_a_refusal_that_names_it() {
    let context = mink::command::CommandContext {
        tenant: mink::id::TenantId::default(),
        aggregate_id: "1".to_owned(),
        version: 0,
        command_id: mink::id::EventId::new().0,
        metadata: mink::metadata::Metadata::default().into(),
        now: std::time::SystemTime::UNIX_EPOCH.into(),
        services: std::sync::Arc::default(),
    };
    let refusal = Sum::default()
        .handle(Missing { id: 1 }, &context)
        .await
        .unwrap_err();
    let Refusal::MissingService(missing) = refusal;
    assert!(missing.service.ends_with("Unprovided"), "{missing}");
}
