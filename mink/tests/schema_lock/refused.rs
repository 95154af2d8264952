use mink::registry::Registry;

use super::events::{
    encrypted, first, less, moved, nested, renamed, retyped, second, second_with_a_wrong_upcaster,
    second_without_upcaster, third, third_from_second_only, without_amount,
};
use super::support::{Repository, text};

/// It fails the check, cannot be accepted, and trying to leaves every file as it was.
fn refused(repository: &Repository, registry: &Registry) -> String {
    let before = repository.contents();
    let refusal = repository.refusal(registry);
    assert!(repository.accept(registry).is_err(), "it was accepted");
    assert_eq!(repository.contents(), before);
    refusal
}

#[test]
fn a_renamed_field_without_a_new_version() {
    let released = Repository::with(&first::registry());
    insta::assert_snapshot!(refused(&released, &renamed::registry()));
}

#[test]
fn a_retyped_field_without_a_new_version() {
    let released = Repository::with(&first::registry());
    insta::assert_snapshot!(refused(&released, &retyped::registry()));
}

#[test]
fn a_removed_field_without_a_new_version() {
    let released = Repository::with(&first::registry());
    insta::assert_snapshot!(refused(&released, &without_amount::registry()));
}

#[test]
fn a_change_in_a_nested_type_without_a_new_version() {
    let released = Repository::with(&first::registry());
    insta::assert_snapshot!(refused(&released, &nested::registry()));
}

#[test]
fn a_removed_variant_without_a_new_version() {
    let released = Repository::with(&first::registry());
    insta::assert_snapshot!(refused(&released, &less::registry()));
}

#[test]
fn a_change_of_a_later_version_keeps_the_upcasters_before_it() {
    let released = Repository::with(&third::registry());
    let refusal = refused(&released, &{
        use mink::prelude::*;
        use mink::serde_json::Value;

        #[event(version = 3, upcast(1 => same, 2 => same))]
        struct OrderPlaced {
            customer: String,
        }
        fn same(old: Value) -> Value {
            old
        }
        Registry::by_hand()
            .event::<OrderPlaced>()
            .event::<first::OrderPaid>()
            .build()
    });
    let line = "#[event(version = 4, upcast(1 => ..., 2 => ..., 3 => order_placed_from_v3))]";
    assert!(refusal.contains(line), "{refusal}");
}

#[test]
fn a_new_version_without_an_upcaster() {
    let released = Repository::with(&first::registry());
    insta::assert_snapshot!(refused(&released, &second_without_upcaster::registry()));
}

#[test]
fn a_new_version_whose_upcaster_cannot_read_what_is_stored() {
    let released = Repository::with(&first::registry());
    insta::assert_snapshot!(refused(
        &released,
        &second_with_a_wrong_upcaster::registry()
    ));
}

#[test]
fn a_chain_that_lost_its_beginning() {
    let released = Repository::with(&first::registry());
    released.accept(&second::registry()).unwrap();
    insta::assert_snapshot!(refused(&released, &third_from_second_only::registry()));
}

#[test]
fn a_version_that_went_down() {
    let released = Repository::with(&first::registry());
    released.accept(&second::registry()).unwrap();
    insta::assert_snapshot!(refused(&released, &first::registry()));
}

#[test]
fn an_event_that_was_removed() {
    let released = Repository::with(&first::registry());
    let less = Registry::by_hand().event::<first::OrderPaid>().build();
    insta::assert_snapshot!(refused(&released, &less));
}

#[test]
fn an_event_whose_stored_name_followed_its_struct() {
    let released = Repository::with(&first::registry());
    insta::assert_snapshot!(refused(&released, &moved::registry()));
}

#[test]
fn a_program_into_which_nothing_is_linked() {
    let released = Repository::with(&first::registry());
    let refusal = refused(&released, &Registry::by_hand().build());
    assert!(refusal.contains("use my_domain as _;"), "{refusal}");
}

#[test]
fn two_events_of_one_name() {
    let released = Repository::with(&first::registry());
    let doubled = Registry::by_hand()
        .event::<first::OrderPlaced>()
        .event::<renamed::OrderPlaced>()
        .event::<first::OrderPaid>()
        .build();
    let refusal = refused(&released, &doubled);
    assert!(
        refusal.contains("two events are called `OrderPlaced`"),
        "{refusal}"
    );
}

#[test]
fn what_is_still_declared_is_not_retired() {
    let released = Repository::with(&first::registry());
    for what in ["OrderPlaced", "OrderPlaced v1"] {
        let refused = released.retire(&first::registry(), what).unwrap_err();
        let refused = text(&refused);
        assert!(refused.contains("is still declared"), "{refused}");
    }
    for what in ["Order", "OrderPlaced v9", "OrderPlaced vx", ""] {
        let refused = released.retire(&first::registry(), what).unwrap_err();
        assert!(
            refused.to_string().contains("the lock has no event"),
            "{refused}"
        );
    }
}

#[test]
fn a_field_that_is_encrypted_from_now_on_is_said_and_not_refused() {
    let released = Repository::with(&first::registry());
    insta::assert_snapshot!(released.refusal(&encrypted::registry()));
    released.accept(&encrypted::registry()).unwrap();
    let no_longer = released.refusal(&first::registry());
    assert!(
        no_longer.contains("`customer` is stored in CLEAR TEXT from now on"),
        "{no_longer}"
    );
}
