use futures_core::Stream;
use futures_util::stream;

use super::Mink;
use crate::aggregate::AggregateHandlers;
use crate::id::{AggregateId, EventId, InvalidName, StreamId};
use crate::observe::{Operation, operation_span, watched};
use crate::storage::{
    Direction, RecordedEvent, StorageError, StreamInfo, StreamList, StreamPage, StreamQuery,
};

impl Mink {
    /// The stream of an aggregate.
    ///
    /// # Errors
    /// When the id cannot name one.
    pub fn stream_of<A: AggregateHandlers>(
        &self,
        id: impl AggregateId,
    ) -> Result<StreamId, InvalidName> {
        StreamId::of(A::NAME, &id.id_text())
    }

    /// The events of a stream, oldest first, read in pages as they are asked for.
    ///
    /// The first item is [`StorageError::StreamNotFound`] when nothing was ever written to it.
    pub fn read_stream(
        &self,
        stream: &StreamId,
    ) -> impl Stream<Item = Result<RecordedEvent, StorageError>> + Send + 'static {
        self.read(StreamQuery::new(self.tenant.clone(), stream.clone()))
    }

    /// The events of a stream, newest first.
    pub fn read_stream_backwards(
        &self,
        stream: &StreamId,
    ) -> impl Stream<Item = Result<RecordedEvent, StorageError>> + Send + 'static {
        let mut query = StreamQuery::new(self.tenant.clone(), stream.clone());
        query.direction = Direction::Backwards;
        self.read(query)
    }

    /// The events of a stream with versions from `from` to `to`, both inclusive, oldest first.
    pub fn read_stream_between(
        &self,
        stream: &StreamId,
        from: u64,
        to: u64,
    ) -> impl Stream<Item = Result<RecordedEvent, StorageError>> + Send + 'static {
        let query = StreamQuery::new(self.tenant.clone(), stream.clone());
        self.read(StreamQuery { from, to, ..query })
    }

    fn read(
        &self,
        query: StreamQuery,
    ) -> impl Stream<Item = Result<RecordedEvent, StorageError>> + Send + 'static {
        let repository = self.repository().clone();
        let pages = stream::try_unfold(Some(query), move |query| {
            let repository = repository.clone();
            async move {
                let Some(query) = query else {
                    return Ok::<_, StorageError>(None);
                };
                let observer = repository.observer();
                let span = operation_span(observer.service(), Operation::ReadStream);
                span.record("mink.stream_id", query.stream.as_str());
                let page = watched!(
                    observer,
                    Operation::ReadStream,
                    span,
                    repository.storage().read_stream(&query)
                )?;
                observer.loaded(page.events.len());
                span.record("mink.events.loaded", page.events.len());
                let next = query.after(&page);
                Ok(Some((page.events, next)))
            }
        });
        flatten(pages)
    }

    /// The first pages of many streams in one round trip, `None` for a stream that does not exist.
    ///
    /// # Errors
    /// The store's.
    pub async fn read_streams(
        &self,
        streams: &[StreamId],
    ) -> Result<Vec<Option<StreamPage>>, StorageError> {
        let queries: Vec<_> = streams
            .iter()
            .map(|stream| StreamQuery::new(self.tenant.clone(), stream.clone()))
            .collect();
        let reading = self.storage().read_streams(&queries);
        self.watched(Operation::ReadStreams, reading).await
    }

    /// One event by its id.
    ///
    /// # Errors
    /// The store's.
    pub async fn event(&self, id: EventId) -> Result<Option<RecordedEvent>, StorageError> {
        let reading = self.storage().event(&self.tenant, id);
        self.watched(Operation::GetEvent, reading).await
    }

    /// What is known of a stream; `None` when nothing was ever written to it.
    ///
    /// # Errors
    /// The store's.
    pub async fn stream_info(&self, stream: &StreamId) -> Result<Option<StreamInfo>, StorageError> {
        let reading = self.storage().stream_info(&self.tenant, stream);
        self.watched(Operation::GetStreamInfo, reading).await
    }

    /// A page of this tenant's streams, ordered by name. `narrow` sets the category, prefix, page.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_streams(
        &self,
        narrow: impl FnOnce(&mut StreamList),
    ) -> Result<Vec<StreamInfo>, StorageError> {
        let mut query = StreamList::new(self.tenant.clone());
        narrow(&mut query);
        query.tenant = self.tenant.clone();
        let reading = self.storage().list_streams(&query);
        self.watched(Operation::ListStreams, reading).await
    }

    /// One operation on the store, in its span and counted.
    pub(super) async fn watched<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        let observer = self.repository().observer();
        let span = operation_span(observer.service(), operation);
        watched!(observer, operation, span, work)
    }
}

/// The items of pages, one by one; ends at the first error.
pub(super) fn flatten<T: Send + 'static>(
    pages: impl Stream<Item = Result<Vec<T>, StorageError>> + Send + 'static,
) -> impl Stream<Item = Result<T, StorageError>> + Send + 'static {
    use futures_util::{StreamExt, TryStreamExt};
    pages
        .map_ok(|page| stream::iter(page.into_iter().map(Ok)))
        .try_flatten()
        .boxed()
}
