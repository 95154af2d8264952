use std::sync::Arc;
use std::time::Duration;

use backon::Retryable;
use futures_core::Stream;
use futures_util::stream;

use super::{Mink, streams};
use crate::event::Event;
use crate::id::{Category, InvalidName, Position, StreamId};
use crate::observe::{Observer, Operation, operation_span, watched};
use crate::repository::waits;
use crate::storage::{FeedEvent, FeedFilter, FeedPage, Storage, StorageError};

impl Mink {
    /// Reads the global feed: every event of this tenant, in commit order, from the start unless said otherwise.
    #[must_use]
    pub fn feed(&self) -> FeedReader {
        FeedReader {
            storage: Arc::clone(self.storage()),
            observer: self.repository().observer().clone(),
            filter: FeedFilter::tenant(self.tenant.clone()),
            after: Position::START,
            page: 1000,
            patience: self.shared.bus.repository().patience(),
        }
    }

    /// Reads the global feed of every tenant. For operators and projections that serve all tenants.
    #[must_use]
    pub fn feed_of_all_tenants(&self) -> FeedReader {
        let mut reader = self.feed();
        reader.filter.tenant = None;
        reader
    }

    /// The position of the newest event in the feed.
    ///
    /// # Errors
    /// The store's.
    pub async fn head(&self) -> Result<Position, StorageError> {
        self.watched(Operation::GetLastPosition, self.storage().head())
            .await
    }
}

/// Which part of the feed to read, and how. What is asked for in several ways must all hold.
///
/// **Order.** Gapless positions, every stream's own order. **Delivery.** Nothing skipped, nothing twice.
#[derive(Clone)]
pub struct FeedReader {
    storage: Arc<dyn Storage>,
    observer: Observer,
    filter: FeedFilter,
    after: Position,
    page: usize,
    patience: Duration,
}

impl FeedReader {
    /// Starts behind this position (exclusive).
    #[must_use]
    pub fn after(mut self, position: Position) -> Self {
        self.after = position;
        self
    }

    /// Also delivers events of type `E`; only those that are named, once one is.
    #[must_use]
    pub fn of_type<E: Event>(self) -> Self {
        self.of_types([E::NAME])
    }

    /// Also delivers events of these stored types; only those that are named, once one is.
    #[must_use]
    pub fn of_types(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.filter.types.extend(names.into_iter().map(Into::into));
        self
    }

    /// Also delivers events of this stream; only those of streams that are named, once one is.
    #[must_use]
    pub fn in_stream(mut self, stream: StreamId) -> Self {
        self.filter.streams.push(stream);
        self
    }

    /// Also delivers events of streams in this category; only those of categories that are named, once one is.
    ///
    /// # Errors
    /// When the category is empty or holds a `-`.
    pub fn in_category(mut self, category: impl AsRef<str>) -> Result<Self, InvalidName> {
        self.filter.categories.push(Category::new(category)?);
        Ok(self)
    }

    /// How many events are fetched at once. 1,000 unless said otherwise.
    #[must_use]
    pub fn page_size(mut self, events: usize) -> Self {
        self.page = events.max(1);
        self
    }

    /// One page, which says where to go on.
    ///
    /// # Errors
    /// The store's.
    pub async fn page(&self) -> Result<FeedPage, StorageError> {
        let span = operation_span(self.observer.service(), Operation::ReadFeed);
        let page = watched!(
            self.observer,
            Operation::ReadFeed,
            span,
            self.storage.read_feed(self.after, &self.filter, self.page)
        )?;
        span.record("mink.events.loaded", page.events.len());
        span.record("mink.last_position", page.next.0);
        Ok(page)
    }

    async fn patient_page(&self) -> Result<FeedPage, StorageError> {
        (|| self.page())
            .retry(waits(self.patience))
            .when(|error| matches!(error, StorageError::Unavailable { .. }))
            .notify(|_, _| self.observer.retried(Operation::ReadFeed))
            .await
    }

    /// Every event that is in the feed now, oldest first; ends at the head that the first page saw.
    pub fn read(self) -> impl Stream<Item = Result<FeedEvent, StorageError>> + Send + 'static {
        let start = Some((self, None));
        let pages = stream::try_unfold(
            start,
            |state: Option<(Self, Option<Position>)>| async move {
                let Some((mut reader, until)) = state else {
                    return Ok::<_, StorageError>(None);
                };
                let page = reader.page().await?;
                let until = until.unwrap_or(page.head);
                reader.after = page.next;
                let events: Vec<_> = page
                    .events
                    .into_iter()
                    .take_while(|event| event.position <= until)
                    .collect();
                let next = (page.next < until).then_some((reader, Some(until)));
                Ok(Some((events, next)))
            },
        );
        streams::flatten(pages)
    }

    /// Every event from here on, for ever: what is in the feed, then what is committed, as it is committed. Waits for a
    /// notification, and looks again from time to time in any case. While the store cannot be reached it waits, as long
    /// as the application's patience says; then, and with any other error, it ends.
    pub fn follow(self) -> impl Stream<Item = Result<FeedEvent, StorageError>> + Send + 'static {
        let pages = stream::try_unfold(self, |mut reader| async move {
            loop {
                let moved = reader.storage.feed_moved();
                let page = reader.patient_page().await?;
                let idle = page.events.is_empty() && page.next >= page.head;
                reader.after = page.next;
                if !idle {
                    return Ok::<_, StorageError>(Some((page.events, reader)));
                }
                moved.await;
            }
        });
        streams::flatten(pages)
    }
}
