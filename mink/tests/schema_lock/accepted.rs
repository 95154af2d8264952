use mink::registry::Registry;

use super::events::{
    first, second, third, third_from_second_only, with_alias, with_hidden_option, with_note,
};
use super::support::{Repository, text};

#[test]
fn a_first_run_fails_and_writes_nothing() {
    let repository = Repository::empty();
    insta::assert_snapshot!(repository.refusal(&first::registry()));
    assert_eq!(repository.names(), [""; 0]);
}

#[test]
fn accepting_writes_a_lock_to_review_and_a_payload_of_each_event() {
    let repository = Repository::empty();
    let accepted = repository.accept(&first::registry()).unwrap();
    assert_eq!(accepted, ["OrderPaid v1", "OrderPlaced v1"]);
    assert_eq!(repository.check(&first::registry()), Ok(()));
    let contents = repository.contents();
    insta::assert_snapshot!("lock", contents["mink-schema.lock"]);
    insta::assert_snapshot!(
        "corpus_file",
        contents["mink-schema-corpus/OrderPaid.v1.json"]
    );
    assert_eq!(contents.len(), 3);
}

#[test]
fn accepting_what_is_accepted_changes_no_byte() {
    let repository = Repository::with(&first::registry());
    let before = repository.contents();
    assert_eq!(repository.accept(&first::registry()).unwrap(), [""; 0]);
    assert_eq!(repository.contents(), before);
}

#[test]
fn a_field_that_may_be_missing_is_asked_about_and_accepted() {
    let repository = Repository::with(&first::registry());
    insta::assert_snapshot!(repository.refusal(&with_note::registry()));
    assert_eq!(
        repository.accept(&with_note::registry()).unwrap(),
        ["OrderPlaced v1"]
    );
    assert_eq!(repository.check(&with_note::registry()), Ok(()));
    // payloads with and without it are kept
    assert_eq!(
        repository.names(),
        [
            "mink-schema-corpus/OrderPaid.v1.json",
            "mink-schema-corpus/OrderPlaced.v1.2.json",
            "mink-schema-corpus/OrderPlaced.v1.json",
            "mink-schema.lock"
        ]
    );
}

#[test]
fn a_field_that_only_looks_as_if_it_may_be_missing_is_found_out_by_the_corpus() {
    let repository = Repository::with(&first::registry());
    let before = repository.contents();
    let refused = repository.accept(&with_hidden_option::registry());
    insta::assert_snapshot!(text(&refused.unwrap_err()));
    assert_eq!(repository.contents(), before);
}

#[test]
fn a_renamed_field_that_is_read_under_its_old_name_too() {
    let repository = Repository::with(&first::registry());
    let asked = repository.refusal(&with_alias::registry());
    assert!(
        asked.contains("`cents` was `amount`, and is read under that name too"),
        "{asked}"
    );
    repository.accept(&with_alias::registry()).unwrap();
    assert_eq!(repository.check(&with_alias::registry()), Ok(()));
}

#[test]
fn a_new_version_with_its_upcaster_leaves_the_old_one_in_the_lock() {
    let repository = Repository::with(&first::registry());
    insta::assert_snapshot!(repository.refusal(&second::registry()));
    assert_eq!(
        repository.accept(&second::registry()).unwrap(),
        ["OrderPlaced v2"]
    );
    assert_eq!(repository.check(&second::registry()), Ok(()));
    let lock = mink::schema::SchemaLock::read(repository.files().lock()).unwrap();
    let versions = &lock.event("OrderPlaced").unwrap().versions;
    assert_eq!(
        versions
            .iter()
            .map(|locked| locked.version)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert!(
        lock.schemas()
            .unwrap()
            .check_compatibility("OrderPlaced", 1, 2)
            .is_ok()
    );
}

#[test]
fn versions_may_be_skipped_when_every_step_is_there() {
    let repository = Repository::with(&first::registry());
    repository.accept(&third::registry()).unwrap();
    assert_eq!(repository.check(&third::registry()), Ok(()));
}

#[test]
fn a_version_that_no_store_holds_can_be_retired() {
    let repository = Repository::with(&first::registry());
    repository.accept(&second::registry()).unwrap();
    let third = third_from_second_only::registry();
    assert!(repository.check(&third).is_err());
    repository.retire(&third, "OrderPlaced v1").unwrap();
    repository.accept(&third).unwrap();
    assert_eq!(repository.check(&third), Ok(()));
}

#[test]
fn an_event_that_no_store_holds_can_be_retired_and_come_back_as_it_was() {
    let repository = Repository::with(&first::registry());
    let less = Registry::by_hand().event::<first::OrderPaid>().build();
    repository.retire(&less, "OrderPlaced").unwrap();
    assert_eq!(repository.check(&less), Ok(()));

    let back = repository.refusal(&first::registry());
    assert!(
        back.contains("was retired, and is declared again"),
        "{back}"
    );
    // under its name, but not as something else
    assert!(
        repository
            .accept(&super::events::renamed::registry())
            .is_err()
    );
    repository.accept(&first::registry()).unwrap();
    assert_eq!(repository.check(&first::registry()), Ok(()));
}
