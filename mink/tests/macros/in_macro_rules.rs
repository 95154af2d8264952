//! The macros inside a `macro_rules!`: on what it writes itself, and on what its caller passes in.

use mink::prelude::*;
use mink::registry::Registry;
use mink::serde_json::{Value, json};

use super::upcasts::read;

/// Everything that the macro writes has the macro's hygiene.
macro_rules! written_here {
    () => {
        pub(super) fn add_channel(mut old: Value) -> Value {
            old["channel"] = "web".into();
            old
        }

        #[derive(serde::Serialize, serde::Deserialize)]
        pub(super) struct EnteredV2 {
            channel: String,
        }

        impl From<EnteredV2> for Entered {
            fn from(old: EnteredV2) -> Self {
                Self {
                    channel: old.channel,
                    email: String::new(),
                }
            }
        }

        #[event(version = 3, encrypt = "email", upcast(1 => add_channel, 2 => EnteredV2))]
        pub(super) struct Entered {
            pub(super) channel: String,
            pub(super) email: String,
        }

        #[event(version = 2, upcast(1 => |old: Value| old))]
        pub(super) enum Ended {
            Closed { reason: String },
        }

        #[command(id = "account", idempotency_key = "request")]
        pub(super) struct Enter {
            pub(super) account: String,
            pub(super) request: String,
        }

        #[derive(Aggregate, Default)]
        #[aggregate(name = "Account", snapshot(every = 10))]
        #[derive(serde::Serialize, serde::Deserialize, Shape)]
        pub(super) struct Account {
            pub(super) opened: u32,
        }

        #[handlers]
        impl Account {
            fn open(&self, command: Enter) -> Entered {
                Entered {
                    channel: "web".into(),
                    email: command.request,
                }
            }
            fn opened(&mut self, _: &Entered) {
                self.opened += 1;
            }
            fn ended(&mut self, event: &Ended) {
                let Ended::Closed { .. } = event;
                self.opened = 0;
            }
        }

        #[command]
        pub(super) struct Ping {
            pub(super) times: u32,
        }

        #[handler]
        pub(super) async fn ping(command: Ping, _: &CommandContext) -> Result<Reply, Refused> {
            match command.times {
                0 => Err(Refused),
                times => Ok(Reply { times }),
            }
        }

        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub(super) struct Reply {
            pub(super) times: u32,
        }

        #[derive(Debug, PartialEq)]
        pub(super) struct Refused;

        impl std::fmt::Display for Refused {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("no")
            }
        }

        impl std::error::Error for Refused {}
    };
}

mod written {
    use super::*;

    written_here!();
}

/// What the caller passes in arrives in fragments.
macro_rules! passed_in {
    (
        $event:ident, $version:literal, $from:literal, $function:expr, $behind:literal, $old:path, $name:literal,
        $field:ident: $type:ty,
        $encrypt:literal, $command:ident, $id:literal, $key:literal, $aggregate:ident, $state:ident: $number:ty, $decide:ident,
        $command_type:ty, $event_type:ty, $aggregate_type:ty, $error_type:ty,
        $service:ty, $sum:ident
    ) => {
        #[event(name = $name, version = $version, encrypt = $encrypt, upcast($from => $function, $behind => $old))]
        pub(super) struct $event {
            pub(super) $field: $type,
            pub(super) more: Option<$type>,
        }

        #[command(id = $id, idempotency_key = $key)]
        pub(super) struct $command {
            pub(super) account: String,
            pub(super) $field: $type,
        }

        #[derive(Aggregate, Default)]
        pub(super) struct $aggregate {
            pub(super) $state: $number,
        }

        #[handlers]
        impl $aggregate_type {
            fn $decide(
                &self,
                command: $command_type,
                service: &$service,
            ) -> Result<$event_type, $error_type> {
                let _: &u32 = service;
                Ok($event {
                    $field: command.$field,
                    more: None,
                })
            }
            fn evolve(&mut self, _: &$event_type) {
                self.$state += 1;
            }
        }

        #[command]
        pub(super) struct Sum {
            pub(super) of: u32,
        }

        #[handler]
        pub(super) async fn $sum(command: Sum, service: &$service) -> Result<$number, $error_type> {
            Ok(command.of + service)
        }
    };
}

mod passed {
    use super::*;

    pub(super) fn with_text(mut old: Value) -> Value {
        old["text"] = "".into();
        old
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) struct NotedV2 {
        text: String,
    }

    impl From<NotedV2> for Noted {
        fn from(old: NotedV2) -> Self {
            Self {
                text: old.text,
                more: None,
            }
        }
    }

    passed_in!(
        Noted, 3, 1, with_text, 2, NotedV2, "noted", text: String, "text", Note, "account",
        "account", Notebook, notes: u32, note,
        Note, Noted, Notebook, std::convert::Infallible, u32, sum
    );
}

#[tokio::test]
async fn they_do_what_they_do_elsewhere() {
    let registry = Registry::by_hand()
        .event::<written::Entered>()
        .event::<written::Ended>()
        .event::<passed::Noted>()
        .command::<written::Enter>()
        .command::<written::Ping>()
        .command::<passed::Note>()
        .command::<passed::Sum>()
        .handler::<written::Ping, _>()
        .handler::<passed::Sum, _>()
        .aggregate::<written::Account>()
        .aggregate::<passed::Notebook>()
        .build();
    let app = Mink::builder()
        .url("memory://")
        .registry(registry)
        .service(7_u32)
        .store_encrypted_fields_in_clear_text()
        .open()
        .await
        .unwrap();
    let (account, request) = ("a".to_owned(), "r".to_owned());
    app.dispatch(written::Enter { account, request })
        .await
        .unwrap();
    let ended = written::Ended::Closed { reason: "".into() };
    app.append::<written::Account>("a", ExpectedVersion::Any, ended)
        .await
        .unwrap();
    assert_eq!(app.load::<written::Account>("a").await.unwrap().opened, 0);
    let (account, text) = ("n".to_owned(), "t".to_owned());
    app.dispatch(passed::Note { account, text }).await.unwrap();
    assert_eq!(app.load::<passed::Notebook>("n").await.unwrap().notes, 1);
    let reply = app.dispatch(written::Ping { times: 2 }).await.unwrap();
    assert_eq!(reply, written::Reply { times: 2 });
    assert_eq!(app.dispatch(passed::Sum { of: 3 }).await.unwrap(), 10);
}

#[test]
fn old_payloads_come_up() {
    let noted: passed::Noted = read(1, json!({})).unwrap();
    assert_eq!(noted.text, "");
    let noted: passed::Noted = read(2, json!({"text": "t"})).unwrap();
    assert_eq!(noted.text, "t");
    let opened: written::Entered = read(2, json!({"channel": "shop"})).unwrap();
    assert_eq!(opened.channel, "shop");
    let opened: written::Entered = read(1, json!({"email": "e"})).unwrap();
    assert_eq!(opened.channel, "web");
}
