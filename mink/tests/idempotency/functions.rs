//! Commands that a free-standing function handles: it reserves its key, works, and keeps its reply.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use mink::bus::{BusOptions, CommandFault, DispatchError};
use mink::id::TenantId;
use mink::prelude::*;
use mink::storage::{CommitError, KeyDigest, NewReservation, Reservation};

use crate::domain::{Declined, Gateway, payment};
use crate::place::Place;

promises! {
    on [memory, sqlite, postgres]
    it_runs_once_for_many_copies_in_one_process,
    another_node_waits_for_the_one_that_works_and_gets_its_answer,
    a_refusal_gives_the_key_back,
    a_panic_gives_the_key_back,
    the_hold_is_renewed_for_as_long_as_it_works,
    one_that_is_taken_over_hears_that_it_lost_its_key_and_keeps_nothing,
    one_that_is_taken_over_and_overtaken_gets_the_others_answer,
    a_dead_process_holds_its_key_until_its_time_is_over,
    one_that_is_held_for_too_long_is_told_so_and_may_come_again,
}

async fn it_runs_once_for_many_copies_in_one_process(at: Arc<Place>) {
    let gateway = Arc::new(Gateway::default());
    let app = at.open(&gateway).await;
    let answers = app.dispatch_all((0..50).map(|_| payment())).await;
    for answer in answers {
        assert_eq!(answer.unwrap(), "p-1-1");
    }
    assert_eq!(gateway.calls(), 1);
}

async fn another_node_waits_for_the_one_that_works_and_gets_its_answer(at: Arc<Place>) {
    let gateway = Arc::new(Gateway::default());
    let gate = gateway.hold_back("p-1");
    let (working, waiting) = (at.open(&gateway).await, at.open(&gateway).await);
    let first = tokio::spawn(async move { working.dispatch(payment()).await });
    gateway.called(1).await;
    let second = tokio::spawn(async move { waiting.dispatch(payment()).await });
    gate.add_permits(2);
    assert_eq!(first.await.unwrap().unwrap(), "p-1-1");
    assert_eq!(second.await.unwrap().unwrap(), "p-1-1");
    assert_eq!(gateway.calls(), 1);
}

async fn a_refusal_gives_the_key_back(at: Arc<Place>) {
    let gateway = Arc::new(Gateway {
        refuses: AtomicUsize::new(1),
        ..Gateway::default()
    });
    let (here, there) = (at.open(&gateway).await, at.open(&gateway).await);
    let error = here.dispatch(payment()).await.unwrap_err();
    assert_eq!(error.rejection(), Some(&Declined));
    assert_eq!(there.dispatch(payment()).await.unwrap(), "p-1-2");
    assert_eq!(here.dispatch(payment()).await.unwrap(), "p-1-2");
}

async fn a_panic_gives_the_key_back(at: Arc<Place>) {
    let gateway = Arc::new(Gateway {
        panics: true.into(),
        ..Gateway::default()
    });
    let (here, there) = (at.open(&gateway).await, at.open(&gateway).await);
    let dying = here.dispatch_detached(payment());
    assert!(matches!(
        dying.await,
        Err(DispatchError::Failed(CommandFault::Panicked { .. }))
    ));
    assert_eq!(there.dispatch(payment()).await.unwrap(), "p-1-2");
    assert_eq!(here.dispatch(payment()).await.unwrap(), "p-1-2");
}

/// Somebody else who wants the key of the payment.
pub(crate) fn rival(hold_for: Duration) -> NewReservation {
    NewReservation {
        tenant: TenantId::default(),
        key: KeyDigest::of("p-1"),
        command: "Pay".into(),
        fingerprint: [0; 32],
        owner: uuid::Uuid::new_v4(),
        hold_for,
    }
}

const LONG: Duration = Duration::from_secs(3600);

async fn holding(at: &Place, gateway: &Arc<Gateway>, hold_keys: Duration) -> Mink {
    let options = BusOptions {
        hold_keys,
        ..BusOptions::default()
    };
    let builder = at.builder(gateway).await.bus_options(options);
    builder.open().await.unwrap()
}

async fn the_hold_is_renewed_for_as_long_as_it_works(at: Arc<Place>) {
    let gateway = Arc::new(Gateway::default());
    let gate = gateway.hold_back("p-1");
    let working = holding(&at, &gateway, Duration::from_secs(2)).await;
    let node = at.node().await;
    let first = tokio::spawn(async move { working.dispatch(payment()).await });
    gateway.called(1).await;
    let rival = rival(LONG);
    let mut ends = Vec::new();
    while ends.len() < 4 {
        match node.reserve_key(&rival).await.unwrap() {
            Reservation::Held { until, .. } => {
                if ends.last() != Some(&until) {
                    ends.push(until);
                }
            }
            other => panic!("the hold was not renewed: {other:?}"),
        }
        tokio::task::yield_now().await;
    }
    assert!(ends.is_sorted(), "{ends:?}");
    gate.add_permits(1);
    assert_eq!(first.await.unwrap().unwrap(), "p-1-1");
    let answered = node.reserve_key(&rival).await.unwrap();
    assert!(matches!(answered, Reservation::Answered(_)), "{answered:?}");
}

/// Stops whoever calls the gateway, thread and all: its hold is renewed no more.
struct Pause(std::sync::mpsc::Sender<()>);

impl Pause {
    fn of(gateway: &Arc<Gateway>) -> Self {
        let (end, ended) = std::sync::mpsc::channel();
        let (begin, begun) = std::sync::mpsc::channel();
        let gateway = Arc::clone(gateway);
        std::thread::spawn(move || {
            let _paused = gateway.pause.lock();
            let _ = begin.send(());
            let _ = ended.recv();
        });
        begun.recv().unwrap();
        Self(end)
    }

    fn end(self) {
        self.0.send(()).unwrap();
    }
}

async fn one_that_is_taken_over_hears_that_it_lost_its_key_and_keeps_nothing(at: Arc<Place>) {
    let gateway = Arc::new(Gateway::default());
    let app = holding(&at, &gateway, Duration::from_millis(50)).await;
    let node = at.node().await;
    let pause = Pause::of(&gateway);
    let first = tokio::spawn(async move { app.dispatch(payment()).await });
    gateway.called(1).await;
    let rival = rival(LONG);
    while node.reserve_key(&rival).await.unwrap() != Reservation::Reserved {
        tokio::task::yield_now().await;
    }
    pause.end();
    let error = first.await.unwrap().unwrap_err();
    assert!(
        matches!(
            error.fault(),
            Some(CommandFault::Commit(CommitError::ReservationLost))
        ),
        "{error}"
    );
    // its handler has run
    assert!(error.is_outcome_unknown());
    let kept = node.answer_of(&rival.tenant, rival.key).await.unwrap();
    assert!(kept.is_none(), "{kept:?}");
    let released = node.release_key(&rival.tenant, rival.key, rival.owner);
    assert!(released.await.unwrap(), "the rival's hold was disturbed");
}

async fn one_that_is_taken_over_and_overtaken_gets_the_others_answer(at: Arc<Place>) {
    let slow = Arc::new(Gateway {
        name: "slow ",
        ..Gateway::default()
    });
    let quick = Arc::new(Gateway {
        name: "quick ",
        ..Gateway::default()
    });
    let pause = Pause::of(&slow);
    let app = holding(&at, &slow, Duration::from_millis(50)).await;
    let other = at.open(&quick).await;
    let first = tokio::spawn(async move { app.dispatch(payment()).await });
    slow.called(1).await;
    assert_eq!(other.dispatch(payment()).await.unwrap(), "quick p-1-1");
    pause.end();
    assert_eq!(first.await.unwrap().unwrap(), "quick p-1-1");
    assert_eq!(slow.calls() + quick.calls(), 2);
}

async fn a_dead_process_holds_its_key_until_its_time_is_over(at: Arc<Place>) {
    let node = at.node().await;
    let dead = rival(Duration::from_millis(300));
    assert_eq!(
        node.reserve_key(&dead).await.unwrap(),
        Reservation::Reserved
    );
    let gateway = Arc::new(Gateway::default());
    let app = at.open(&gateway).await;
    // its payload is another one, and nobody knows that it is dead
    let early = app.dispatch(payment()).await;
    if let Err(error) = early {
        assert!(
            matches!(error.fault(), Some(CommandFault::KeyReused { .. })),
            "{error}"
        );
        assert_eq!(gateway.calls(), 0);
    }
    let reply = loop {
        match app.dispatch(payment()).await {
            Ok(reply) => break reply,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    assert_eq!(reply, "p-1-1");
}

async fn one_that_is_held_for_too_long_is_told_so_and_may_come_again(at: Arc<Place>) {
    let gateway = Arc::new(Gateway::default());
    let gate = gateway.hold_back("p-1");
    let working = at.open(&gateway).await;
    let builder = at.builder(&gateway).await;
    let impatient = builder
        .patience(Duration::from_millis(50))
        .open()
        .await
        .unwrap();
    let first = tokio::spawn(async move { working.dispatch(payment()).await });
    gateway.called(1).await;
    let error = impatient.dispatch(payment()).await.unwrap_err();
    let Some(fault) = error.fault() else {
        panic!("{error}");
    };
    assert!(
        matches!(fault, CommandFault::KeyHeld { command: "Pay", .. }),
        "{fault}"
    );
    assert!(fault.is_transient() && !fault.may_have_happened());
    gate.add_permits(1);
    assert_eq!(first.await.unwrap().unwrap(), "p-1-1");
    assert_eq!(impatient.dispatch(payment()).await.unwrap(), "p-1-1");
    assert_eq!(gateway.calls(), 1);
}
