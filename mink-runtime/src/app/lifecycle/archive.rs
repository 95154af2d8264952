//! Into an archive and back, part by part.

use backon::Retryable;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{ChangeError, StreamLifecycle};
use crate::aggregate::AggregateHandlers;
use crate::archive::{Archive, ArchiveError, ArchivePart};
use crate::repository::waits;
use crate::storage::{
    Change, FeedEvent, LifecycleError, RecordedEvent, StorageError, StreamChanged, StreamInfo,
    StreamQuery,
};

/// The most events in one part, and the bytes of payload after which it ends: a part is in memory as a whole.
const PART_EVENTS: usize = 4096;
const PART_BYTES: usize = 16 * 1024 * 1024;
/// How many events of a part are read, and how many positions are asked for, at the same time.
const PAGE: usize = 512;
const AT_ONCE: usize = 16;

impl<A: AggregateHandlers> StreamLifecycle<A> {
    /// Moves the events below this version into an archive: they keep their places in the store, and lose their content
    /// there once the archive has it.
    ///
    /// Goes in parts of at most 4,096 events. Of each, what the archive keeps is durable, was read back and is the same
    /// before the store lets go of it. The aggregate cannot be loaded afterwards, unless a snapshot covers what was
    /// moved or a [summary](Self::compact_into) comes next: [`LoadError::Archived`](crate::repository::LoadError).
    ///
    /// # Errors
    /// [`ChangeError`]. The parts that were moved before stay moved; the same call again goes on with the next.
    pub async fn archive_before(
        &self,
        version: u64,
        archive: &dyn Archive,
    ) -> Result<StreamChanged, ChangeError> {
        self.archive_to(Some(version), archive).await
    }

    /// Moves all events into an archive. As [`archive_before`](Self::archive_before).
    ///
    /// # Errors
    /// As [`archive_before`](Self::archive_before).
    pub async fn archive_all(&self, archive: &dyn Archive) -> Result<StreamChanged, ChangeError> {
        self.archive_to(None, archive).await
    }

    async fn archive_to(
        &self,
        before: Option<u64>,
        archive: &dyn Archive,
    ) -> Result<StreamChanged, ChangeError> {
        let seen = self.look().await?;
        let before = before.unwrap_or(seen.version + 1);
        if before > seen.version + 1 {
            return Err(LifecycleError::BeyondTheEnd {
                stream: self.stream.clone(),
                version: seen.version,
                before,
            }
            .into());
        }
        let mut all = StreamChanged {
            events: 0,
            first: seen.first,
        };
        while all.first < before {
            let moved = (async || self.archive_part(before, archive).await)
                .retry(waits(self.app.repository().patience()))
                .when(|error| self.is_to_be_repeated(error))
                .await?;
            all.events += moved.events;
            all.first = moved.first;
        }
        self.told("archived", &all);
        Ok(all)
    }

    /// Moves the next part, if there is one.
    async fn archive_part(
        &self,
        before: u64,
        archive: &dyn Archive,
    ) -> Result<StreamChanged, ChangeError> {
        let seen = self.look().await?;
        let events = if seen.first < before {
            self.read_part(&seen, before).await?
        } else {
            Vec::new()
        };
        let Some(last) = events.last().map(|event| event.version) else {
            return Ok(StreamChanged {
                events: 0,
                first: seen.first,
            });
        };
        let part = self.part(seen.first, last);
        let count = events.len() as u64;
        self.keep(archive, &part, self.placed(events).await?)
            .await?;
        let change = Change::Archive {
            before: last + 1,
            events: count,
        };
        Ok(self.submit(&seen, change).await?)
    }

    fn part(&self, first: u64, last: u64) -> ArchivePart {
        ArchivePart {
            tenant: self.app.tenant.clone(),
            stream: self.stream.clone(),
            first,
            last,
        }
    }

    /// The first events that can be read, as many as make a part: always the same of the same stream.
    async fn read_part(
        &self,
        seen: &StreamInfo,
        before: u64,
    ) -> Result<Vec<RecordedEvent>, ChangeError> {
        let mut query = StreamQuery::new(self.app.tenant.clone(), self.stream.clone());
        (query.from, query.to, query.limit) = (seen.first, before - 1, PAGE);
        let (mut events, mut bytes) = (Vec::new(), 0);
        while events.len() < PART_EVENTS && bytes < PART_BYTES {
            let read = || self.app.storage().read_stream(&query);
            let page = self.app.repository().patiently(read).await?;
            let next = query.after(&page);
            for event in page.events {
                if events.len() == PART_EVENTS || bytes >= PART_BYTES {
                    break;
                }
                if event.version != seen.first + events.len() as u64 {
                    return Err(LifecycleError::RowsDiffer {
                        stream: self.stream.clone(),
                        expected: before - seen.first,
                        found: events.len() as u64,
                    }
                    .into());
                }
                bytes += event.payload.len();
                events.push(event);
            }
            match next {
                Some(next) => query = next,
                None => break,
            }
        }
        Ok(events)
    }

    /// The events with their places in the feed.
    async fn placed(&self, events: Vec<RecordedEvent>) -> Result<Vec<FeedEvent>, ChangeError> {
        let (storage, repository) = (self.app.storage(), self.app.repository());
        // every event that was committed before this has its place afterwards
        repository.patiently(|| storage.head()).await?;
        let placed = stream::iter(events).map(|event| async move {
            let ask = || storage.position_of(&event.tenant, event.id);
            match repository.patiently(ask).await? {
                Some(position) => Ok(FeedEvent { position, event }),
                None => Err(StorageError::Corrupt {
                    what: format!(
                        "version {} of stream `{}` has no place in the feed",
                        event.version, event.stream
                    ),
                }),
            }
        });
        Ok(placed.buffered(AT_ONCE).try_collect().await?)
    }

    /// Sees to it that the archive has this part.
    async fn keep(
        &self,
        archive: &dyn Archive,
        part: &ArchivePart,
        events: Vec<FeedEvent>,
    ) -> Result<(), ChangeError> {
        let mut is_there = false;
        for earlier in archive.parts(&part.tenant, &part.stream).await? {
            if earlier.first > part.last || earlier.last < part.first {
                continue;
            }
            let kept = self.read_kept(archive, &earlier).await?;
            if let Some(version) = first_difference(&kept, &events) {
                return Err(ArchiveError::Differs {
                    place: archive.place(&earlier),
                    version,
                }
                .into());
            }
            is_there |= earlier == *part;
        }
        let content = part.encode(&events)?;
        if !is_there {
            archive.put(part, content.clone()).await?;
        }
        let kept = archive.get(part).await?;
        if kept.as_ref() != Some(&content) {
            return Err(ArchiveError::NotKept {
                place: archive.place(part),
            }
            .into());
        }
        Ok(())
    }

    async fn read_kept(
        &self,
        archive: &dyn Archive,
        part: &ArchivePart,
    ) -> Result<Vec<FeedEvent>, ArchiveError> {
        let place = archive.place(part);
        let content = archive.get(part).await?;
        let content = content.ok_or_else(|| ArchiveError::Missing {
            stream: part.stream.clone(),
            last: part.last,
            place: place.clone(),
        })?;
        part.decode(&content, &place)
    }

    /// Brings every archived event back to where it was, the newest part first. The archive keeps its copies.
    ///
    /// Nothing to restore is no error: 0 events.
    ///
    /// # Errors
    /// [`ChangeError`]; [`ArchiveError`] names the part. The parts that came back before stay; the same call again goes
    /// on with the next.
    pub async fn restore(&self, archive: &dyn Archive) -> Result<StreamChanged, ChangeError> {
        let mut all = StreamChanged {
            events: 0,
            first: self.look().await?.first,
        };
        loop {
            let restored = (async || self.restore_part(archive).await)
                .retry(waits(self.app.repository().patience()))
                .when(|error| self.is_to_be_repeated(error))
                .await?;
            all.first = restored.first;
            if restored.events == 0 {
                break;
            }
            all.events += restored.events;
        }
        self.told("restored", &all);
        Ok(all)
    }

    /// Brings back the last part that is archived, if there is one.
    async fn restore_part(&self, archive: &dyn Archive) -> Result<StreamChanged, ChangeError> {
        let seen = self.look().await?;
        if !seen.archived {
            return Ok(StreamChanged {
                events: 0,
                first: seen.first,
            });
        }
        let last = seen.first - 1;
        let parts = archive.parts(&self.app.tenant, &self.stream).await?;
        let part = parts
            .into_iter()
            .filter(|part| part.last == last && part.first <= last)
            .max_by_key(|part| part.first);
        let part = part.ok_or_else(|| ArchiveError::Missing {
            stream: self.stream.clone(),
            last,
            place: archive.place(&self.part(seen.truncated + 1, last)),
        })?;
        let events: Vec<_> = self
            .read_kept(archive, &part)
            .await?
            .into_iter()
            .map(|kept| kept.event)
            .filter(|event| event.version > seen.truncated)
            .collect();
        let count = events.len() as u64;
        match self.submit(&seen, Change::Restore(events)).await {
            Ok(changed) if changed.events == count => Ok(changed),
            Ok(changed) => Err(LifecycleError::RowsDiffer {
                stream: self.stream.clone(),
                expected: count,
                found: changed.events,
            }
            .into()),
            Err(LifecycleError::NotRestorable {
                version, reason, ..
            }) => Err(ArchiveError::NotRestorable {
                place: archive.place(&part),
                version,
                reason,
            }
            .into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The first version that two runs of events of one stream tell differently.
fn first_difference(kept: &[FeedEvent], events: &[FeedEvent]) -> Option<u64> {
    let first = events.first()?.event.version;
    kept.iter()
        .filter_map(|kept| {
            let at = usize::try_from(kept.event.version.checked_sub(first)?).ok()?;
            Some((kept, events.get(at)?))
        })
        .find(|(kept, event)| kept != event)
        .map(|(kept, _)| kept.event.version)
}
