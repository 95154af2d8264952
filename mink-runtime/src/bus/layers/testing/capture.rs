use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// The fields of an event or a span, as text.
pub(in super::super) type Fields = BTreeMap<&'static str, String>;

/// What this thread's `tracing` says while it lives.
#[derive(Clone, Default)]
pub(in super::super) struct Capture(Arc<Mutex<Captured>>);

#[derive(Default)]
struct Captured {
    events: Vec<(Level, Fields)>,
    /// In the order in which they were opened, each with the place of the one that it is within.
    spans: Vec<(u64, Option<u64>, Fields)>,
}

impl Capture {
    pub(in super::super) fn start() -> (Self, DefaultGuard) {
        // while there is only one subscriber, `tracing` asks the thread that comes to a span first, and the thread of
        // another test has none
        static KEPT: LazyLock<[tracing::Dispatch; 2]> = LazyLock::new(|| {
            [(); 2].map(|()| tracing::Dispatch::new(tracing_subscriber::registry()))
        });
        LazyLock::force(&KEPT);
        let capture = Self::default();
        let subscriber = tracing_subscriber::registry().with(capture.clone());
        (capture, tracing::subscriber::set_default(subscriber))
    }

    /// The events of the target `mink::command`.
    pub(in super::super) fn events(&self) -> Vec<(Level, Fields)> {
        self.0.lock().unwrap().events.clone()
    }

    /// The spans called `command`.
    pub(in super::super) fn spans(&self) -> Vec<Fields> {
        let captured = self.0.lock().unwrap();
        captured
            .spans
            .iter()
            .map(|(_, _, fields)| fields.clone())
            .collect()
    }

    /// The place of the span that the span at `place` is within.
    pub(in super::super) fn parent(&self, place: usize) -> Option<usize> {
        let captured = self.0.lock().unwrap();
        let parent = captured.spans[place].1?;
        captured.spans.iter().position(|(id, _, _)| *id == parent)
    }
}

struct Write<'a>(&'a mut Fields);

impl Visit for Write<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "mink::command" {
            let mut fields = Fields::new();
            event.record(&mut Write(&mut fields));
            let level = *event.metadata().level();
            self.0.lock().unwrap().events.push((level, fields));
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() != "command" {
            return;
        }
        let mut fields = Fields::new();
        attributes.record(&mut Write(&mut fields));
        let parents = context.span_scope(id).into_iter().flatten().skip(1);
        let parent = parents
            .filter(|span| span.name() == "command")
            .map(|span| span.id().into_u64())
            .next();
        let id = id.into_u64();
        self.0.lock().unwrap().spans.push((id, parent, fields));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut captured = self.0.lock().unwrap();
        let id = id.into_u64();
        if let Some((_, _, fields)) = captured.spans.iter_mut().rfind(|(span, _, _)| *span == id) {
            values.record(&mut Write(fields));
        }
    }
}
