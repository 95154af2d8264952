use tower::{Layer, ServiceExt};

use super::ValidationLayer;
use crate::bus::layers::doc::{Deposit, Withdraw, builder};
use crate::bus::layers::testing::{accepted, answers, count, deposit, request};
use crate::bus::{CommandFault, DispatchError, JsonDispatchError};

#[tokio::test]
async fn a_command_that_keeps_its_rules_passes() {
    let service = ValidationLayer::new().layer(answers(&[accepted]).0);
    assert!(service.oneshot(deposit()).await.is_ok());
}

#[tokio::test]
async fn a_command_without_rules_passes() {
    let service = ValidationLayer::new().layer(answers(&[accepted]).0);
    assert!(service.oneshot(request(Withdraw::new("1"))).await.is_ok());
}

#[tokio::test]
async fn a_command_that_breaks_a_rule_reaches_nobody_and_says_which_field() {
    let (service, calls) = answers(&[accepted]);
    let service = ValidationLayer::new().layer(service);
    let fault = service
        .oneshot(request(Deposit::new("1", 0)))
        .await
        .unwrap_err();
    assert_eq!(count(&calls), 0);
    assert_eq!(
        fault.to_string(),
        "`Deposit` is not valid: `amount` is zero"
    );
    let CommandFault::Invalid { errors, .. } = fault else {
        panic!("{fault}")
    };
    assert_eq!(errors.fields()[0].path, "amount");
}

#[tokio::test]
async fn an_application_checks_rules_on_every_way() {
    let app = builder().open().await.unwrap();
    let invalid = || Deposit::new("1", 0);
    let refused = |error: DispatchError<std::convert::Infallible>| {
        assert_eq!(error.invalid().unwrap().fields().len(), 1);
    };
    refused(app.dispatch(invalid()).await.unwrap_err());
    refused(app.dispatch_detached(invalid()).await.unwrap_err());
    for error in app.dispatch_all([invalid(), invalid()]).await {
        refused(error.unwrap_err());
    }
    let payload = serde_json::json!({ "account_id": "1", "amount": 0 });
    let error = app.dispatch_json("Deposit", &payload).await.unwrap_err();
    assert!(
        matches!(
            error,
            JsonDispatchError::Failed(CommandFault::Invalid { .. })
        ),
        "{error}"
    );
    assert_eq!(app.head().await.unwrap().0, 0, "nothing is written");
}

#[tokio::test]
async fn a_bare_stack_checks_nothing() {
    let app = builder().bare_stack().open().await.unwrap();
    app.dispatch(Deposit::new("1", 0)).await.unwrap();
}
