use mink_runtime::storage::{ExpectedVersion, Storage, StorageError, open as open_url};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn two_schemas_in_one_database_never_meet() {
    let database = Database::create().await;
    let shop = PostgresStore::builder(&database.url())
        .schema("shop")
        .open()
        .await
        .unwrap();
    let order = PostgresStore::open(&format!("{}?schema=order", database.url()))
        .await
        .unwrap();
    let commit = one("Order-1", ExpectedVersion::NoStream);
    for store in [&shop, &order] {
        assert!(!submit(store, &commit).await.unwrap().recognised);
        assert_eq!(fed(store).await, ["Order-1"]);
    }
    put(&shop, "Order-2").await;
    assert_eq!(fed(&shop).await.len(), 2);
    assert_eq!(fed(&order).await.len(), 1);
    shop.close().await;
    order.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_at_once_migrate_once() {
    let database = Arc::new(Database::create().await);
    let nodes: Vec<_> = (0..6)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move { open(&database).await })
        })
        .collect();
    for node in nodes {
        let store = node.await.unwrap();
        store.migrate().await.unwrap();
        put(&store, "Order-1").await;
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_missing_is_too_old_when_it_may_not_be_made() {
    let database = Database::create().await;
    let error = PostgresStore::builder(&database.url())
        .migrate(false)
        .open()
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            StorageError::SchemaTooOld {
                found: 0,
                needed: 4
            }
        ),
        "{error}"
    );
    open(&database).await.close().await;
    let store = PostgresStore::builder(&database.url())
        .migrate(false)
        .open()
        .await
        .unwrap();
    put(&store, "Order-1").await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_or_changed_schema_is_refused() {
    let database = Database::create().await;
    let store = open(&database).await;
    sqlx::query("UPDATE mink.migrations SET checksum = 'x' WHERE version = 2")
        .execute(store.pool())
        .await
        .unwrap();
    let error = PostgresStore::open(&database.url()).await.unwrap_err();
    assert!(
        matches!(&error, StorageError::MigrationChanged { version: 2, name } if name == "commit"),
        "{error}"
    );
    sqlx::query("INSERT INTO mink.migrations (version, name, checksum) VALUES (4, 'next', 'y')")
        .execute(store.pool())
        .await
        .unwrap();
    let error = PostgresStore::open(&database.url()).await.unwrap_err();
    assert!(
        matches!(error, StorageError::SchemaTooNew { found: 4, known: 3 }),
        "{error}"
    );
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_opened_by_its_url_alone() {
    let database = Database::create().await;
    let store = open_url(&database.url()).await.unwrap();
    assert_eq!(store.name(), "postgres");
    store.close().await;
}

#[tokio::test]
async fn errors_never_show_the_password() {
    for url in [
        "postgres://u:hunter2@127.0.0.1:1/d?schema=1bad",
        "postgres://u:hunter2@127.0.0.1:1/d",
        "postgres://u:hunter2@127.0.0.1:port/d",
        "postgres://127.0.0.1:1/d?user=u&password=hunter2&schema=Bad",
        "postgres://u:hunter2@127.0.0.1:1/d?sslmode=sometimes",
    ] {
        let error = PostgresStore::open(url).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let options = PostgresStore::builder("postgres://u:hunter2@h/d");
    assert!(!format!("{options:?}").contains("hunter2"));
}
