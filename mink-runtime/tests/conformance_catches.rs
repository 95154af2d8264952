//! The suite fails when a store breaks a promise, and the rule that fails is the one that names it.
#![allow(
    clippy::unwrap_used,
    reason = "a test may panic: here that is what it looks for"
)]

#[path = "conformance_catches/broken.rs"]
mod broken;

use std::collections::HashSet;
use std::panic::catch_unwind;
use std::sync::Arc;

use mink_runtime::storage::conformance::{Subject, check, rules};
use mink_runtime::storage::{MemoryStore, Storage};

use broken::{BrokenStore, Fault};

/// Tries the rule on stores with this fault; gives what the failing rule said, `None` when it held.
fn verdict(rule: &'static str, fault: Fault) -> Option<String> {
    let tried = catch_unwind(|| {
        check(rule, move || async move {
            let store = BrokenStore::new(MemoryStore::new(), fault);
            let node = store.clone();
            Subject::from(Arc::new(store)).opened_again_by(move || {
                let node = node.another_node();
                async move { Arc::new(node) as Arc<dyn Storage> }
            })
        });
    });
    let panic = tried.err()?;
    let said = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
    Some(said.unwrap())
}

/// A fault that only a race brings to light does not show each time. A rule that never sees it holds every time.
const TRIES: usize = 50;

#[track_caller]
fn caught(fault: Fault, by: &[(&'static str, &str)]) {
    for (rule, promise) in by {
        let said = (0..TRIES)
            .find_map(|_| verdict(rule, fault))
            .unwrap_or_else(|| panic!("the rule `{rule}` holds for a store that {fault:?}"));
        assert!(
            said.contains(promise),
            "`{rule}` failed for a store that {fault:?}, but for another reason: {said}"
        );
    }
}

#[test]
fn a_store_without_a_fault_keeps_every_rule() {
    for rule in rules() {
        assert_eq!(verdict(rule.name, Fault::HasNone), None, "{}", rule.name);
    }
}

#[test]
fn every_rule_has_a_name_of_its_own_and_a_sentence() {
    let names: HashSet<_> = rules().iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), rules().len());
    for rule in rules() {
        assert!(rule.sentence.ends_with('.'), "{rule:?}");
    }
}

macro_rules! catches {
    ($($name:ident: $fault:ident, $([$rule:literal, $promise:literal]),+;)*) => {$(
        #[test]
        fn $name() {
            caught(Fault::$fault, &[$(($rule, $promise)),+]);
        }
    )*};
}

catches! {
    an_event_dropped_from_the_feed: DropsAnEventFromTheFeed,
        ["the_feed_has_no_gaps_and_keeps_the_order_of_commits", "positions have no gaps"],
        ["a_live_reader_gets_every_event_once_in_order", "gets every event once"];
    a_skipped_position: SkipsAPosition,
        ["the_feed_has_no_gaps_and_keeps_the_order_of_commits", "positions have no gaps"],
        ["positions_start_at_one", "positions start at 1"];
    an_event_delivered_again: DeliversTheLastEventAgain,
        ["reading_starts_after_the_position", "starts after the position asked for"],
        ["a_live_reader_gets_every_event_once_in_order", "never given an event again"];
    a_feed_that_lags: LagsByOneEvent,
        ["a_commit_is_in_the_feed_when_it_is_answered", "in the feed at once"];
    a_filter_for_a_tenant_ignored: IgnoresTheTenantOfAFilter,
        ["an_empty_filter_delivers_every_tenant", "only what the filter lets through"];
    a_category_taken_for_a_pattern: TakesACategoryForAPattern,
        ["a_category_matches_as_text_and_not_as_a_pattern", "only what the filter lets through"];
    a_stream_out_of_order: ReordersAStream,
        ["versions_count_from_one_without_gaps", "versions count from 1"],
        ["an_event_comes_back_as_it_was_appended", "its version"];
    an_event_lost_in_a_visit: LosesAnEventInAVisit,
        ["visiting_a_stream_gives_what_reading_it_gives", "gives what reading gives"];
    a_tenant_ignored_in_a_stream: IgnoresTheTenantOfAStream,
        ["an_id_under_another_tenant_is_another_event", "equal ids under two tenants"],
        ["versions_count_from_one_without_gaps", "its tenant"];
    a_tenant_ignored_in_a_commit: WritesForTheDefaultTenant,
        ["any_version_holds_wherever_the_stream_is", "any version holds at version 0"],
        ["a_commit_may_span_tenants", "occurs twice"];
    a_name_in_lower_case: LowersTheCaseOfNames,
        ["similar_names_are_different_streams", "names that look alike are different"];
    an_expected_version_ignored: IgnoresTheExpectedVersion,
        ["an_exact_version_holds_only_at_that_version", "does not hold at version"],
        ["a_conflict_writes_nothing", "does not hold at version"],
        ["two_racers_create_a_stream_and_one_wins", "one wins"],
        ["writers_that_retry_lose_no_update", "the event's version is the next"];
    a_version_checked_before_recognition: ChecksVersionsBeforeRecognising,
        ["a_resubmitted_value_is_recognised", "is recognised: stored once"];
    a_resubmitted_value_doubled: DoublesAResubmittedValue,
        ["a_resubmitted_value_is_recognised", "`Committed::recognised`"],
        ["a_value_submitted_twice_at_once_is_stored_once", "stored once"],
        ["random_commits_agree_with_a_model", "agrees with the model"];
    a_batch_that_fails_whole: FailsABatchWhole,
        ["a_conflict_leaves_its_neighbours_alone", "does not touch its neighbours"],
        ["a_refused_payload_leaves_its_neighbours_alone", "does not touch its neighbours"];
    a_commit_in_parts: CommitsInParts,
        ["a_commit_writes_all_of_its_streams_or_none", "none is written"],
        ["a_reader_never_sees_half_a_commit", "never sees half a commit"],
        ["an_abandoned_commit_is_whole_or_absent", "whole or absent"];
    json_written_anew: WritesJsonAnew,
        ["json_payloads_are_kept_byte_for_byte", "not kept byte for byte"];
    times_cut_to_milliseconds: CutsTimesToMilliseconds,
        ["times_are_kept_to_the_microsecond", "its time"];
    metadata_lost: LosesCustomMetadata,
        ["metadata_comes_back_full_and_empty", "its metadata"];
    a_missing_stream_that_is_an_empty_page: InventsMissingStreams,
        ["a_missing_stream_is_not_found", "was never written to"];
    a_store_that_stays_open: StaysOpen,
        ["a_closed_store_says_so", "answers a commit with `Closed`"];
    nodes_that_share_nothing: SharesNothing,
        ["another_handle_sees_the_same_data", "another sees"],
        ["what_was_committed_survives_reopening", "after closing and reopening"];
    keys_that_mean_nothing: IgnoresKeys,
        ["an_answer_is_kept_with_the_commit", "the key is answered"],
        ["a_used_key_gives_the_first_answer", "yet the commit was done"],
        ["racers_with_one_key_have_one_effect", "one is done"],
        ["a_queue_keeps_a_key_out_of_its_batches", "one is done"];
    a_version_checked_before_the_key: ChecksVersionsBeforeKeys,
        ["the_key_comes_before_the_version", "hears the winner's answer"],
        ["a_reservation_is_completed_by_its_owner", "hears that it is held"];
    a_tenant_ignored_in_a_key: IgnoresTheTenantOfAKey,
        ["a_key_belongs_to_one_tenant", "never meet"],
        ["only_the_owner_releases_a_key", "released by its owner alone"];
    a_key_reserved_for_everybody: ReservesForEverybody,
        ["a_free_key_is_reserved_once", "held against everybody else"],
        ["of_racers_for_a_key_one_reserves_it", "one reserves it"];
    a_key_released_by_anybody: LetsAnybodyRelease,
        ["only_the_owner_releases_a_key", "a free key is not"],
        ["a_lapsed_reservation_is_taken_over", "the first owner cannot release it"];
    keys_that_never_end: KeepsKeysForEver,
        ["an_expired_answer_is_replaced", "the key has no answer"],
        ["a_lost_reservation_commits_nothing", "writes nothing"];
    keys_that_are_not_swept: SweepsNothing,
        ["sweeping_deletes_what_is_over", "as much as it may"];
    a_snapshot_of_any_shape: TakesAnySnapshot,
        ["a_snapshot_of_another_shape_is_as_none", "is as none"];
    an_older_snapshot_preferred: PrefersTheLastSnapshot,
        ["a_newer_snapshot_wins", "the newer one stays"];
    a_snapshot_beyond_the_window: GivesASnapshotBeyondTheWindow,
        ["a_snapshot_outside_of_the_window_is_as_none", "above the version asked for"];
    an_archive_that_truncates: TruncatesWhatItArchives,
        ["archived_events_are_restored_as_they_were", "what is known of the stream"];
    an_archive_that_does_not_count: ArchivesWithoutCounting,
        ["a_change_counts_what_it_touches", "is taken back"],
        ["of_changes_that_race_each_counts_once", "of archivers that race"];
    a_change_at_any_version: ChangesWhateverTheVersion,
        ["a_change_is_guarded_by_the_version", "is a conflict"];
    a_deleted_stream_written_to: WritesToDeletedStreams,
        ["a_deleted_stream_is_neither_read_nor_written", "to a writer"];
    skipped_places_not_told: HidesWhatItSkips,
        ["truncated_events_are_gone_and_keep_their_places", "how many places it skipped"];
}
