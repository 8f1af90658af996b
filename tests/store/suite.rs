//! The conformance suite: what every store must do. Another store takes part with one line:
//! `conformance!(on_x, make, caller)`, where `make` is an `async fn() -> Made<impl Store>` that gives an empty store, and
//! `caller` or `server` says whose clock its leases go by.

pub mod commits;
pub mod contents;
pub mod hostile;
pub mod leases;
pub mod named;
pub mod queries;
pub mod records;
pub mod server_leases;

/// Makes one test of every case. A case that is not listed here is reported as unused by the compiler.
macro_rules! conformance {
    ($name:ident, $make:path, caller) => {
        conformance! { @store $name; $make; leases: [
            a_free_lease_is_taken, a_lease_is_renewed, a_held_lease_stays, an_expired_lease_is_taken,
            a_lease_ends_at_its_last_moment, a_released_lease_is_free, a_look_takes_nothing, only_the_holder_releases,
            the_fence_counts_holders, leases_do_not_mix,
        ] }
    };
    ($name:ident, $make:path, server) => {
        conformance! { @store $name; $make; server_leases: [
            a_free_lease_is_taken, a_lease_is_renewed, a_held_lease_stays, an_expired_lease_is_taken,
            a_released_lease_is_free, a_look_takes_nothing, only_the_holder_releases, the_fence_counts_holders, leases_do_not_mix,
            the_clock_of_the_caller_is_not_asked, a_lease_from_before_the_clock_was_set_back_is_taken,
        ] }
    };
    (@store $name:ident; $make:path; $($leases:tt)*) => {
        mod $name {
            conformance! { @tests $make;
                commits: [
                    a_pair_comes_back_as_it_was_put, a_first_put_answers_one, each_commit_counts_up,
                    an_unknown_pair_is_none, an_old_rev_is_stale, a_rev_from_the_future_is_stale,
                    inserting_twice_is_stale, updating_what_is_missing_is_stale, the_greatest_rev_is_stale,
                    a_stale_put_changes_nothing, a_github_node_belongs_to_one_pair, a_page_belongs_to_one_pair,
                    a_key_belongs_to_one_pair, a_node_is_taken_by_an_update_too, a_refused_duplicate_changes_nothing,
                    clearing_a_node_frees_it, changing_a_node_frees_the_old_one, links_do_not_share_nodes,
                    the_sides_do_not_share_nodes, the_kind_does_not_free_a_node, a_tombstone_keeps_its_nodes,
                    stale_is_said_before_duplicate, one_pair_may_keep_its_nodes, pairs_without_nodes_do_not_collide,
                    records_come_with_their_pair, a_stale_put_leaves_no_record, a_duplicate_leaves_no_record,
                    a_record_is_stored_once, a_stored_pair_is_not_the_callers,
                    put_all_answers_in_order, put_all_keeps_what_is_good, put_all_sees_its_own_earlier_rows,
                    put_all_of_nothing_is_nothing,
                ]
                queries: [
                    a_clean_pair_is_never_due, a_dirty_pair_is_due, an_intent_keeps_it_from_a_turn,
                    the_next_try_is_waited_for, the_quiet_time_is_waited_for, the_later_of_both_is_waited_for,
                    a_tombstone_is_never_due, the_other_lives_are_due, the_oldest_is_due_first,
                    equal_ages_go_by_id, due_obeys_its_limit, due_keeps_links_apart,
                    waiting_pairs_do_not_use_up_the_limit, due_agrees_with_the_pair_itself,
                    next_due_is_the_earliest_of_those_that_wait,
                    those_that_wait_come_in_the_order_in_which_they_are_ready, next_due_is_none_without_waiting_pairs,
                    next_due_ignores_what_time_does_not_cure, nodes_find_their_pairs, unknown_nodes_are_missing,
                    a_freed_node_finds_nothing, pages_follow_the_ids, a_page_may_begin_after_an_id_that_is_gone,
                    each_kind_of_page_has_its_pairs, a_page_skips_what_is_not_asked_for,
                    a_mark_that_is_gone_is_not_listed, counts_of_everything, counts_follow_the_changes,
                    an_unknown_link_is_empty,
                ]
                records: [
                    history_is_newest_first, equal_times_go_by_id, paging_visits_each_record_once,
                    since_is_inclusive, history_of_one_pair, history_by_outcome, history_by_kind,
                    filters_work_together, a_limit_of_none_is_nothing, a_record_comes_back_whole,
                    a_record_stays_as_it_was_first, an_unknown_record_is_none, times_before_1970_are_kept,
                    errors_are_newest_first, an_error_is_replaced, open_errors_are_those_not_resolved,
                    a_reopened_error_is_listed_again, an_unknown_error_is_none, errors_obey_their_limit,
                ]
                contents: [
                    links_are_listed_once, names_are_listed_in_pages, a_pair_is_taken_over_as_it_is,
                    taking_over_never_goes_back, taking_over_obeys_the_unique_keys, old_values_go_and_the_line_stays,
                    old_runs_go, pruning_takes_the_oldest_first_and_obeys_its_limit,
                    what_came_with_a_pair_grows_old_too,
                ]
                named: [
                    a_cursor_comes_back, a_cursor_is_replaced, cursors_do_not_mix, a_setting_comes_back,
                    a_setting_is_removed, removing_nothing_is_fine,
                    a_setting_is_exchanged_with_what_was_read,
                ]
                $($leases)*
                hostile: [
                    texts_of_a_pair, nodes_and_links, titles_with_a_megabyte, names_of_settings_and_cursors,
                    texts_of_records_and_errors, names_of_leases, field_keys,
                ]
            }
        }
    };
    (@tests $make:path; $($group:ident: [$($case:ident),* $(,)?])*) => {
        $(mod $group {
            $(#[test]
            fn $case() {
                crate::make::block_on(async {
                    use crate::*;
                    let made = $make().await;
                    crate::suite::$group::$case(&made.store).await;
                });
            })*
        })*
    };
}
