use tower::{Layer, ServiceExt, service_fn};

use super::TenantLayer;
use crate::bus::layers::doc::{Deposit, builder};
use crate::bus::layers::testing::{accepted, deposit};
use crate::bus::{CommandFault, CommandRequest};
use crate::id::TenantId;

/// The tenant that a command has within the layer.
async fn tenant_within(
    layer: TenantLayer,
    request: CommandRequest,
) -> Result<String, CommandFault> {
    let seen = std::sync::Mutex::new(String::new());
    let service = layer.layer(service_fn(|request: CommandRequest| {
        request
            .tenant()
            .as_str()
            .clone_into(&mut seen.lock().unwrap());
        std::future::ready(accepted())
    }));
    service.oneshot(request).await?;
    Ok(seen.into_inner().unwrap())
}

fn tenant(name: &str) -> TenantId {
    TenantId::new(name).unwrap()
}

fn acme() -> TenantLayer {
    TenantLayer::new(|_| TenantId::new("acme").ok())
}

fn nobody() -> TenantLayer {
    TenantLayer::new(|_| None)
}

fn of(name: &str) -> CommandRequest {
    let mut request = deposit();
    request.set_tenant(tenant(name));
    request
}

#[tokio::test]
async fn a_command_without_a_tenant_gets_its_callers() {
    assert_eq!(tenant_within(acme(), deposit()).await.unwrap(), "acme");
    assert_eq!(tenant_within(nobody(), deposit()).await.unwrap(), "");
}

#[tokio::test]
async fn a_command_for_its_callers_tenant_passes() {
    assert_eq!(tenant_within(acme(), of("acme")).await.unwrap(), "acme");
    assert_eq!(tenant_within(nobody(), of("acme")).await.unwrap(), "acme");
}

#[tokio::test]
async fn a_command_for_another_tenant_than_its_callers_is_refused_and_never_redirected() {
    let fault = tenant_within(acme(), of("globex")).await.unwrap_err();
    assert!(matches!(
        fault,
        CommandFault::OtherTenant { command: "Deposit" }
    ));
}

#[tokio::test]
async fn a_command_without_a_tenant_is_refused_where_one_is_required() {
    let fault = tenant_within(nobody().required(), deposit())
        .await
        .unwrap_err();
    assert!(matches!(
        fault,
        CommandFault::NoTenant { command: "Deposit" }
    ));
    let passed = tenant_within(nobody().required(), of("acme")).await;
    assert_eq!(passed.unwrap(), "acme");
}

#[tokio::test]
async fn the_tenant_may_come_from_an_extension_that_another_layer_left() {
    let mut request = deposit();
    request.extensions_mut().insert(tenant("acme"));
    let within = tenant_within(TenantLayer::from_extension(), request).await;
    assert_eq!(within.unwrap(), "acme");
}

#[tokio::test]
async fn an_application_writes_to_the_callers_tenant_alone() {
    let app = builder().layer(acme()).open().await.unwrap();
    let receipt = app.dispatch(Deposit::new("1", 5)).await.unwrap();
    assert_eq!(receipt.tenant(), &tenant("acme"));
    let id = receipt.event_ids()[0];
    assert!(app.event(id).await.unwrap().is_none());
    let acme = app.tenant("acme").unwrap();
    assert!(acme.event(id).await.unwrap().is_some());

    let globex = app.tenant("globex").unwrap();
    let refused = globex.dispatch(Deposit::new("1", 5)).await.unwrap_err();
    assert!(matches!(
        refused.fault(),
        Some(CommandFault::OtherTenant { .. })
    ));
    assert!(globex.list_streams(|_| {}).await.unwrap().is_empty());
}
