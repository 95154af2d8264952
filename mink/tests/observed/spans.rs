use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex};

use mink::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, SubscriberExt};

use super::{Account, Deposited, deposit, open};

/// Every span that ended or not, with its fields and its parent's name.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Seen>>>);

#[derive(Clone, Default, Debug)]
struct Seen {
    id: u64,
    name: &'static str,
    parent: Option<&'static str>,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

impl<S> tracing_subscriber::Layer<S> for Spans
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let parent = context.span(id).and_then(|span| span.parent());
        let mut seen = Seen {
            id: id.into_u64(),
            name: attributes.metadata().name(),
            parent: parent.map(|parent| parent.name()),
            ..Seen::default()
        };
        attributes.record(&mut seen);
        self.0.lock().unwrap().push(seen);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut spans = self.0.lock().unwrap();
        let of = |seen: &&mut Seen| seen.id == id.into_u64();
        if let Some(seen) = spans.iter_mut().rev().find(of) {
            values.record(seen);
        }
    }
}

impl Spans {
    fn of(&self, name: &str) -> Vec<Seen> {
        let spans = self.0.lock().unwrap();
        spans
            .iter()
            .filter(|seen| seen.name == name)
            .cloned()
            .collect()
    }
}

/// Lets the spans of every thread be asked of every subscriber, as `open` does before anything is traced: while there is
/// only one, `tracing` asks the thread that comes to a span first, and another test's thread has none.
pub(super) fn ask_every_subscriber() {
    static KEPT: LazyLock<[tracing::Dispatch; 2]> =
        LazyLock::new(|| [(); 2].map(|()| tracing::Dispatch::new(tracing_subscriber::registry())));
    LazyLock::force(&KEPT);
}

fn collect() -> (Spans, tracing::subscriber::DefaultGuard) {
    ask_every_subscriber();
    let spans = Spans::default();
    let subscriber = tracing_subscriber::registry().with(spans.clone());
    (spans, tracing::subscriber::set_default(subscriber))
}

fn assert_holds(seen: &Seen, fields: &[(&str, &str)]) {
    for (name, value) in fields {
        let found = seen.fields.get(name).map(String::as_str);
        assert_eq!(found, Some(*value), "{name} of {seen:?}");
    }
}

#[tokio::test]
async fn an_append_and_a_load_are_spans_with_the_names_of_their_parts() {
    let (spans, _guard) = collect();
    let (app, _) = open("bank").await;
    app.dispatch(deposit("1", 5)).await.unwrap();
    app.dispatch(deposit("1", 5)).await.unwrap();
    let appends = spans.of("eventstore.append");
    assert_holds(
        &appends[1],
        &[
            ("otel.kind", "client"),
            ("mink.service", "bank"),
            ("mink.stream_id", "Account-1"),
            ("mink.expected_version", "version 1"),
            ("mink.events.count", "1"),
            ("mink.events.types", "Deposited"),
            ("mink.stored.version", "2"),
        ],
    );
    assert_holds(
        &spans.of("eventstore.load")[1],
        &[
            ("mink.stream_id", "Account-1"),
            ("mink.from_version", "1"),
            ("mink.events.loaded", "1"),
            ("mink.stream.version", "1"),
        ],
    );
}

#[tokio::test]
async fn a_span_that_failed_says_so_and_why() {
    let (spans, _guard) = collect();
    let (app, _) = open("bank").await;
    let append = || app.append::<Account>("1", ExpectedVersion::NoStream, Deposited { cents: 1 });
    append().await.unwrap();
    append().await.unwrap_err();
    let failed = &spans.of("eventstore.append")[1];
    let kind = ("error.type", "concurrency_conflict");
    assert_holds(failed, &[("otel.status_code", "ERROR"), kind]);
    let fine = &spans.of("eventstore.append")[0];
    assert_eq!(fine.fields.get("otel.status_code"), None);
}

#[tokio::test]
async fn the_stores_spans_lie_within_the_commands_and_that_one_within_the_callers() {
    use tracing::Instrument;
    let (spans, _guard) = collect();
    let (app, _) = open("bank").await;
    let request = tracing::info_span!("request");
    app.dispatch(deposit("1", 5))
        .instrument(request)
        .await
        .unwrap();
    for name in ["eventstore.load", "eventstore.append"] {
        assert_eq!(spans.of(name)[0].parent, Some("command"), "{name}");
    }
    assert_eq!(spans.of("command")[0].parent, Some("request"));
    app.head().await.unwrap();
    assert_eq!(spans.of("eventstore.get_last_position")[0].parent, None);
}
