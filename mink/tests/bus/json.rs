use mink::bus::JsonDispatchError;
use mink::serde_json::{Value, json, to_value};

use super::domain::{balance, deposit, open};

#[tokio::test]
async fn a_command_comes_by_name_and_its_receipt_is_json() {
    let app = open().await;
    let receipt = app
        .dispatch_json("Deposit", &json!({"account_id": "a", "cents": 7}))
        .await
        .unwrap();
    let id = receipt.event_ids[0];
    assert_eq!(
        to_value(&receipt).unwrap(),
        json!({
            "command": "Deposit",
            "stream": "Account-a",
            "version": 1,
            "event_ids": [id],
            "reply": null,
        })
    );
    assert_eq!(balance(&app, "a").await, 7);
}

#[tokio::test]
async fn a_reply_is_part_of_the_json_receipt() {
    let app = open().await;
    app.dispatch(deposit("a", 10)).await.unwrap();
    let collected = app
        .dispatch_json("Collect", &json!({"account_id": "a", "cents": 4}))
        .await
        .unwrap();
    assert_eq!(collected.reply, json!({"before": 10, "after": 6}));
    let transferred = app
        .dispatch_json(
            "Transfer",
            &json!({"from_id": "a", "to_id": "b", "cents": 6}),
        )
        .await
        .unwrap();
    assert_eq!(
        to_value(&transferred).unwrap(),
        json!({"command": "Transfer", "reply": 1})
    );
    let ping = app.dispatch_json("Ping", &Value::Null).await.unwrap();
    assert_eq!(ping.reply, Value::Null);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_said_with_the_one_that_was_meant() {
    let app = open().await;
    let slip = app.dispatch_json("Deposti", &json!({})).await.unwrap_err();
    assert_eq!(
        slip.to_string(),
        "there is no command `Deposti`: did you mean `Deposit`?"
    );
    let nothing = app.dispatch_json("Launch", &json!({})).await.unwrap_err();
    assert_eq!(nothing.to_string(), "there is no command `Launch`");
}

#[tokio::test]
async fn a_payload_that_does_not_fit_is_said_without_its_values() {
    let app = open().await;
    let payload = json!({"account_id": "a", "cents": "bob@example.com"});
    let refused = app.dispatch_json("Deposit", &payload).await.unwrap_err();
    let text = format!("{refused} {refused:?}");
    assert!(
        text.starts_with(
            "the payload does not fit the command `Deposit`: string where u64 was expected Unr"
        ),
        "{text}"
    );
    assert!(!text.contains("bob"), "{text}");
    assert!(matches!(
        refused,
        JsonDispatchError::Unreadable {
            command: "Deposit",
            ..
        }
    ));
}

#[tokio::test]
async fn a_local_command_is_never_sent() {
    let app = open().await;
    let refused = app
        .dispatch_json("Secretly", &json!({"account_id": "a"}))
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        JsonDispatchError::NotSent {
            command: "Secretly"
        }
    ));
}

#[tokio::test]
async fn a_refusal_comes_with_its_text_and_as_json_when_it_can_be_written() {
    let app = open().await;
    let refused = app
        .dispatch_json("Withdraw", &json!({"account_id": "a", "cents": 3}))
        .await
        .unwrap_err();
    let JsonDispatchError::Rejected { message, error, .. } = refused else {
        panic!("{refused}")
    };
    assert_eq!(message, "3 cents are missing");
    assert_eq!(error, Some(json!({"missing": 3})));
    let unwritten = app
        .dispatch_json(
            "Transfer",
            &json!({"from_id": "a", "to_id": "b", "cents": 6}),
        )
        .await
        .unwrap_err();
    assert!(
        matches!(&unwritten, JsonDispatchError::Rejected { error: None, .. }),
        "{unwritten:?}"
    );
}
