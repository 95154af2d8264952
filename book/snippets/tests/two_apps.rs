//! Two applications in one program.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

// ANCHOR: two
mod shop {
    use mink::prelude::*;

    #[event]
    pub struct Opened;

    #[command]
    pub struct Open {
        pub id: u32,
    }

    #[derive(Aggregate, Default)]
    pub struct Account;

    #[handlers]
    impl Account {
        fn open(&self, _: Open) -> Opened {
            Opened
        }
        fn opened(&mut self, _: &Opened) {}
    }
}

mod bank {
    use mink::prelude::*;

    #[event]
    pub struct Opened {
        pub overdraft: u64,
    }

    #[command]
    pub struct Open {
        pub id: u32,
    }

    #[derive(Aggregate, Default)]
    pub struct Account {
        pub overdraft: u64,
    }

    #[handlers]
    impl Account {
        fn open(&self, _: Open) -> Opened {
            Opened { overdraft: 500 }
        }
        fn opened(&mut self, event: &Opened) {
            self.overdraft = event.overdraft;
        }
    }
}

async fn open(registry: mink::registry::Registry) -> mink::Mink {
    mink::Mink::builder()
        .url("memory://")
        .registry(registry)
        .open()
        .await
        .unwrap()
}

#[tokio::test]
async fn two_applications_share_a_program_and_no_name() {
    use mink::registry::Registry;

    let shop = open(
        Registry::by_hand()
            .event::<shop::Opened>()
            .command::<shop::Open>()
            .aggregate::<shop::Account>()
            .build(),
    )
    .await;
    let bank = open(
        Registry::by_hand()
            .event::<bank::Opened>()
            .command::<bank::Open>()
            .aggregate::<bank::Account>()
            .build(),
    )
    .await;

    shop.dispatch(shop::Open { id: 1 }).await.unwrap();
    bank.dispatch(bank::Open { id: 1 }).await.unwrap();
    let account = bank.load::<bank::Account>(1).await.unwrap();
    assert_eq!(account.overdraft, 500);
}
// ANCHOR_END: two

#[test]
fn the_linked_registry_holds_both_and_says_so() {
    let faults = mink::registry().verify().unwrap_err();
    assert!(
        faults
            .to_string()
            .contains("two events are called `Opened`")
    );
}
