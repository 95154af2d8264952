//! What a key is, for whom, for what, and for how long.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mink::bus::{CommandFault, DispatchError, DispatchOptions, JsonDispatchError};
use mink::serde_json::json;
use mink::storage::KeyDigest;

use crate::domain::{
    Collect, Gateway, Pay, Peek, Touch, Withdraw, balance, deposit, payment, withdraw,
};
use crate::place::Place;

promises! {
    on [memory, sqlite, postgres]
    the_same_key_with_another_payload_is_an_error_that_shows_neither,
    a_key_that_is_held_for_another_payload_is_an_error_at_once,
    a_key_that_a_function_holds_is_not_an_aggregates,
    keys_may_be_any_text_but_none_and_are_told_apart_to_the_last_character,
    a_key_of_a_local_command_is_refused,
    refusals_that_cannot_be_kept_are_refused_when_that_is_asked_for,
    an_answer_that_has_expired_counts_no_more_and_is_swept,
    sweeping_disturbs_no_command_that_is_under_way,
    two_tenants_use_equal_keys_apart,
}

fn assert_reused<T, E: std::error::Error>(answer: Result<T, DispatchError<E>>) {
    let Err(error) = answer else {
        panic!("it was accepted");
    };
    let said = format!("{error} {error:?}");
    assert!(
        matches!(error.fault(), Some(CommandFault::KeyReused { .. })),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
}

async fn the_same_key_with_another_payload_is_an_error_that_shows_neither(at: Arc<Place>) {
    let (here, there) = (at.app().await, at.app().await);
    deposit(&here, 100).await;
    here.dispatch(withdraw("secret", 10)).await.unwrap();
    for app in [&here, &there] {
        assert_reused(app.dispatch(withdraw("secret", 11)).await);
        assert_reused(app.dispatch_detached(withdraw("secret", 11)).await);
        for answer in app.dispatch_all([withdraw("secret", 11)]).await {
            assert_reused(answer);
        }
        let within = DispatchOptions::new().within(Duration::from_secs(60));
        assert_reused(app.dispatch_with(withdraw("secret", 11), within).await);
        let payload = json!({"account_id": "a", "request_id": "secret", "cents": 11});
        let error = app.dispatch_json("Withdraw", &payload).await.unwrap_err();
        assert!(
            matches!(
                error,
                JsonDispatchError::Failed(CommandFault::KeyReused { .. })
            ),
            "{error}"
        );
        // what it would refuse, what does nothing, what takes a service, and what a function handles
        assert_reused(app.dispatch(withdraw("secret", 1_000_000)).await);
        let touch = Touch {
            account_id: "a".into(),
            request_id: "secret".into(),
        };
        assert_reused(app.dispatch(touch).await);
        let collect = Collect {
            account_id: "a".into(),
            request_id: "secret".into(),
        };
        assert_reused(app.dispatch(collect).await);
        let pay = Pay {
            payment: "secret".into(),
            cents: 10,
        };
        assert_reused(app.dispatch(pay).await);
        // another aggregate's
        let other = Withdraw {
            account_id: "b".into(),
            ..withdraw("secret", 10)
        };
        assert_reused(app.dispatch(other).await);
    }
    assert_eq!(balance(&here).await, 90);
}

async fn a_key_that_is_held_for_another_payload_is_an_error_at_once(at: Arc<Place>) {
    let gateway = Arc::new(Gateway::default());
    let gate = gateway.hold_back("p-1");
    let working = at.open(&gateway).await;
    let other = at.app().await;
    let first = tokio::spawn(async move { working.dispatch(payment()).await });
    gateway.called(1).await;
    let dearer = Pay {
        cents: 101,
        ..payment()
    };
    assert_reused(other.dispatch(dearer).await);
    gate.add_permits(1);
    assert_eq!(first.await.unwrap().unwrap(), "p-1-1");
}

async fn a_key_that_a_function_holds_is_not_an_aggregates(at: Arc<Place>) {
    let gateway = Arc::new(Gateway::default());
    let gate = gateway.hold_back("p-1");
    let working = at.open(&gateway).await;
    let other = at.app().await;
    deposit(&other, 100).await;
    let first = tokio::spawn(async move { working.dispatch(payment()).await });
    gateway.called(1).await;
    let touch = || Touch {
        account_id: "a".into(),
        request_id: "p-1".into(),
    };
    for error in [
        other.dispatch(withdraw("p-1", 10)).await.err().map(fault),
        other.dispatch(touch()).await.err().map(fault),
    ] {
        assert!(
            matches!(error, Some(Some(CommandFault::KeyHeld { .. }))),
            "{error:?}"
        );
    }
    gate.add_permits(1);
    assert_eq!(first.await.unwrap().unwrap(), "p-1-1");
    assert_reused(other.dispatch(withdraw("p-1", 10)).await);
    assert_reused(other.dispatch(touch()).await);
    assert_eq!(balance(&other).await, 100);
}

fn fault<E>(error: DispatchError<E>) -> Option<CommandFault> {
    match error {
        DispatchError::Failed(fault) => Some(fault),
        DispatchError::Rejected(_) => None,
    }
}

async fn keys_may_be_any_text_but_none_and_are_told_apart_to_the_last_character(at: Arc<Place>) {
    let (here, there) = (at.app().await, at.app().await);
    let error = here.dispatch(withdraw("", 1)).await.unwrap_err();
    assert!(matches!(
        error.fault(),
        Some(CommandFault::EmptyKey {
            command: "Withdraw"
        })
    ));
    let long = "k".repeat(100_000);
    let keys = [
        "k",
        "K",
        " k",
        "k ",
        "\0",
        "k\0",
        "🦦",
        "🦦🦦",
        "e\u{301}",
        "\u{e9}",
        "'; DROP TABLE keys; --",
        &long,
        &format!("{long}k"),
        &format!("{long}l"),
    ];
    deposit(&here, 100).await;
    let mut seen = HashSet::new();
    for key in keys {
        let first = here.dispatch(withdraw(key, 1)).await.unwrap();
        assert!(!first.is_replay(), "{}", key.len());
        assert!(seen.insert(first.event_ids().to_vec()));
    }
    for key in keys {
        let again = there.dispatch(withdraw(key, 1)).await.unwrap();
        assert!(again.is_replay(), "{}", key.len());
        assert!(seen.contains(again.event_ids()));
    }
    assert_eq!(balance(&here).await, 100 - keys.len() as u64);
}

async fn a_key_of_a_local_command_is_refused(at: Arc<Place>) {
    let app = at.app().await;
    let peek = Peek {
        account_id: "a".into(),
    };
    let error = app
        .dispatch_with(peek, DispatchOptions::new().idempotency_key("k"))
        .await
        .unwrap_err();
    assert!(matches!(
        error.fault(),
        Some(CommandFault::KeyOfLocal { command: "Peek" })
    ));
}

async fn refusals_that_cannot_be_kept_are_refused_when_that_is_asked_for(at: Arc<Place>) {
    let gateway = Arc::new(Gateway::default());
    let app = at.open(&gateway).await;
    let error = app
        .dispatch_with(payment(), DispatchOptions::new().replay_errors(true))
        .await
        .unwrap_err();
    assert!(matches!(
        error.fault(),
        Some(CommandFault::UnkeptError { command: "Pay" })
    ));
    assert_eq!(gateway.calls(), 0);
}

async fn an_answer_that_has_expired_counts_no_more_and_is_swept(at: Arc<Place>) {
    let app = at.app().await;
    deposit(&app, 100).await;
    let options = || DispatchOptions::new().keep_for(Duration::ZERO);
    for _ in 0..2 {
        let receipt = app.dispatch_with(withdraw("r", 10), options()).await;
        assert!(!receipt.unwrap().is_replay());
    }
    // also for another payload, and for another node
    let other = at.app().await;
    let receipt = other.dispatch_with(withdraw("r", 11), options()).await;
    assert!(!receipt.unwrap().is_replay());
    assert_eq!(balance(&app).await, 69);
    app.dispatch(withdraw("kept", 1)).await.unwrap();
    assert_eq!(app.sweep_keys(100).await.unwrap(), 1);
    assert_eq!(app.sweep_keys(100).await.unwrap(), 0);
    assert!(app.dispatch(withdraw("kept", 1)).await.unwrap().is_replay());
}

async fn sweeping_disturbs_no_command_that_is_under_way(at: Arc<Place>) {
    let (here, there) = (at.app().await, at.app().await);
    deposit(&here, 1000).await;
    let done = Arc::new(AtomicBool::new(false));
    let sweeping = tokio::spawn({
        let (sweeper, done) = (at.app().await, Arc::clone(&done));
        async move {
            let mut swept = 0;
            while !done.load(Ordering::SeqCst) {
                swept += sweeper.sweep_keys(3).await.unwrap();
                tokio::task::yield_now().await;
            }
            swept + sweeper.sweep_keys(1000).await.unwrap()
        }
    });
    let expires = || DispatchOptions::new().keep_for(Duration::ZERO);
    for n in 0..40 {
        let (kept, over) = (format!("kept {n}"), format!("over {n}"));
        let (first, copy, short) = tokio::join!(
            here.dispatch(withdraw(&kept, 1)),
            there.dispatch(withdraw(&kept, 1)),
            there.dispatch_with(withdraw(&over, 1), expires()),
        );
        let (first, copy) = (first.unwrap(), copy.unwrap());
        assert_eq!(first.event_ids(), copy.event_ids());
        assert!(!short.unwrap().is_replay());
    }
    done.store(true, Ordering::SeqCst);
    assert_eq!(sweeping.await.unwrap(), 40);
    for n in 0..40 {
        let key = format!("kept {n}");
        let again = there.dispatch(withdraw(&key, 1)).await.unwrap();
        assert!(again.is_replay());
    }
    assert_eq!(balance(&here).await, 920);
}

async fn two_tenants_use_equal_keys_apart(at: Arc<Place>) {
    let app = at.app().await;
    for tenant in ["acme", "zenith"] {
        let app = app.tenant(tenant).unwrap();
        deposit(&app, 10).await;
        let first = app.dispatch(withdraw("r", 10)).await.unwrap();
        assert!(!first.is_replay());
        assert_eq!(first.tenant().as_str(), tenant);
        assert_eq!(balance(&app).await, 0);
        let again = app.dispatch(withdraw("r", 10)).await.unwrap();
        assert!(again.is_replay());
        assert_eq!(again.event_ids(), first.event_ids());
    }
    let node = at.node().await;
    let nobody = mink::id::TenantId::default();
    let answer = node.answer_of(&nobody, KeyDigest::of("r")).await;
    assert!(answer.unwrap().is_none());
}
