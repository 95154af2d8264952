//! Configuration from a file, the environment and the builder.
#![cfg(feature = "config")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use mink_runtime::app::{Mink, MinkBuilder, OpenError, StartupFault};
use mink_runtime::config::{ConfigFault, Origin};
use mink_runtime::registry::Registry;
use mink_runtime::schema::{StructShape, TypeShape};

struct Shop {
    directory: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

const NOTHING: [(&str, &str); 0] = [];

/// One event is declared, so that the registry has no fault of its own.
fn builder() -> MinkBuilder {
    Mink::builder().registry(Registry::by_hand().event::<Opened>().build())
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Opened {}

impl mink_runtime::event::Event for Opened {
    const NAME: &'static str = "Opened";
    const VERSION: u32 = 1;
}

impl mink_runtime::schema::Shape for Opened {
    const SHAPE: TypeShape = TypeShape::Struct(StructShape {
        name: "Opened",
        fields: &[],
    });
}

async fn value(builder: MinkBuilder, key: &str) -> (String, Option<Origin>) {
    let app = builder.open().await.unwrap();
    let settings = app.configuration().settings();
    let found = settings.iter().find(|setting| setting.key == key).unwrap();
    (found.value.clone().unwrap(), found.origin.clone())
}

async fn faults(builder: MinkBuilder) -> Vec<ConfigFault> {
    let Err(OpenError::Faults(found)) = builder.open().await else {
        panic!("it opened");
    };
    let only = |fault| match fault {
        StartupFault::Configuration(fault) => fault,
        other => panic!("{other}"),
    };
    found.faults.into_iter().map(only).collect()
}

fn line(path: &Path, line: usize) -> String {
    format!("{}:{line}: ", path.display())
}

#[tokio::test]
async fn what_is_said_later_wins_defaults_file_environment_builder() {
    let shop = Shop::new();
    let file = shop.write(
        "mink.toml",
        "store_url = \"memory://\"\npatience = \"11s\"\n",
    );
    let next = shop.write("more.toml", "patience = \"12s\"");
    let second = |n: u64| format!("{n}s");

    let (patience, origin) = value(builder().url("memory://"), "patience").await;
    assert_eq!((patience, origin), (second(30), None));

    let (patience, origin) = value(builder().config_file(&file), "patience").await;
    assert_eq!(patience, second(11));
    assert_eq!(origin.unwrap().to_string(), format!("{}:2", file.display()));

    let both = || builder().config_file(&file).config_file(&next);
    assert_eq!(value(both(), "patience").await.0, second(12));

    // in whichever order it is called
    let environment = || both().variables([("MINK_PATIENCE", "13s")]);
    let (patience, origin) = value(environment(), "patience").await;
    assert_eq!(patience, second(13));
    assert_eq!(
        origin.unwrap(),
        Origin::Variable("MINK_PATIENCE".to_owned())
    );

    let set = || {
        builder()
            .set("patience", "14s")
            .config_file(&file)
            .variables([("MINK_PATIENCE", "13s")])
    };
    let (patience, origin) = value(set(), "patience").await;
    assert_eq!(patience, second(14));
    assert!(matches!(origin, Some(Origin::Call(_))));

    let call = set().patience(Duration::from_secs(15)).config_file(&next);
    assert_eq!(
        value(call, "patience").await,
        (second(15), Some(Origin::Builder))
    );
}

#[tokio::test]
async fn every_kind_of_setting_is_read_from_a_file_and_from_the_environment() {
    let shop = Shop::new();
    let file = shop.write(
        "mink.toml",
        "store_url = \"memory://\"\nunknown_events = \"skip\"\nconflict_retries = 7\n[limits]\nevent_bytes = \"2 MiB\"\n[group]\nbusy_patience = \"1m 30s\"\n",
    );
    let read = |key: &'static str| {
        let builder = builder().config_file(&file);
        async move { value(builder, key).await.0 }
    };
    assert_eq!(read("unknown_events").await, "skip");
    assert_eq!(read("conflict_retries").await, "7");
    assert_eq!(read("limits.event_bytes").await, "2.0 MiB");
    assert_eq!(read("group.busy_patience").await, "1m 30s");

    let read = |key: &'static str| {
        let builder = builder().variables([
            ("MINK_STORE_URL", "memory://"),
            ("MINK_UNKNOWN_EVENTS", "skip"),
            ("MINK_CONFLICT_RETRIES", "7"),
            ("MINK_LIMITS__EVENT_BYTES", "2MiB"),
            ("MINK_GROUP__BUSY_PATIENCE", "90s"),
        ]);
        async move { value(builder, key).await.0 }
    };
    assert_eq!(read("unknown_events").await, "skip");
    assert_eq!(read("conflict_retries").await, "7");
    assert_eq!(read("limits.event_bytes").await, "2.0 MiB");
    assert_eq!(read("group.busy_patience").await, "1m 30s");
}

#[tokio::test]
async fn every_fault_of_every_source_is_reported_at_once_with_its_place() {
    let shop = Shop::new();
    let file = shop.write(
        "mink.toml",
        "store_url = \"memory://\"
patiense = \"30s\"
patience = 30
unknown_events = \"ignore\"
conflict_retries = \"many\"
this is not TOML

[group]
batch_commits = 0
busy_patience = \"-5s\"
batch_bytes = \"much\"

[grup]
batch_commits = 3
",
    );
    let found = faults(
        builder()
            .config_file(&file)
            .variables([
                ("MINK_LIMITS__COMMIT_EVENTS", "0"),
                ("MINK_LIMITS__EVENTS", "1"),
                ("MINK_PATIENSE", "30s"),
            ])
            .set("group.batch_comits", 3)
            .configure(|options| options.group.bulk_events = 0),
    )
    .await;
    let texts: Vec<_> = found.iter().map(ToString::to_string).collect();
    let at = |number| line(&file, number);
    let expected = [
        (at(6), "this is not TOML"),
        (at(2), "no setting `patiense`: did you mean `patience`?"),
        (at(13), "no setting `grup`: did you mean `group`?"),
        (
            "environment variable MINK_LIMITS__EVENTS: ".into(),
            "no setting `limits.events`",
        ),
        (
            "environment variable MINK_PATIENSE: ".into(),
            "did you mean `MINK_PATIENCE`?",
        ),
        (
            at(3),
            "`patience` takes a duration, as `30s`: 30 has no unit",
        ),
        (
            at(4),
            "`unknown_events` takes `refuse` or `skip`: `ignore` is neither",
        ),
        (
            at(5),
            "`conflict_retries` takes a whole number, and this is a string",
        ),
        (at(9), "`group.batch_commits` is 0: it must be at least 1"),
        (
            at(10),
            "`group.busy_patience` takes a duration, as `30s`: `-5s` is negative",
        ),
        (
            at(11),
            "`group.batch_bytes` takes a size, as `4 MiB`: `much` is none",
        ),
        (
            "environment variable MINK_LIMITS__COMMIT_EVENTS: ".into(),
            "is 0: it must be at least 1",
        ),
        (
            "mink-runtime/tests/config.rs:".into(),
            "did you mean `group.batch_commits`?",
        ),
        ("the builder: ".into(), "`group.bulk_events` is 0"),
    ];
    assert_eq!(texts.len(), expected.len(), "{texts:#?}");
    for (text, (place, words)) in texts.iter().zip(expected) {
        assert!(text.starts_with(&place), "{text} is not at {place}");
        assert!(text.contains(words), "{text} does not say {words}");
    }
}

#[tokio::test]
async fn faults_of_the_configuration_and_of_the_declarations_come_in_one_report() {
    let error = Mink::builder()
        .registry(Registry::by_hand().build())
        .variables([("MINK_PATIENCE", "soon")])
        .open()
        .await
        .err()
        .unwrap()
        .to_string();
    for part in [
        "3 faults",
        "nothing is declared",
        "MINK_PATIENCE",
        "no store: ",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_named_must_be_there_and_be_readable() {
    let shop = Shop::new();
    let missing = shop.path("mink.toml");
    let latin = shop.write("latin.toml", b"store_url = \"memory://\"\n# caf\xe9\n");
    let found = faults(
        builder()
            .config_file(&missing)
            .config_file(shop.directory.path())
            .config_file(&latin)
            .url("memory://"),
    )
    .await;
    assert!(matches!(&found[0], ConfigFault::FileMissing { path } if *path == missing));
    assert!(matches!(&found[1], ConfigFault::FileUnreadable { .. }));
    assert_eq!(found[2].to_string(), line(&latin, 2) + "this is not UTF-8");
}

#[tokio::test]
async fn a_secret_is_in_no_fault_no_log_and_no_report() {
    let shop = Shop::new();
    let file = shop.write(
        "mink.toml",
        "store_url = \"postgres://shop:hunter2@db\npatience = \"postgres://shop:hunter2@db\"\n\"postgres://shop:hunter2@db\" = 1\n",
    );
    let wrong = ["mysql://shop:hunter2@db/shop", "shop:hunter2@db", "hunter2"];
    for url in wrong {
        let builder = builder()
            .config_file(&file)
            .variables([("MINK_STORE_URL", url)]);
        let found = faults(builder).await;
        let said = format!(
            "{found:?} {}",
            found.iter().map(|f| f.to_string()).collect::<String>()
        );
        assert!(!said.contains("hunter2"), "{said}");
        assert_eq!(found.len(), 4, "{said}");
    }
    let app = builder().url("memory://").open().await.unwrap();
    let shown = app.configuration().to_string();
    assert!(shown.contains("store_url = ***  # the builder"), "{shown}");
    assert!(!format!("{:?}", app.configuration()).contains("memory:"));
}

#[tokio::test]
async fn variables_that_resemble_no_setting_belong_to_somebody_else() {
    // what Kubernetes sets beside a service called mink
    let others = [
        ("MINK_SERVICE_HOST", "10.0.0.1"),
        ("MINK_SERVICE_PORT", "80"),
        ("MINK_PORT", "tcp://10.0.0.1:80"),
        ("MINK_PORT_80_TCP_PROTO", "tcp"),
        ("MINK_CONFIG", "elsewhere.toml"),
        ("MINK_TEST_POSTGRES_URL", "postgres://"),
        ("PATIENCE", "none"),
    ];
    let app = builder().url("memory://").variables(others).open().await;
    assert!(app.is_ok(), "{:?}", app.err());
}

#[cfg(unix)]
#[tokio::test]
async fn a_variable_that_is_not_unicode_is_named() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let value = OsString::from_vec(vec![0xff]);
    let variables = [(OsString::from("MINK_PATIENCE"), value)];
    let found = faults(builder().url("memory://").variables(variables)).await;
    assert_eq!(
        found,
        [ConfigFault::NotUnicode {
            name: "MINK_PATIENCE".into()
        }]
    );
}

#[tokio::test]
async fn a_store_of_the_builder_needs_no_url_and_wins_over_one() {
    let store = mink_runtime::storage::MemoryStore::new();
    let variables = [("MINK_STORE_URL", "mysql://elsewhere")];
    let app = builder().storage(store).variables(variables).open().await;
    assert_eq!(app.unwrap().storage().name(), "memory");
    let neither = faults(builder().variables(NOTHING)).await;
    assert_eq!(neither, [ConfigFault::NoStore]);
    assert!(matches!(builder().open().await, Err(OpenError::NoStore)));
}

#[tokio::test]
async fn a_section_of_an_adapter_that_is_not_linked_says_which_feature_brings_it() {
    let shop = Shop::new();
    let file = shop.write("mink.toml", "[postgres]\nmax_connections = 20\n");
    let found = faults(builder().url("memory://").config_file(&file)).await;
    let text = found[0].to_string();
    assert!(text.starts_with(&line(&file, 1)), "{text}");
    assert!(text.contains("enable the feature `postgres`"), "{text}");
}
