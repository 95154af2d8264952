//! A tenant's streams, by name.

use mink_runtime::id::StreamId;
use mink_runtime::storage::{StorageError, StreamInfo, StreamList};
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe};

use super::{Reader, limit, stream_name};
use crate::row::{Whose, info, marks_at};

const LIST: &str = include_str!("list.sql");
const LIST_CATEGORY: &str = include_str!("list_category.sql");
const ORDER: &str = include_str!("list_order.sql");

impl Reader {
    pub(crate) async fn list_streams(
        &self,
        query: &StreamList,
    ) -> Result<Vec<StreamInfo>, StorageError> {
        let (sql, arguments) = search(query).map_err(|error| self.encode(error))?;
        let rows = sqlx::query_with(AssertSqlSafe(sql), arguments)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.failed(error))?;
        rows.iter()
            .map(|row| {
                let stream = stream_name(row, 0, Whose::Listed)?;
                let marks = marks_at(row, 1, Whose::Stream(&stream))?;
                Ok(info(&query.tenant, stream, marks))
            })
            .collect()
    }
}

fn search(query: &StreamList) -> Result<(String, SqliteArguments), BoxDynError> {
    let mut from = String::new();
    let mut before = after_every_name();
    let mut narrow = |low: String, high: Option<String>| {
        if low > from {
            from = low;
        }
        if let Some(high) = high
            && high < before
        {
            before = high;
        }
    };
    if let Some(prefix) = &query.prefix {
        narrow(prefix.clone(), successor(prefix));
    }
    if let Some(category) = &query.category {
        // Its streams are `Order` itself and what starts with `Order-`; a few other names stand between.
        let last = format!("{}-", category.as_str());
        narrow(category.as_str().to_owned(), successor(&last));
    }

    let mut sql = LIST.to_owned();
    let mut arguments = SqliteArguments::default();
    arguments.add(query.tenant.as_str())?;
    arguments.add(from)?;
    arguments.add(query.after.as_ref().map_or("", StreamId::as_str))?;
    arguments.add(before)?;
    if let Some(category) = &query.category {
        sql.push_str(LIST_CATEGORY);
        arguments.add(category.as_str())?;
    }
    sql.push_str(ORDER);
    arguments.add(limit(query.limit))?;
    Ok((sql, arguments))
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
