use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Storage, StorageError};

/// How an adapter opens a store from a URL. Adapters submit one with `inventory`, so linking the adapter is all it
/// takes for [`open`] to know it.
pub struct Driver {
    /// The URL schemes it knows, as `["postgres", "postgresql"]`.
    pub schemes: &'static [&'static str],
    /// Opens the store, creating or migrating its schema.
    pub open: for<'a> fn(&'a str) -> BoxFuture<'a, Opened>,
}

/// A store, or why it cannot be opened.
pub type Opened = Result<Arc<dyn Storage>, StorageError>;

inventory::collect!(Driver);

/// The schemes of every linked adapter, sorted.
#[must_use]
pub fn drivers() -> Vec<&'static str> {
    let mut schemes: Vec<_> = inventory::iter::<Driver>()
        .flat_map(|driver| driver.schemes.iter().copied())
        .collect();
    schemes.sort_unstable();
    schemes
}

/// Opens a store by its URL with whichever linked adapter knows its scheme: the text before the first `:`.
///
/// # Errors
/// [`StorageError::UnknownScheme`] when none does, and whatever the adapter says.
pub async fn open(url: &str) -> Result<Arc<dyn Storage>, StorageError> {
    let Some((scheme, _)) = url.split_once(':') else {
        return Err(StorageError::InvalidUrl {
            url: url.to_owned(),
            reason: format!("it has no scheme: write for example `sqlite://{url}` or `memory://`"),
        });
    };
    let driver = inventory::iter::<Driver>()
        .find(|driver| driver.schemes.contains(&scheme))
        .ok_or_else(|| StorageError::UnknownScheme {
            scheme: scheme.to_owned(),
            known: drivers(),
        })?;
    (driver.open)(url).await
}
