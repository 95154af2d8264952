//! Lists of a tenant's streams.

use super::ground::{Ground, stream};
use crate::id::Category;
use crate::storage::StreamList;

const NAMES: [&str; 14] = [
    "Order-1",
    "Order-10",
    "Order-2",
    "Order_-1",
    "Order%-1",
    "OrderX-1",
    "order-1",
    "Zebra-1",
    "a-1",
    "é-1",
    "z-1",
    "日本-1",
    "🦦-1",
    "\u{ffee}-1",
];

/// One stream per name, the i-th with i + 1 events.
async fn written(at: &Ground) {
    for (index, name) in NAMES.iter().enumerate() {
        at.put(&stream(name), &at.events(index + 1)).await;
    }
}

fn all(at: &Ground) -> StreamList {
    StreamList::new(at.tenant.clone())
}

async fn list(at: &Ground, query: &StreamList) -> Vec<String> {
    let listed = at.store.list_streams(query).await;
    let listed = listed.unwrap_or_else(|error| panic!("streams can be listed: {error}"));
    for info in &listed {
        assert_eq!(
            info.tenant, at.tenant,
            "only the tenant's own streams are listed"
        );
        let index = NAMES.iter().position(|name| *name == info.stream.as_str());
        assert_eq!(
            Some(info.version),
            index.map(|index| index as u64 + 1),
            "a listed stream has its version"
        );
    }
    listed.iter().map(|info| info.stream.to_string()).collect()
}

/// The names that pass, by the bytes of their UTF-8.
fn sorted(passes: impl Fn(&str) -> bool) -> Vec<String> {
    let mut names: Vec<_> = NAMES.iter().filter(|name| passes(name)).collect();
    names.sort_unstable();
    names.into_iter().map(|name| (*name).to_owned()).collect()
}

pub(super) async fn streams_are_listed_by_the_bytes_of_their_names(at: Ground) {
    assert!(
        list(&at, &all(&at)).await.is_empty(),
        "a tenant that wrote nothing has no streams"
    );
    written(&at).await;
    assert_eq!(
        list(&at, &all(&at)).await,
        sorted(|_| true),
        "streams are listed in the order of the bytes of their names"
    );
}

pub(super) async fn streams_are_listed_by_prefix(at: Ground) {
    written(&at).await;
    for prefix in [
        "",
        "O",
        "Order",
        "Order-",
        "Order-1",
        "Order_",
        "Order%",
        "order",
        "Order\\",
        "%",
        "_",
        "é",
        "日",
        "🦦",
        "\u{ffee}",
        "Order-1\u{10ffff}",
        "nothing",
    ] {
        let query = StreamList {
            prefix: Some(prefix.to_owned()),
            ..all(&at)
        };
        assert_eq!(
            list(&at, &query).await,
            sorted(|name| name.starts_with(prefix)),
            "the prefix {prefix:?} is text: every character of it ordinary"
        );
    }
}

pub(super) async fn streams_are_listed_page_by_page(at: Ground) {
    written(&at).await;
    let order = Category::new("Order").unwrap_or_else(|error| panic!("{error}"));
    let narrowed = [
        (all(&at), sorted(|_| true)),
        (
            StreamList {
                prefix: Some("Order".to_owned()),
                ..all(&at)
            },
            sorted(|name| name.starts_with("Order")),
        ),
        (
            StreamList {
                category: Some(order.clone()),
                ..all(&at)
            },
            sorted(|name| name.starts_with("Order-")),
        ),
        (
            StreamList {
                category: Some(order),
                prefix: Some("Order-1".to_owned()),
                ..all(&at)
            },
            sorted(|name| name.starts_with("Order-1")),
        ),
    ];
    for (query, expected) in narrowed {
        for limit in [1, 2, 3, 100, usize::MAX] {
            let mut query = StreamList {
                limit,
                ..query.clone()
            };
            let mut listed = Vec::new();
            loop {
                let page = list(&at, &query).await;
                assert!(page.len() <= limit, "a page holds at most `limit` streams");
                query.after = page.last().map(|name| stream(name));
                let last = page.len() < limit;
                listed.extend(page);
                if last {
                    break;
                }
            }
            assert_eq!(listed, expected, "pages of {limit} list every stream once");
        }
    }
    let clamped = list(
        &at,
        &StreamList {
            limit: 0,
            ..all(&at)
        },
    )
    .await;
    assert_eq!(clamped.len(), 1, "a limit of 0 is taken as 1");
    let between = StreamList {
        after: Some(stream("Order-11")),
        ..all(&at)
    };
    assert_eq!(
        list(&at, &between).await,
        sorted(|name| name > "Order-11"),
        "a page may start after a name that is no stream"
    );
}
