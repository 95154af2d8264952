use super::{Data, count, to_the_microsecond};
use crate::id::{StreamId, TenantId};
use crate::storage::{Direction, Fingerprint, Snapshot, SnapshotPage, StorageError, StreamQuery};

impl Data {
    /// `None` when the stream does not exist.
    pub(in super::super) fn read_from_snapshot(
        &self,
        query: &StreamQuery,
        fingerprint: &Fingerprint,
    ) -> Result<Option<SnapshotPage>, StorageError> {
        let snapshot = self.usable_snapshot(query, fingerprint);
        let behind = snapshot.map_or(0, |snapshot| snapshot.version);
        let query = StreamQuery {
            from: query.from.max(behind + 1),
            direction: Direction::Forwards,
            ..query.clone()
        };
        let page = self.stream_page(&query)?;
        Ok(page.map(|page| SnapshotPage {
            snapshot: snapshot.cloned(),
            page,
        }))
    }

    fn usable_snapshot(&self, query: &StreamQuery, fingerprint: &Fingerprint) -> Option<&Snapshot> {
        let tenant = self.tenants.get(&query.tenant)?;
        let stream = tenant.streams.get(&query.stream)?;
        let lowest = query.from.max(stream.marks.first).saturating_sub(1);
        let highest = query.to.min(stream.version());
        tenant.snapshots.get(&query.stream).filter(|snapshot| {
            snapshot.fingerprint == *fingerprint
                && snapshot.version >= lowest
                && snapshot.version <= highest
        })
    }

    pub(in super::super) fn save_snapshot(&mut self, snapshot: &Snapshot) -> bool {
        let kept = &mut self.tenant(&snapshot.tenant).snapshots;
        let outdone = kept.get(&snapshot.stream).is_some_and(|there| {
            there.fingerprint == snapshot.fingerprint && there.version >= snapshot.version
        });
        if outdone {
            return false;
        }
        let snapshot = Snapshot {
            taken_at: to_the_microsecond(snapshot.taken_at),
            ..snapshot.clone()
        };
        kept.insert(snapshot.stream.clone(), snapshot);
        true
    }

    pub(in super::super) fn delete_snapshots(
        &mut self,
        tenant: &TenantId,
        stream: Option<&StreamId>,
    ) -> u64 {
        let kept = &mut self.tenant(tenant).snapshots;
        let before = kept.len();
        match stream {
            Some(stream) => {
                kept.remove(stream);
            }
            None => kept.clear(),
        }
        count(before - kept.len())
    }
}
