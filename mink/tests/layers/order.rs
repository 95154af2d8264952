//! The default stack is around the application's layers as its documentation says.

use std::sync::{Arc, Mutex};

use mink::bus::layers::{AuditEntry, AuditLayer};
use mink::bus::{CommandFault, CommandRequest, CommandResponse};
use mink::command::{Validate, ValidationErrors};
use mink::prelude::*;

use super::domain::{builder, pay};

#[command]
struct Weigh {
    scale_id: String,
    grams: u64,
}

impl Validate for Weigh {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        if self.grams == 0 {
            errors.add("grams", "are none");
        }
        errors.into_result()
    }
}

#[derive(Aggregate, Default)]
struct Scale {}

#[event]
struct Weighed {}

#[handlers]
impl Scale {
    fn weigh(&self, _: Weigh) -> Weighed {
        Weighed {}
    }
    fn weighed(&mut self, _: &Weighed) {}
}

#[tokio::test]
async fn validation_is_within_the_applications_layers() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let app = builder()
        .layer(AuditLayer::new(move |entry: AuditEntry| {
            tell.lock().unwrap().push(entry.to_string());
            async { Ok(()) }
        }))
        .open()
        .await
        .unwrap();
    let invalid = Weigh {
        scale_id: "1".to_owned(),
        grams: 0,
    };
    app.dispatch(invalid).await.unwrap_err();
    assert_eq!(
        *told.lock().unwrap(),
        ["`Weigh` for `1`: failed: `Weigh` is not valid: `grams` are none"]
    );
}

#[tokio::test]
async fn panic_recovery_is_around_the_applications_layers() {
    async fn breaks(_: CommandRequest) -> Result<CommandResponse, CommandFault> {
        panic!("a broken layer")
    }
    let broken = tower::layer::layer_fn(|_| tower::service_fn(breaks));
    let app = builder().layer(broken).open().await.unwrap();
    let fault = app.dispatch(pay("1", 5)).await.unwrap_err();
    assert!(
        matches!(fault.fault(), Some(CommandFault::Panicked { .. })),
        "{fault}"
    );
}
