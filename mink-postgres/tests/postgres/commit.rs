use mink_runtime::storage::{Commit, CommitError, Contended, ExpectedVersion, Storage};
use sqlx::Connection;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_that_create_one_stream_one_wins_and_one_conflicts() {
    let database = Database::create().await;
    let nodes = [open(&database).await, open(&database).await];
    for round in 0..30 {
        let name = format!("Order-{round}");
        let racers = nodes.clone().map(|node| {
            let name = name.clone();
            tokio::spawn(async move {
                let commit = one(&name, ExpectedVersion::NoStream);
                loop {
                    match submit(&node, &commit).await {
                        Err(CommitError::Busy { .. }) => tokio::task::yield_now().await,
                        answer => return answer,
                    }
                }
            })
        });
        let mut won = 0;
        for racer in racers {
            match racer.await.unwrap() {
                Ok(committed) => {
                    assert!(!committed.recognised);
                    won += 1;
                }
                Err(CommitError::Conflict(found)) => assert_eq!(found.actual, 1),
                Err(error) => panic!("a racer wins or meets a conflict, not: {error}"),
            }
        }
        assert_eq!(won, 1, "one of two racers wins");
    }
    assert_eq!(whole_feed(&nodes[0]).await.len(), 30);
    for node in nodes {
        node.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_a_foreign_session_holds_is_busy_and_its_neighbours_commit() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Held-1").await;
    put(&store, "Free-1").await;
    let mut foreign = outsider(&database).await;
    let mut tx = foreign.begin().await.unwrap();
    sqlx::query("SELECT FROM mink.streams WHERE stream = 'Held-1' FOR UPDATE")
        .execute(&mut *tx)
        .await
        .unwrap();
    let batch = [
        one("Free-1", ExpectedVersion::Exact(1)),
        one("Held-1", ExpectedVersion::Exact(1)),
        Arc::new(Commit::new(vec![
            append("Free-2", ExpectedVersion::Any, vec![event("{}")]),
            append("Held-1", ExpectedVersion::Any, vec![event("{}")]),
        ])),
        one("New-1", ExpectedVersion::NoStream),
    ];
    // The last one shares a stream with the second: a batch holds a stream once, so it goes by itself.
    let (shared, alone) = (&batch[..2], &batch[2..]);
    let mut answers = store.commit(shared).await;
    answers.extend(store.commit(alone).await);
    let busy = |answer: &Result<Committed, CommitError>| matches!(answer, Err(CommitError::Busy { what: Contended::Stream(stream) }) if stream.as_str() == "Held-1");
    assert!(answers[0].is_ok(), "{answers:?}");
    assert!(busy(&answers[1]), "{answers:?}");
    assert!(busy(&answers[2]), "{answers:?}");
    assert!(answers[3].is_ok(), "{answers:?}");
    assert_eq!(version(&store, "Free-2").await, 0);

    tx.rollback().await.unwrap();
    assert_eq!(
        submit(&store, &batch[1]).await.unwrap().streams[0].version,
        2
    );
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_a_foreign_session_is_making_is_busy() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut tx = store.pool().begin().await.unwrap();
    store
        .append_in(&mut tx, &one("New-1", ExpectedVersion::NoStream))
        .await
        .unwrap();
    let commit = one("New-1", ExpectedVersion::Any);
    let answer = submit(&store, &commit).await;
    assert!(
        matches!(answer, Err(CommitError::Busy { .. })),
        "{answer:?}"
    );
    tx.rollback().await.unwrap();
    assert_eq!(submit(&store, &commit).await.unwrap().streams[0].version, 1);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_the_statement_is_refused_and_its_neighbours_commit() {
    let database = Database::create().await;
    let store = open(&database).await;
    let known = one("Known-1", ExpectedVersion::NoStream);
    submit(&store, &known).await.unwrap();
    let mut batch: Vec<_> = (0..20)
        .map(|n| one(&format!("Good-{n}"), ExpectedVersion::NoStream))
        .collect();
    let broken = append("Bad-1", ExpectedVersion::NoStream, vec![event("{\"a\":")]);
    batch.insert(7, Arc::new(Commit::new(vec![broken])));
    let reused = known.events().cloned().collect();
    let reused = append("Bad-2", ExpectedVersion::NoStream, reused);
    batch.insert(13, Arc::new(Commit::new(vec![reused])));
    let nul = append("Bad-3", ExpectedVersion::NoStream, vec![event("\"\0\"")]);
    batch.push(Arc::new(Commit::new(vec![nul])));

    let answers = store.commit(&batch).await;
    for (index, answer) in answers.iter().enumerate() {
        match index {
            7 | 22 => assert!(
                matches!(answer, Err(CommitError::Refused { .. })),
                "{answer:?}"
            ),
            13 => assert!(
                matches!(answer, Err(CommitError::EventIdReused { .. })),
                "{answer:?}"
            ),
            _ => assert!(answer.is_ok(), "{answer:?}"),
        }
    }
    assert_eq!(whole_feed(&store).await.len(), 21);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_shows_nothing_of_the_payload() {
    let database = Database::create().await;
    let store = open(&database).await;
    let secret = append(
        "Order-1",
        ExpectedVersion::Any,
        vec![event("{\"card\": 4111111111111111")],
    );
    let error = submit(&store, &Arc::new(Commit::new(vec![secret])))
        .await
        .unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains("4111") && !shown.contains("card"),
        "{shown}"
    );
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_ids_in_one_batch_are_stored_once_and_then_refused() {
    let database = Database::create().await;
    let store = open(&database).await;
    let first = one("Order-1", ExpectedVersion::NoStream);
    let events = first.events().cloned().collect();
    let second = append("Order-2", ExpectedVersion::NoStream, events);
    let answers = store
        .commit(&[first.clone(), Arc::new(Commit::new(vec![second]))])
        .await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(
        answers
            .iter()
            .any(|answer| matches!(answer, Err(CommitError::EventIdReused { .. }))),
        "{answers:?}"
    );
    assert_eq!(whole_feed(&store).await.len(), 1);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_writes_says_so_and_can_be_read() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    assert_eq!(whole_feed(&store).await.len(), 1);
    store.close().await;
    let url = format!(
        "{}?options=-c%20default_transaction_read_only%3Don",
        database.url()
    );
    let store = PostgresStore::open(&url).await.unwrap();
    let answer = submit(&store, &one("Order-1", ExpectedVersion::Any)).await;
    assert!(
        matches!(answer, Err(CommitError::ReadOnly { .. })),
        "{answer:?}"
    );
    assert_eq!(version(&store, "Order-1").await, 1);
    assert_eq!(whole_feed(&store).await.len(), 1);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_stays_open_to_sql_and_keeps_its_bytes() {
    let database = Database::create().await;
    let store = open(&database).await;
    let payload = "{ \"b\":1.50, \"a\" : 12345678901234567890123, \"a\":2, \"n\":\"\\u0000\" }";
    let plain = "{\"b\": 1.50}";
    let commit = Commit::new(vec![append(
        "Order-1",
        ExpectedVersion::Any,
        vec![event(payload), event(plain)],
    )]);
    submit(&store, &Arc::new(commit)).await.unwrap();
    let page = store.read_stream(&query("Order-1")).await.unwrap();
    assert_eq!(&*page.events[0].payload, payload.as_bytes());
    let text: String =
        sqlx::query_scalar("SELECT payload::text FROM mink.events WHERE version = 1")
            .fetch_one(store.pool())
            .await
            .unwrap();
    assert_eq!(text, payload);
    let b: String = sqlx::query_scalar("SELECT payload ->> 'b' FROM mink.events WHERE version = 2")
        .fetch_one(store.pool())
        .await
        .unwrap();
    assert_eq!(b, "1.50");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_single_events_each_has_an_answer_of_its_own() {
    let database = Database::create().await;
    let store = open(&database).await;
    let names: Vec<_> = (0..40).map(|n| format!("Many-{n}")).collect();
    for name in &names {
        put(&store, name).await;
    }
    let repeated = one("Many-2", ExpectedVersion::Exact(1));
    submit(&store, &repeated).await.unwrap();
    let broken = append(
        "Many-3",
        ExpectedVersion::Exact(1),
        vec![event("no json at all")],
    );
    let mut batch: Vec<_> = names
        .iter()
        .map(|name| one(name, ExpectedVersion::Exact(1)))
        .collect();
    batch[1] = one("Many-1", ExpectedVersion::Exact(7));
    batch[2] = repeated;
    batch[3] = Arc::new(Commit::new(vec![broken]));
    let answers = store.commit(&batch).await;
    for (index, (commit, answer)) in batch.iter().zip(&answers).enumerate() {
        let name = &names[index];
        match (index, answer) {
            (1, Err(CommitError::Conflict(found))) => assert_eq!(found.actual, 1),
            (2, Ok(done)) => assert!(done.recognised),
            (3, Err(CommitError::Refused { .. })) => {}
            (_, Ok(done)) if index > 3 || index == 0 => {
                assert!(!done.recognised && done.id == commit.id, "{name}");
                assert_eq!(done.streams[0].version, 2, "{name}");
            }
            _ => panic!("{name}: {answer:?}"),
        }
        let stored = if matches!(index, 1 | 3) { 1 } else { 2 };
        assert_eq!(version(&store, name).await, stored, "{name}");
    }
    store.close().await;
}
