use tower::{Layer, ServiceExt, service_fn};
use tracing::Level;

use super::LoggingLayer;
use crate::bus::CommandRequest;
use crate::bus::layers::doc::{Break, Deposit, Withdraw, builder};
use crate::bus::layers::testing::{
    Answered, Capture, accepted, contended, deposit, outcome_unknown, rejected, unavailable,
};

async fn line(layer: LoggingLayer, answer: fn() -> Answered) -> (Level, String) {
    let (log, _on) = Capture::start();
    let service = service_fn(move |_: CommandRequest| std::future::ready(answer()));
    let _ = layer.layer(service).oneshot(deposit()).await;
    let [(level, fields)] = log.events().try_into().expect("one line");
    (level, format!("{fields:?}"))
}

#[tokio::test]
async fn the_level_follows_from_how_the_command_ended() {
    for (answer, level, outcome) in [
        (accepted as fn() -> _, Level::DEBUG, "success"),
        (rejected, Level::INFO, "rejected"),
        (contended, Level::WARN, "error"),
        (unavailable, Level::WARN, "error"),
        (outcome_unknown, Level::ERROR, "error"),
    ] {
        let (found, text) = line(LoggingLayer::new(), answer).await;
        assert_eq!(found, level, "{text}");
        assert!(
            text.contains(&format!("\"outcome\": {outcome:?}")),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_level_of_what_was_accepted_can_be_chosen() {
    let layer = LoggingLayer::new().accepted_at(Level::INFO);
    assert_eq!(line(layer, accepted).await.0, Level::INFO);
}

#[tokio::test]
async fn a_line_says_which_command_and_how_it_ended() {
    let (log, _on) = Capture::start();
    let app = builder().open().await.unwrap();
    let acme = app.tenant("acme").unwrap();
    let receipt = acme.dispatch(Deposit::new("1", 5)).await.unwrap();
    let event = acme.event(receipt.event_ids()[0]).await.unwrap().unwrap();
    let [(_, fields)] = log.events().try_into().expect("one line");
    for (name, value) in [
        ("command", "Deposit"),
        ("handler", "Account"),
        ("aggregate_id", "1"),
        ("tenant", "acme"),
        ("outcome", "success"),
        ("version", "1"),
        ("events", "1"),
        ("command_id", event.metadata.causation_id.unwrap().as_str()),
    ] {
        assert_eq!(fields.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(fields.contains_key("took"));
}

#[tokio::test]
async fn what_the_domain_said_is_in_the_line_only_when_asked_for() {
    let (_, text) = line(LoggingLayer::new(), rejected).await;
    assert!(!text.contains("frozen"), "{text}");
    let (_, text) = line(LoggingLayer::new().with_rejections(), rejected).await;
    assert!(text.contains("the account is frozen"), "{text}");
}

#[tokio::test]
async fn nothing_of_the_payload_is_in_any_line() {
    let (log, _on) = Capture::start();
    let app = builder().open().await.unwrap();
    app.dispatch(Deposit::new("1", 4711)).await.unwrap();
    app.dispatch(Withdraw::new("1")).await.unwrap_err();
    app.dispatch(Break::new("1")).await.unwrap_err();
    app.dispatch(Deposit::new("1", 0)).await.unwrap_err();
    let lines = log.events();
    assert_eq!(lines.len(), 4);
    let text = format!("{lines:?}");
    for secret in ["4711", "is broken", "frozen"] {
        assert!(!text.contains(secret), "{text}");
    }
    let levels: Vec<_> = lines.iter().map(|(level, _)| *level).collect();
    assert_eq!(
        levels,
        [Level::DEBUG, Level::INFO, Level::ERROR, Level::INFO]
    );
}

#[tokio::test]
async fn a_command_that_nobody_waits_for_any_longer_has_a_line() {
    let (log, _on) = Capture::start();
    let service = LoggingLayer::new().layer(service_fn(|_: CommandRequest| {
        std::future::pending::<Answered>()
    }));
    let _ = futures_util::poll!(Box::pin(service.oneshot(deposit())));
    let [(level, fields)] = log.events().try_into().expect("one line");
    assert_eq!(
        (level, fields["outcome"].as_str()),
        (Level::WARN, "abandoned")
    );
}
