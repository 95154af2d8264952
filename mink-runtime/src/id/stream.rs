use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{InvalidName, check_name};

/// The name of a stream: a category, a hyphen and an id, as `Order-536365`.
///
/// The category is the text before the first `-`; a name without `-` is its own category. Every other
/// character is ordinary: `%`, `_`, quotes, newlines and emoji mean nothing but themselves, everywhere.
/// A name has 1 to [`StreamId::MAX_BYTES`] bytes of UTF-8 and no NUL.
///
/// ```
/// use mink_runtime::id::StreamId;
///
/// let stream = StreamId::new("User-abc-def")?;
/// assert_eq!(stream.category(), "User");
/// assert_eq!(stream.id(), "abc-def");
/// assert_eq!(StreamId::new("NoHyphen")?.category(), "NoHyphen");
/// assert!(StreamId::new("").is_err());
/// # Ok::<(), mink_runtime::id::InvalidName>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamId(Arc<str>);

impl StreamId {
    /// The longest name, in bytes of UTF-8: what every adapter can index.
    pub const MAX_BYTES: usize = 1024;

    /// Checks a stream's whole name.
    ///
    /// # Errors
    /// [`InvalidName`] when it is empty, too long or holds a NUL.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidName> {
        let name = name.as_ref();
        check_name("stream id", name, Self::MAX_BYTES)?;
        Ok(Self(Arc::from(name)))
    }

    /// The stream of the aggregate `id` in `category`: `Order` and `1` give `Order-1`.
    ///
    /// # Errors
    /// [`InvalidName`] when either part is empty, the category holds a `-`, or the whole is too long.
    pub fn of(category: &str, id: &str) -> Result<Self, InvalidName> {
        Category::new(category)?;
        check_name("aggregate id", id, Self::MAX_BYTES)?;
        Self::new(format!("{category}-{id}"))
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text before the first `-`, or the whole name.
    #[must_use]
    pub fn category(&self) -> &str {
        self.0
            .split_once('-')
            .map_or(&*self.0, |(category, _)| category)
    }

    /// The text after the first `-`, or the whole name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.split_once('-').map_or(&*self.0, |(_, id)| id)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl TryFrom<String> for StreamId {
    type Error = InvalidName;
    fn try_from(name: String) -> Result<Self, InvalidName> {
        Self::new(name)
    }
}

impl From<StreamId> for String {
    fn from(stream: StreamId) -> Self {
        stream.as_str().to_owned()
    }
}

impl std::str::FromStr for StreamId {
    type Err = InvalidName;
    fn from_str(name: &str) -> Result<Self, InvalidName> {
        Self::new(name)
    }
}

/// What streams of one kind share: the text before the first `-` of their names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Category(Arc<str>);

impl Category {
    /// Checks a category.
    ///
    /// # Errors
    /// [`InvalidName`] when it is empty, too long, or holds a NUL or a `-`.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidName> {
        let name = name.as_ref();
        check_name("category", name, StreamId::MAX_BYTES)?;
        if name.contains('-') {
            return Err(InvalidName::HyphenInCategory {
                category: name.to_owned(),
            });
        }
        Ok(Self(Arc::from(name)))
    }

    /// The category's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What can name an aggregate: anything that displays as text, such as `String`, `&str`, integers, `Uuid`,
/// or a newtype of your own that implements [`Display`](fmt::Display).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an aggregate's id",
    label = "this type does not implement `Display`",
    note = "an id becomes the text after the `-` in the stream's name: implement `std::fmt::Display` for `{Self}`, or use `String`, an integer or `Uuid`"
)]
pub trait AggregateId {
    /// The id as text.
    fn id_text(&self) -> Cow<'_, str>;
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display + ?Sized> AggregateId for T {
    fn id_text(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }
}
