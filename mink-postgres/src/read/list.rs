//! A tenant's streams, by name.

use mink_runtime::id::StreamId;
use mink_runtime::storage::{StorageError, StreamInfo, StreamList};

use super::{Marks, Reader, fetch, page};
use crate::row::{Columns, Whose};

impl Reader {
    pub(crate) async fn list_streams(
        &self,
        query: &StreamList,
    ) -> Result<Vec<StreamInfo>, StorageError> {
        if query
            .prefix
            .as_ref()
            .is_some_and(|text| text.contains('\0'))
        {
            // No name holds one, and the server takes none.
            return Ok(Vec::new());
        }
        let range = Range::of(query);
        let category = query.category.as_ref().map(|category| category.as_str());
        let rows = fetch(&self.connections, &self.list, |statement| {
            statement
                .bind(query.tenant.as_str())
                .bind(range.from.clone())
                .bind(query.after.as_ref().map_or("", StreamId::as_str))
                .bind(range.before.clone())
                .bind(category)
                .bind(page(query.limit))
        })
        .await?;
        rows.iter()
            .map(|row| {
                let columns = Columns::of(row);
                let stream = columns.stream(0, Whose::Listed)?;
                Ok(Marks::of(columns, 1, Whose::Stream(&stream))?.info(&query.tenant, &stream))
            })
            .collect()
    }
}

/// The names that can match, so that the index is searched there and nowhere else.
struct Range {
    from: String,
    before: String,
}

impl Range {
    fn of(query: &StreamList) -> Self {
        let mut range = Self {
            from: String::new(),
            before: after_every_name(),
        };
        if let Some(prefix) = &query.prefix {
            range.narrow(prefix.clone(), successor(prefix));
        }
        if let Some(category) = &query.category {
            // Its streams are `Order` itself and what starts with `Order-`; a few other names stand between.
            let last = format!("{}-", category.as_str());
            range.narrow(category.as_str().to_owned(), successor(&last));
        }
        range
    }

    fn narrow(&mut self, from: String, before: Option<String>) {
        if from > self.from {
            self.from = from;
        }
        if let Some(before) = before
            && before < self.before
        {
            self.before = before;
        }
    }
}

/// The first text after every text that starts with `prefix`, in the order of bytes, which for UTF-8 is that of
/// its characters; `None` when there is none.
fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

/// Longer than the longest name and made of the last character.
fn after_every_name() -> String {
    String::from(char::MAX).repeat(StreamId::MAX_BYTES / char::MAX.len_utf8() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_comes_after_the_prefix_and_before_its_neighbour() {
        assert_eq!(successor("Order-").as_deref(), Some("Order."));
        assert_eq!(successor("a\u{D7FF}").as_deref(), Some("a\u{E000}"));
        assert_eq!(successor("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(successor("\u{10FFFF}"), None);
        assert_eq!(successor(""), None);
    }
}
