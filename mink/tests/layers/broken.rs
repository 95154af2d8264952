use mink::bus::CommandFault;

use super::domain::{Jam, PayEverywhere, Then, Till, builder, cents, pay};

fn jam() -> Jam {
    Jam {
        till_id: "1".to_owned(),
    }
}

#[tokio::test]
async fn a_panic_in_an_evolve_method_fails_that_command_and_no_other() {
    let app = builder().open().await.unwrap();
    app.dispatch(pay("1", 4711)).await.unwrap();
    let receipt = app.dispatch(jam()).await.unwrap();
    assert_eq!(
        receipt.version(),
        2,
        "the event is stored; whoever loads it breaks"
    );
    // with a turn at the aggregate that is never given back the second one would wait for ever
    for _ in 0..3 {
        let broken = app.dispatch(pay("1", 1)).await.unwrap_err();
        assert!(
            matches!(
                broken.fault(),
                Some(CommandFault::Panicked { command: "Pay", .. })
            ),
            "{broken}"
        );
        assert!(!format!("{broken} {broken:?}").contains("4711"));
    }
    app.dispatch(pay("2", 5)).await.unwrap();
    assert_eq!(cents(&app, "2").await, 5);
    app.shutdown().await.unwrap();
}

#[tokio::test]
async fn without_panic_recovery_a_panic_reaches_whoever_dispatched_the_command() {
    let app = builder().bare_stack().open().await.unwrap();
    let broken = tokio::spawn({
        let app = app.clone();
        async move {
            app.dispatch(PayEverywhere { then: Then::Panic })
                .await
                .is_ok()
        }
    });
    assert!(broken.await.unwrap_err().is_panic());
    app.dispatch(pay("1", 5)).await.unwrap();
    assert_eq!(app.load::<Till>("1").await.unwrap().cents, 5);
}
