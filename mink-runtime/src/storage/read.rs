use std::ops::ControlFlow;

use super::{RecordedEvent, Storage, StorageError, StoredEvent};
use crate::id::{Category, StreamId, TenantId};

/// Which way to read a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Oldest first.
    #[default]
    Forwards,
    /// Newest first.
    Backwards,
}

/// Which part of a stream to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamQuery {
    /// Whose stream.
    pub tenant: TenantId,
    /// Which stream.
    pub stream: StreamId,
    /// The lowest version wanted, inclusive; 1 is the first event, and so is 0.
    pub from: u64,
    /// The highest version wanted, inclusive; `u64::MAX` is the last event there is.
    pub to: u64,
    /// Oldest or newest first.
    pub direction: Direction,
    /// The most events in one page; 0 is taken as 1.
    pub limit: usize,
}

impl StreamQuery {
    /// How many events a page holds unless asked otherwise.
    pub const PAGE: usize = 4096;

    /// The whole stream, oldest first.
    #[must_use]
    pub fn new(tenant: TenantId, stream: StreamId) -> Self {
        Self {
            tenant,
            stream,
            from: 1,
            to: u64::MAX,
            direction: Direction::Forwards,
            limit: Self::PAGE,
        }
    }

    /// The query for what follows `page`, or `None` when the page was the last.
    #[must_use]
    pub fn after(&self, page: &StreamPage) -> Option<Self> {
        let last = page.events.last()?.version;
        if page.events.len() < self.limit {
            return None;
        }
        let mut next = self.clone();
        match self.direction {
            Direction::Forwards if last < self.to.min(page.version) => next.from = last + 1,
            Direction::Backwards if last > self.from.max(page.first) => next.to = last - 1,
            _ => return None,
        }
        Some(next)
    }
}

/// A part of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamPage {
    /// The stream's version when it was read: that of its last event, in the page or not.
    pub version: u64,
    /// The lowest version that can be read: 1 unless events were [removed](super::Change), one more than `version` when
    /// all were.
    pub first: u64,
    /// Whether some of the events before `first` can be restored, the last of them in any case.
    pub archived: bool,
    /// The events asked for that can be read, in the direction asked for.
    pub events: Vec<RecordedEvent>,
}

/// Is handed the events of a stream, one by one, and says whether it wants more.
pub type Visit<'v> = dyn FnMut(StoredEvent<'_>) -> ControlFlow<()> + Send + 'v;

/// Where a stream begins and ends, as a visit found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamBounds {
    /// The version of its last event.
    pub version: u64,
    /// The lowest version that can be read.
    pub first: u64,
    /// Whether some of the events before `first` can be restored.
    pub archived: bool,
}

impl StreamBounds {
    /// Whether events that somebody wants from `from` on are in an archive.
    #[must_use]
    pub fn hides(&self, from: u64) -> bool {
        self.archived && from < self.first
    }
}

/// [`Storage::visit_stream`] on top of [`Storage::read_stream`]: for a store that has no shorter way.
///
/// # Errors
/// As [`Storage::read_stream`].
pub async fn visit_pages<S: Storage + ?Sized>(
    store: &S,
    query: &StreamQuery,
    visit: &mut Visit<'_>,
) -> Result<StreamBounds, StorageError> {
    let mut query = query.clone();
    loop {
        let page = store.read_stream(&query).await?;
        let bounds = StreamBounds {
            version: page.version,
            first: page.first,
            archived: page.archived,
        };
        if query.direction == Direction::Forwards {
            let begins = query.from.max(page.first);
            let first = page.events.first();
            if bounds.hides(query.from) || first.is_some_and(|event| event.version != begins) {
                return Ok(bounds);
            }
        }
        for event in &page.events {
            if visit(event.into()).is_break() {
                return Ok(bounds);
            }
        }
        match query.after(&page) {
            Some(next) => query = next,
            None => return Ok(bounds),
        }
    }
}

/// What is known of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamInfo {
    /// Whose stream.
    pub tenant: TenantId,
    /// Which stream.
    pub stream: StreamId,
    /// The version of its last event, removed or not.
    pub version: u64,
    /// The lowest version that can be read: 1 unless events were [removed](super::Change), one more than `version` when
    /// all were.
    pub first: u64,
    /// Every event up to this version is gone for good; 0 when none is.
    pub truncated: u64,
    /// Whether some of the events before `first` can be restored, the last of them in any case.
    pub archived: bool,
    /// Whether it is deleted: it can then be neither read nor appended to.
    pub deleted: bool,
}

/// Which streams to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamList {
    /// Whose streams.
    pub tenant: TenantId,
    /// Only streams of this category.
    pub category: Option<Category>,
    /// Only streams whose name starts with this text, every character of it ordinary.
    pub prefix: Option<String>,
    /// Only streams whose name comes after this one: the last name of the page before.
    pub after: Option<StreamId>,
    /// The most streams in one page; 0 is taken as 1.
    pub limit: usize,
}

impl StreamList {
    /// All streams of a tenant, 1,000 a page.
    #[must_use]
    pub fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            category: None,
            prefix: None,
            after: None,
            limit: 1000,
        }
    }
}
