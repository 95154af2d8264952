//! Where events go that are to leave the store and not be lost.
//!
//! **Problem.** A store that keeps every event for ever grows for ever. **Mechanism.** A part of a stream is written
//! elsewhere as one object with a checksum, and only when it is durable there and was read back does the store let go of
//! the content. **Cost.** A part is written and read once before it leaves the store. **What the caller must do.** Keep
//! the archive as safe as the store: what is archived is nowhere else.
//!
//! [`FileArchive`] is one in a directory. Any place that keeps bytes under a name can be another: see [`Archive`].

mod error;
mod file;
mod part;

use bytes::Bytes;
use futures_util::future::BoxFuture;

pub use error::ArchiveError;
pub use file::FileArchive;
pub use part::ArchivePart;

use crate::id::{StreamId, TenantId};

/// A place that keeps parts of streams: bytes under the name of a part.
///
/// It neither makes nor reads the bytes: [`ArchivePart::encode`] and [`ArchivePart::decode`] do, checksum included, and
/// whoever archives reads back what was put.
pub trait Archive: Send + Sync {
    /// Where a part is or would be, as a path or URL without password: for messages.
    fn place(&self, part: &ArchivePart) -> String;

    /// The parts of one stream, in any order. None of a stream that was never archived.
    ///
    /// # Errors
    /// [`ArchiveError::Failed`].
    fn parts<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: &'a StreamId,
    ) -> BoxFuture<'a, Result<Vec<ArchivePart>, ArchiveError>>;

    /// Keeps the content of a part, in place of one that is there. `Ok` means durable. When it fails, or the process is
    /// killed, what was there before is there still, and never a piece of the new.
    ///
    /// # Errors
    /// [`ArchiveError::Failed`].
    fn put<'a>(
        &'a self,
        part: &'a ArchivePart,
        content: Bytes,
    ) -> BoxFuture<'a, Result<(), ArchiveError>>;

    /// The content of a part; `None` when it is not there.
    ///
    /// # Errors
    /// [`ArchiveError::Failed`].
    fn get<'a>(
        &'a self,
        part: &'a ArchivePart,
    ) -> BoxFuture<'a, Result<Option<Bytes>, ArchiveError>>;

    /// Removes a part; tells whether it was there. Nothing in mink calls this: what is archived stays until its owner
    /// decides otherwise.
    ///
    /// # Errors
    /// [`ArchiveError::Failed`].
    fn remove<'a>(&'a self, part: &'a ArchivePart) -> BoxFuture<'a, Result<bool, ArchiveError>>;
}
