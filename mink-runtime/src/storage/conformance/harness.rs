use std::any::Any;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::storage::Storage;

type OpenAgain = Arc<dyn Fn() -> BoxFuture<'static, Arc<dyn Storage>> + Send + Sync>;

/// Makes the stores that the rules try. Any closure that gives a future of a [`Subject`], an `Arc<YourStore>` or
/// an `Arc<dyn Storage>` is one.
pub trait Harness: Send + Sync + 'static {
    /// A fresh, empty store that shares nothing with those made before. Called within a tokio runtime with all
    /// drivers enabled; a rule may ask for more than one.
    fn fresh(&self) -> BoxFuture<'_, Subject>;
}

impl<F, Fut> Harness for F
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future + Send + 'static,
    Fut::Output: Into<Subject>,
{
    fn fresh(&self) -> BoxFuture<'_, Subject> {
        let store = self();
        Box::pin(async move { store.await.into() })
    }
}

/// A store to try, with what the rules need besides it.
#[derive(Clone)]
pub struct Subject {
    store: Arc<dyn Storage>,
    again: Option<OpenAgain>,
    kept: Vec<Arc<dyn Any + Send + Sync>>,
    lacking: &'static [&'static str],
}

impl Subject {
    /// This store alone.
    #[must_use]
    pub fn new(store: Arc<dyn Storage>) -> Self {
        Self {
            store,
            again: None,
            kept: Vec::new(),
            lacking: &[],
        }
    }

    /// How to open the same data once more, as a second process would. The rules for two nodes and for reopening
    /// need it; without it they hold trivially, and say so on standard error.
    #[must_use]
    pub fn opened_again_by<F, Fut>(mut self, open: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Arc<dyn Storage>> + Send + 'static,
    {
        self.again = Some(Arc::new(move || open().boxed()));
        self
    }

    /// Keeps a value (a temporary directory, a container) until the rule has ended.
    #[must_use]
    pub fn keeping(mut self, value: impl Any + Send + Sync) -> Self {
        self.kept.push(Arc::new(value));
        self
    }

    /// The themes of what the store does not offer, as [`Rule::theme`](super::Rule::theme) names them. Their rules hold
    /// trivially, and say so on standard error.
    #[must_use]
    pub fn lacking(mut self, themes: &'static [&'static str]) -> Self {
        self.lacking = themes;
        self
    }

    pub(super) fn lacks(&self, theme: &str) -> bool {
        self.lacking.contains(&theme)
    }

    pub(super) fn store(&self) -> &Arc<dyn Storage> {
        &self.store
    }

    pub(super) async fn open_again(&self) -> Option<Arc<dyn Storage>> {
        match &self.again {
            Some(open) => Some(open().await),
            None => None,
        }
    }
}

impl From<Arc<dyn Storage>> for Subject {
    fn from(store: Arc<dyn Storage>) -> Self {
        Self::new(store)
    }
}

impl<S: Storage> From<Arc<S>> for Subject {
    fn from(store: Arc<S>) -> Self {
        Self::new(store)
    }
}
