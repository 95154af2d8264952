//! Telling a resubmitted commit from one that reuses an id.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use mink_runtime::id::{EventId, TenantId};
use mink_runtime::storage::{Commit, CommitError, StreamHead};
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

const SELECT_STORED: &str = include_str!("select_stored.sql");

/// How many ids one statement looks up.
const IDS: usize = 1000;

/// Which of a batch's events are stored already, and where.
pub(super) struct Stored {
    places: HashMap<TenantId, HashMap<Uuid, (String, u64)>>,
}

/// What a commit is, by the ids of its events.
pub(super) enum Recognition {
    /// None of its events is stored.
    New,
    /// All of its events are stored, where it would put them.
    Stored(Vec<StreamHead>),
    /// Some are stored, or elsewhere.
    Reused(CommitError),
}

/// Looks up every event of these commits.
pub(super) async fn stored_events(
    conn: &mut SqliteConnection,
    commits: &[&Commit],
) -> Result<Stored, sqlx::Error> {
    let mut wanted: BTreeMap<&TenantId, Vec<EventId>> = BTreeMap::new();
    for append in commits.iter().flat_map(|commit| &commit.appends) {
        let ids = append.events.iter().map(|event| event.id);
        wanted.entry(&append.tenant).or_default().extend(ids);
    }
    let mut places: HashMap<TenantId, HashMap<Uuid, (String, u64)>> = HashMap::new();
    for (tenant, ids) in wanted {
        for ids in ids.chunks(IDS) {
            let mut list = String::with_capacity(2 + ids.len() * 35);
            for id in ids {
                list.push(if list.is_empty() { '[' } else { ',' });
                let _ = write!(list, "\"{}\"", id.0.simple());
            }
            list.push(']');
            let rows = sqlx::query(SELECT_STORED)
                .bind(tenant.as_str())
                .bind(list)
                .fetch_all(&mut *conn)
                .await?;
            for row in rows {
                let id = Uuid::from_slice(row.try_get(0)?)
                    .map_err(|error| sqlx::Error::Decode(error.into()))?;
                let version = u64::try_from(row.try_get::<i64, _>(2)?).unwrap_or(0);
                places
                    .entry(tenant.clone())
                    .or_default()
                    .insert(id, (row.try_get(1)?, version));
            }
        }
    }
    Ok(Stored { places })
}

impl Stored {
    pub(super) fn recognise(&self, commit: &Commit) -> Recognition {
        if self.places.is_empty() {
            return Recognition::New;
        }
        let mut heads = Vec::with_capacity(commit.appends.len());
        let mut found = None;
        let mut all = true;
        for append in &commit.appends {
            let mut head = 0;
            for event in &append.events {
                let place = self
                    .places
                    .get(&append.tenant)
                    .and_then(|ids| ids.get(&event.id.0));
                match place {
                    None => all = false,
                    Some((stream, version)) => {
                        found = found.or(Some((event.id, &append.stream)));
                        if stream == append.stream.as_str() {
                            head = head.max(*version);
                        } else {
                            all = false;
                        }
                    }
                }
            }
            heads.push(StreamHead {
                tenant: append.tenant.clone(),
                stream: append.stream.clone(),
                version: head,
            });
        }
        match found {
            None => Recognition::New,
            Some(_) if all => Recognition::Stored(heads),
            Some((id, stream)) => Recognition::Reused(CommitError::EventIdReused {
                id,
                stream: stream.clone(),
            }),
        }
    }
}
