use std::borrow::Cow;

use bytes::Bytes;

use super::{Data, Logged, index};
use crate::metadata::Metadata;
use crate::storage::{
    Change, Format, LifecycleError, RecordedEvent, RestoreFault, StreamChange, StreamChanged, Touch,
};

impl Data {
    pub(in super::super) fn change_stream(
        &mut self,
        wish: &StreamChange,
    ) -> Result<StreamChanged, LifecycleError> {
        let not_found = || LifecycleError::StreamNotFound {
            stream: wish.stream.clone(),
        };
        let tenant = self.tenants.get_mut(&wish.tenant).ok_or_else(not_found)?;
        let stream = tenant.streams.get_mut(&wish.stream).ok_or_else(not_found)?;
        let decision = wish.decide(stream.marks)?;
        match (&decision.touch, &wish.change) {
            (Touch::Nothing, _) => {}
            (Touch::Stub { versions, format }, _) => {
                for at in &stream.events[index(versions.start - 1)..index(versions.end - 1)] {
                    self.log[*at].strip(format);
                }
            }
            (Touch::Restore { versions }, Change::Restore(events)) => {
                let places = &stream.events[index(versions.start - 1)..index(versions.end - 1)];
                let other = events
                    .iter()
                    .zip(places)
                    .find(|(event, at)| !self.log[**at].is_stub_of(event));
                if let Some((event, _)) = other {
                    return Err(wish.not_restorable(event, RestoreFault::OtherEvent));
                }
                for (event, at) in events.iter().zip(places) {
                    self.log[*at] = Logged {
                        event: event.clone(),
                        stub: false,
                    };
                }
            }
            (Touch::Restore { .. }, _) => {}
        }
        stream.marks = decision.marks;
        if let Some(snapshot) = tenant.snapshots.get(&wish.stream)
            && snapshot.version < decision.marks.first - 1
        {
            tenant.snapshots.remove(&wish.stream);
        }
        Ok(decision.answer())
    }
}

impl Logged {
    fn strip(&mut self, format: &'static str) {
        self.stub = true;
        self.event.format = Format::Binary(Cow::Borrowed(format));
        self.event.payload = Bytes::new();
        self.event.metadata = Metadata::default();
    }

    fn is_stub_of(&self, event: &RecordedEvent) -> bool {
        self.event.id == event.id
            && self.event.event_type == event.event_type
            && self.event.schema_version == event.schema_version
            && self.event.recorded_at == event.recorded_at
    }
}
