//! The list of rules: one row each, from which come both the tests and [`rules`].

use super::Rule;

/// Every rule, grouped by theme.
#[must_use]
pub fn rules() -> &'static [Rule] {
    const RULES: &[Rule] = crate::__storage_rules! { list [] };
    RULES
}

#[doc(hidden)]
#[macro_export]
macro_rules! __storage_rules {
    ($mode:ident $harness:tt) => {
        $crate::__storage_rules_as! { $mode $harness
            appending::an_event_comes_back_as_it_was_appended "An event comes back with the bytes, ids, type, metadata, time and version it was appended with, from its stream, from the feed and by its id.";
            appending::metadata_comes_back_full_and_empty "Metadata comes back as it was given, whether all of it is set or none.";
            appending::times_are_kept_to_the_microsecond "A time is kept to the microsecond, before and after 1970; what is finer is cut off.";
            appending::versions_count_from_one_without_gaps "Each stream's versions count from 1 without gaps.";
            appending::a_commit_writes_all_of_its_streams_or_none "A commit over several streams writes all of them or none.";
            appending::a_commit_may_span_tenants "A commit may append to equally named streams of two tenants.";
            appending::a_thousand_events_fit_one_commit "A commit of 1,000 events is kept whole and in order.";
            appending::answers_stand_in_the_order_of_the_batch "A batch is answered in its own order, and an empty one with nothing.";
            appending::a_conflict_leaves_its_neighbours_alone "A conflict in a batch does not touch its neighbours.";
            appending::a_refused_payload_leaves_its_neighbours_alone "A refused payload in a batch does not touch its neighbours, and leaves no trace.";
            appending::an_id_in_two_commits_of_a_batch_is_stored_once "When two commits of a batch bring one event id, one is done and the other gets `EventIdReused`.";
            expecting::any_version_holds_wherever_the_stream_is "`Any` holds for a missing stream and at every version.";
            expecting::no_stream_holds_only_while_there_is_none "`NoStream` holds for a missing stream alone.";
            expecting::stream_exists_holds_only_once_there_is_one "`StreamExists` holds at every version but not for a missing stream, whose actual version is 0.";
            expecting::exact_zero_means_no_stream "`Exact(0)` means the same as `NoStream`.";
            expecting::an_exact_version_holds_only_at_that_version "`Exact(n)` holds at version n alone, and a conflict says what was expected and what is.";
            expecting::an_expected_version_out_of_range_is_answered "An expected version that no stream can have is answered, and writes nothing.";
            expecting::a_conflict_writes_nothing "A conflict writes nothing, and leaves its event ids free.";
            recognition::a_resubmitted_value_is_recognised "A value submitted again is recognised, whatever version it expects, and stored once.";
            recognition::a_value_is_recognised_after_its_stream_moved_on "A recognised value is answered with the versions of the first time, also after its stream has grown.";
            recognition::a_resubmitted_value_of_several_streams_is_recognised "A value of several streams is recognised whole.";
            recognition::a_batch_may_mix_known_and_new_values "Known and new values of one batch are told apart.";
            recognition::partly_known_ids_are_refused "A commit of which only some event ids are known gets `EventIdReused`, and nothing of it is written.";
            recognition::an_id_stored_in_another_stream_is_refused "An event id that is stored in another stream gets `EventIdReused`.";
            recognition::an_id_under_another_tenant_is_another_event "Equal event ids under two tenants are two events.";
            recognition::a_value_submitted_twice_at_once_is_stored_once "A value submitted several times at once is stored once, and every submission is answered.";
            payloads::binary_payloads_are_kept_byte_for_byte "A binary payload is kept byte for byte, empty ones too, and so is its format's name.";
            payloads::json_payloads_are_kept_byte_for_byte "A JSON payload is kept byte for byte: spacing, order, doubled keys, escapes, numbers of any size.";
            payloads::a_payload_of_one_mebibyte_is_kept "A payload of 1 MiB is kept.";
            payloads::a_json_payload_that_is_not_json_is_refused "A payload that claims to be JSON and is not gets `Refused`.";
            reading::a_window_of_a_stream_is_what_was_asked_for "Every window, direction and limit gives the events asked for, whatever the numbers.";
            reading::pages_follow_each_other_to_the_end "Pages that follow each other give every event once.";
            reading::beyond_the_end_is_an_empty_page "A window without events is an empty page of an existing stream.";
            reading::a_missing_stream_is_not_found "A stream that was never written to is `StreamNotFound`.";
            reading::many_streams_are_read_at_once "Many streams are read at once, each with its own window, `None` for a missing one.";
            reading::an_event_is_found_by_its_id "An event and its position are found by its id, and nothing by an unknown id.";
            reading::a_stream_knows_its_version "What is known of a stream is the version of its last event.";
            visiting::visiting_a_stream_gives_what_reading_it_gives "Visiting a stream gives the same events as reading it page by page, and stops when told to.";
            visiting::a_missing_stream_is_not_visited "A stream that was never written to is `StreamNotFound` to a visitor too.";
            naming::every_character_of_a_name_is_ordinary "No character of a stream's name means anything but itself.";
            naming::similar_names_are_different_streams "Names that differ in case, spaces or Unicode form are different streams.";
            naming::a_name_may_have_1024_bytes "A stream's name may have 1,024 bytes.";
            naming::a_category_matches_as_text_and_not_as_a_pattern "A category is the text before the first hyphen, compared as text.";
            listing::streams_are_listed_by_the_bytes_of_their_names "Streams are listed in the order of the bytes of their names.";
            listing::streams_are_listed_by_prefix "A prefix is text, every character of it ordinary.";
            listing::streams_are_listed_page_by_page "Pages of a list give every stream once.";
            feed::the_feed_has_no_gaps_and_keeps_the_order_of_commits "The feed gives every event in the order of commits, at positions without gaps.";
            feed::positions_start_at_one "Positions start at 1 and count the events of all tenants.";
            feed::a_commit_is_in_the_feed_when_it_is_answered "What was answered is in the feed, its head included.";
            feed::reading_starts_after_the_position "The position that is read from is not delivered again.";
            feed::beyond_the_head_the_feed_is_empty "A reader at or beyond the head gets nothing and stays where it is.";
            feed::a_limit_bounds_the_page "A limit bounds a page of the feed, and 0 is taken as 1.";
            feed::what_is_said_in_several_lists_must_all_hold "A filter's tenant, types, streams and categories must all hold.";
            feed::an_empty_filter_delivers_every_tenant "An empty filter delivers every tenant's events.";
            feed::the_reader_of_a_rare_type_moves_on "A page that matches nothing still says where to go on.";
            feed::a_waiting_reader_wakes_after_a_commit "A reader that waits, or began to before a commit, is woken by it.";
            feed::a_waiting_reader_looks_again_after_a_while "A reader that waits looks again after a while when nothing happens.";
            racing::two_racers_create_a_stream_and_one_wins "Of two racers that create one stream one wins, and the other gets the conflict.";
            racing::racers_over_two_streams_never_share_them "Of two racers over the same two streams one gets both, and neither waits for ever.";
            racing::writers_that_retry_lose_no_update "Writers that retry after a conflict lose no update.";
            racing::a_reader_never_sees_half_a_commit "A reader never sees half a commit.";
            racing::a_live_reader_gets_every_event_once_in_order "A reader that follows live gets every committed event once, without gaps, in its stream's order.";
            racing::two_nodes_share_one_feed "Writers and readers of two nodes share one feed.";
            keys::a_free_key_is_reserved_once "A free key is reserved once, and held against everybody else until its time is over.";
            keys::of_racers_for_a_key_one_reserves_it "Of racers for a key, free or lapsed, one reserves it.";
            keys::an_owner_may_reserve_again "An owner may reserve its key again, and the time given last counts.";
            keys::a_lapsed_reservation_is_taken_over "A reservation that has lapsed is taken over, and lost to its first owner.";
            keys::only_the_owner_releases_a_key "A reserved key is released by its owner alone.";
            keys::an_answered_key_is_not_reserved "A key that is answered is neither reserved nor released.";
            keys::an_expired_answer_counts_as_none "An answer that has expired counts as none.";
            keys::sweeping_deletes_what_is_over "Sweeping deletes what has expired or lapsed, as much as it may, and nothing else.";
            keys::a_key_lasts_as_long_as_it_is_told_to "A time that no clock can count to is for ever.";
            keys::another_node_sees_a_key "A key is one for all nodes.";
            keyed::an_answer_is_kept_with_the_commit "An answer is kept with its commit, byte for byte, under a key of any length.";
            keyed::a_commit_under_a_key_may_have_no_events "A commit under a key may have no events, and is recognised by its id.";
            keyed::a_used_key_gives_the_first_answer "A commit whose key is answered writes nothing and hears the first answer.";
            keyed::the_key_comes_before_the_version "The key is checked before the version.";
            keyed::the_key_comes_before_used_event_ids "The key is checked before event ids that are used.";
            keyed::a_resubmitted_keyed_value_is_recognised "A value under a key is recognised when it is submitted again, also after its answer has expired.";
            keyed::an_expired_answer_is_replaced "An answer that has expired is replaced.";
            keyed::keyed_and_unkeyed_commits_share_a_batch "Commits with and without keys share a batch, each with its own answer.";
            keyed::a_reservation_is_completed_by_its_owner "A reserved key is answered by its owner alone, and a commit that is not done leaves the reservation.";
            keyed::a_lost_reservation_commits_nothing "A commit whose reservation was taken over, released or swept writes nothing.";
            keyed::racers_with_one_key_have_one_effect "Of commits that race with one key, over one stream or several, on one node or two, one is done and the others hear its answer.";
            keyed::a_queue_keeps_a_key_out_of_its_batches "Behind one queue, of commits with one key one is done and the others hear its answer.";
            keyed::a_keyed_value_submitted_twice_at_once_is_committed_once "A value under a key that is submitted several times at once is committed once.";
            keyed::a_key_belongs_to_one_tenant "Equal keys of two tenants never meet.";
            keyed::an_answer_survives_reopening "Answers and reservations are there after closing and reopening.";
            snapshots::a_stream_is_read_from_its_snapshot "A stream is read from its snapshot on, forwards.";
            snapshots::pages_follow_a_snapshot "Pages that follow a snapshot give every event behind it once.";
            snapshots::a_snapshot_of_another_shape_is_as_none "A snapshot under another fingerprint is as none, and is replaced.";
            snapshots::a_newer_snapshot_wins "Of two snapshots under one fingerprint the newer one stays, also when their savers race.";
            snapshots::a_snapshot_outside_of_the_window_is_as_none "A snapshot above or below what is asked for, or beyond the stream's end, is as none.";
            snapshots::a_missing_stream_has_no_snapshot "A stream that was never written to is `StreamNotFound`, snapshot or not.";
            snapshots::deleting_snapshots_leaves_the_events "Deleting snapshots, one or all of a tenant, leaves the events.";
            snapshots::a_snapshot_lasts_while_what_follows_it_is_there "A snapshot stands for what was removed before it, and is gone when events behind it are removed.";
            removing::a_deleted_stream_is_neither_read_nor_written "A deleted stream is neither read nor written, stays in the feed, and is as it was when it is undeleted.";
            removing::a_deleted_stream_leaves_its_neighbours_alone "A deleted stream in a batch does not touch its neighbours.";
            removing::truncated_events_are_gone_and_keep_their_places "Truncated events are gone, keep their places and versions, and are counted as skipped.";
            removing::truncated_events_are_still_recognised "A value is recognised also when its events were archived or truncated since.";
            removing::archived_events_are_restored_as_they_were "Archived events are restored as they were, at the places they had.";
            removing::binary_events_are_restored_byte_for_byte "Payload and metadata are restored byte for byte, whatever their format.";
            removing::only_what_was_archived_is_restored "Only what was archived is restored, and what was truncated stays gone.";
            removing::a_change_counts_what_it_touches "A change that would touch another number of events than it is about, or versions beyond the end, changes nothing.";
            removing::a_change_is_guarded_by_the_version "A change is done only at the expected version of an existing stream.";
            removing::a_deleted_stream_can_be_cut "A deleted stream can be cut and restored like any other.";
            removing::a_format_cannot_be_named_like_a_stub "No event can be stored under the format of a stub.";
            removing::one_tenants_change_is_not_anothers "A change touches one tenant's stream alone.";
            removing::of_changes_that_race_each_counts_once "Of archivers that race one archives, and the others hear that nothing is left.";
            removing::another_node_sees_a_change "A change on one node is one for all.";
            lifecycle::a_closed_store_says_so "A closed store answers everything with `Closed`, and may be closed twice.";
            lifecycle::closing_finishes_what_runs "Closing finishes a commit under way or refuses it.";
            lifecycle::an_abandoned_commit_is_whole_or_absent "A commit whose future was dropped is whole or absent, and the store stays usable.";
            lifecycle::another_handle_sees_the_same_data "What one handle committed, another sees once it is answered.";
            lifecycle::what_was_committed_survives_reopening "What was committed is there after closing and reopening.";
            model::random_commits_agree_with_a_model "Random commits, resubmissions among them, agree with a simple model.";
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __storage_rules_as {
    (list [] $($theme:ident :: $name:ident $sentence:literal;)*) => {
        &[$($crate::storage::conformance::Rule {
            name: stringify!($name),
            theme: stringify!($theme),
            sentence: $sentence,
            run: |at| ::std::boxed::Box::pin($crate::storage::conformance::$theme::$name(at)),
        }),*]
    };
    (tests [$harness:expr] $($theme:ident :: $name:ident $sentence:literal;)*) => {
        $(
            #[doc = $sentence]
            #[test]
            fn $name() {
                $crate::storage::conformance::check(stringify!($name), $harness);
            }
        )*
    };
}
