//! A thousand handlers at work, and one of them panics.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex};

use mink::app::MinkBuilder;
use mink::bus::{CommandFault, DispatchError, Effect};
use mink::prelude::*;
use mink::registry::Registry;
use tokio::sync::Barrier;
use tokio::task::{JoinError, JoinHandle};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt};

const HANDLERS: usize = 1000;
const SECRET: &str = "ada@example.org";

#[event]
struct Ordered {
    email: String,
}

/// Decided by an aggregate.
#[command]
struct Order {
    shop_id: usize,
    email: String,
    breaks: bool,
}

/// Decided by one that is not asynchronous.
#[command]
struct OrderAtOnce {
    shop_id: usize,
    email: String,
    breaks: bool,
}

/// For a free-standing handler.
#[command]
struct Send {
    number: usize,
    email: String,
    breaks: bool,
}

#[derive(Aggregate, Default)]
struct Shop {
    orders: u64,
}

/// Lets nobody on before all are there.
struct Meeting(Barrier);

impl Meeting {
    async fn meet(&self) {
        self.0.wait().await;
    }
}

fn perhaps_break(breaks: bool, email: &str) {
    assert!(!breaks, "no order of {email} can be taken");
}

#[handlers]
impl Shop {
    async fn order(&self, command: Order, meeting: &Meeting) -> Ordered {
        meeting.meet().await;
        perhaps_break(command.breaks, &command.email);
        Ordered {
            email: command.email,
        }
    }

    fn order_at_once(&self, command: OrderAtOnce) -> Ordered {
        perhaps_break(command.breaks, &command.email);
        Ordered {
            email: command.email,
        }
    }

    fn ordered(&mut self, _event: &Ordered) {
        self.orders += 1;
    }
}

#[handler]
async fn send(command: Send, meeting: &Meeting) -> Result<usize, std::fmt::Error> {
    meeting.meet().await;
    perhaps_break(command.breaks, &command.email);
    Ok(command.number)
}

fn builder() -> MinkBuilder {
    let registry = Registry::by_hand()
        .event::<Ordered>()
        .command::<Order>()
        .command::<OrderAtOnce>()
        .command::<Send>()
        .aggregate::<Shop>()
        .handler::<Send, _>();
    Mink::builder()
        .url("memory://")
        .registry(registry.build())
        .service(Meeting(Barrier::new(HANDLERS)))
}

/// Which of them panics.
const BROKEN: usize = 500;

fn order(number: usize) -> Order {
    Order {
        shop_id: number,
        email: SECRET.to_owned(),
        breaks: number == BROKEN,
    }
}

fn order_at_once(number: usize) -> OrderAtOnce {
    OrderAtOnce {
        // some meet at one aggregate
        shop_id: number % 100,
        email: SECRET.to_owned(),
        breaks: number == BROKEN,
    }
}

fn send_to(number: usize) -> Send {
    Send {
        number,
        email: SECRET.to_owned(),
        breaks: number == BROKEN,
    }
}

type Ended<T, E> = Result<Result<T, DispatchError<E>>, JoinError>;

/// Everybody's end but the broken one's, which is given back.
async fn all_but_one<T, E: Debug>(
    tasks: Vec<JoinHandle<Result<T, DispatchError<E>>>>,
) -> Ended<T, E> {
    let mut broken = None;
    for (number, task) in tasks.into_iter().enumerate() {
        let ended = task.await;
        if number == BROKEN {
            broken = Some(ended);
        } else {
            assert!(matches!(ended, Ok(Ok(_))), "{number} failed");
        }
    }
    broken.unwrap()
}

fn says_no_secret<T, E>(ended: Ended<T, E>, effect: Effect) {
    let Ok(Err(DispatchError::Failed(fault))) = ended else {
        panic!("it is a fault of its own");
    };
    assert!(
        matches!(&fault, CommandFault::Panicked { effect: known, .. } if *known == effect),
        "{fault}"
    );
    let said = format!("{fault} {fault:?}");
    assert!(!said.contains(SECRET), "{said}");
}

/// A thousand at once: `dispatch!(app, command_of)`.
macro_rules! dispatch {
    ($app:expr, $command:expr) => {{
        let tasks: Vec<_> = (0..HANDLERS)
            .map(|number| {
                let app = $app.clone();
                tokio::spawn(async move { app.dispatch($command(number)).await })
            })
            .collect();
        all_but_one(tasks).await
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_an_aggregates_handler_fails_that_one_of_a_thousand_alone() {
    let app = builder().open().await.unwrap();
    says_no_secret(dispatch!(app, order), Effect::None);
    assert!(app.load::<Shop>(BROKEN).await.is_err());
    assert_eq!(app.load::<Shop>(BROKEN + 1).await.unwrap().orders, 1);

    says_no_secret(dispatch!(app, order_at_once), Effect::None);
    let at_once = app.load::<Shop>(BROKEN % 100).await.unwrap();
    assert_eq!(at_once.orders, 1 + 9, "one of its ten panicked");
    assert_eq!(app.load::<Shop>(7_usize).await.unwrap().orders, 1 + 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_free_standing_handler_fails_that_one_of_a_thousand_alone() {
    let app = builder().open().await.unwrap();
    says_no_secret(dispatch!(app, send_to), Effect::Begun);
    // and the next thousand work as ever
    says_no_secret(dispatch!(app, send_to), Effect::Begun);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_bare_stack_a_panic_reaches_whoever_dispatched_and_nobody_else() {
    let app = builder().bare_stack().open().await.unwrap();
    for _ in 0..2 {
        assert!(dispatch!(app, order).is_err_and(|error| error.is_panic()));
        assert!(dispatch!(app, order_at_once).is_err_and(|error| error.is_panic()));
        assert!(dispatch!(app, send_to).is_err_and(|error| error.is_panic()));
    }
    assert_eq!(app.load::<Shop>(BROKEN + 1).await.unwrap().orders, 2);
    assert_eq!(app.load::<Shop>(7_usize).await.unwrap().orders, 22);
    app.shutdown().await.unwrap();
}

/// Everything that is said, with all its fields.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for &Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        use std::fmt::Write;
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Log {
    fn on_new_span(
        &self,
        attributes: &tracing::span::Attributes<'_>,
        _: &tracing::Id,
        _: Context<'_, S>,
    ) {
        attributes.record(&mut &*self);
    }
    fn on_record(&self, _: &tracing::Id, values: &tracing::span::Record<'_>, _: Context<'_, S>) {
        values.record(&mut &*self);
    }
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut &*self);
    }
}

#[tokio::test]
async fn what_a_panic_said_is_in_no_log() {
    // while there is only one subscriber, the thread of another test decides whether a span is seen
    static KEPT: LazyLock<[tracing::Dispatch; 2]> =
        LazyLock::new(|| [(); 2].map(|()| tracing::Dispatch::new(tracing_subscriber::registry())));
    LazyLock::force(&KEPT);
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let app = builder().open().await.unwrap();
    says_no_secret(dispatch!(app, order), Effect::None);
    says_no_secret(dispatch!(app, send_to), Effect::Begun);
    let said = log.0.lock().unwrap();
    assert!(
        said.contains("handler_panicked"),
        "the log says that it panicked"
    );
    assert!(!said.contains(SECRET));
}
