"""What shows each invariant and each trap of the stack, and what shows that the guard is what holds it.

`shown` are tests in which the guard does its work; `off` are tests in which it is taken away and the fault happens, so
that the ones before would fail. `tests/faults/test_guards.py` sees to it that all of them exist.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """One thing that must hold: what, by what, and the tests, each as `file::test` below `tests/`."""

    what: str
    by: str
    shown: tuple[str, ...]
    off: tuple[str, ...]


INVARIANTS = {
    "I1": Guard(
        "an answered registration is never lost",
        "the answer waits for the commit",
        (
            "shared/test_outages.py::test_a_process_killed_at_its_commit_leaves_the_change_and_its_fact_or_neither",
            "faults/today/test_story.py::test_the_story_ends_the_same_when_services_die_at",
            "faults/today/test_story.py::test_the_story_ends_the_same_when_programs_are_killed",
        ),
        ("shared/test_outages.py::test_an_answer_before_the_commit_is_of_something_that_is_lost",),
    ),
    "I2": Guard(
        "n double clicks are one registration",
        "idempotency keys",
        (
            "registration/test_form.py::test_sending_twice_is_one_registration",
            "faults/today/test_story.py::test_the_same_key_with_another_body_is_refused_and_changes_nothing",
        ),
        ("registration/test_api.py::test_register_without_key_is_a_new_registration_each_time",),
    ),
    "I3": Guard(
        "no place is given twice",
        "the counter is written over its old value, in the transaction",
        (
            "registration/test_last_places.py::test_four_processes_give_exactly_the_places_there_are",
            "registration/test_actions.py::test_two_processes_give_exactly_the_places_there_are",
            "registration/test_places_machine.py::test_ten_thousand_steps_keep_every_counter_and_every_order",
            "faults/today/test_recovery.py::test_the_last_places_are_given_once_though_the_service_dies_meanwhile",
        ),
        (
            "registration/test_actions.py::test_without_the_guard_two_processes_give_too_many",
            "shared/test_store.py::test_without_guard_and_transaction_the_hot_counter_goes_wrong",
        ),
    ),
    "I4": Guard(
        "waiting lists are served in order",
        "whoever comes later joins at the end, and each skip is noted",
        (
            "registration/test_places_on_database.py::test_random_steps_on_the_database_keep_every_counter_and_order",
            "registration/test_places_machine.py::test_ten_thousand_steps_keep_every_counter_and_every_order",
        ),
        ("registration/test_places_machine.py::test_without_a_guard_the_machine_finds_the_fault",),
    ),
    "I5": Guard(
        "a state changes if and only if its fact is in the outbox",
        "one transaction",
        (
            "shared/test_store.py::test_a_state_change_and_its_fact_are_written_together",
            "shared/test_store.py::test_a_failed_write_leaves_neither_state_nor_fact",
        ),
        ("shared/test_guards_off.py::test_without_a_transaction_a_failed_write_leaves_a_fact_of_nothing",),
    ),
    "I6": Guard(
        "each fact has its effect exactly once",
        "inbox and keys made of the cause",
        (
            "shared/test_store.py::test_the_same_fact_twice_acts_once",
            "notifications/test_callings.py::test_any_order_of_facts_leaves_the_same_mails",
            "badges/test_actions.py::test_badge_that_changes_hands_ends_the_same_in_any_order",
        ),
        ("shared/test_store.py::test_without_the_inbox_the_same_fact_acts_twice",),
    ),
    "I7": Guard(
        "facts in any order give the same projection",
        "the newest sequence wins",
        (
            "registration/test_actions.py::test_badges_are_projected_in_any_order",
            "notifications/test_mails.py::test_the_newest_state_wins_whatever_the_order",
        ),
        ("registration/test_actions.py::test_without_the_projections_rule_the_last_to_arrive_wins",),
    ),
    "I8": Guard(
        "no mail is forgotten, and twice only with a flag",
        "the claim is stored before the message is handed over",
        (
            "notifications/test_crashes.py::test_a_crash_while_sending_loses_nothing_and_is_flagged",
            "notifications/test_outages.py::test_a_mail_server_down_for_long_loses_nothing_and_sends_nothing_twice",
        ),
        ("notifications/test_crashes.py::test_without_the_stored_claim_a_crash_would_mail_twice_unflagged",),
    ),
    "I9": Guard(
        "no forged badge is admitted, no revoked one either",
        "signatures, and the state of each badge",
        (
            "security/test_forged_badges.py::test_no_forged_badge_is_taken_for_a_real_one",
            "badges/test_actions.py::test_revoked_badge_is_refused_at_once",
        ),
        ("security/test_forged_badges.py::test_mint_that_checks_no_signature_takes_forged_ones",),
    ),
    "I10": Guard(
        "one release or the next, and each person is told once",
        "what was said is kept with each person",
        (
            "programme/test_publishing.py::test_reader_sees_one_version_or_the_next_and_never_a_mix",
            "notifications/test_affected.py::test_any_order_of_releases_and_choices_ends_with_everybody_knowing_once",
        ),
        ("notifications/test_affected.py::test_without_keeping_what_was_said_people_are_told_again",),
    ),
    "I11": Guard(
        "a poison message blocks nobody and is kept",
        "attempts are counted before they are made, then the message is set aside",
        (
            "shared/test_broker.py::test_poison_is_parked_at_the_tenth_attempt_and_blocks_nobody",
            "faults/today/test_recovery.py::test_nonsense_is_set_aside_and_nobody_waits_behind_it",
        ),
        (
            "shared/test_guards_off.py::test_without_counting_beforehand_a_fact_that_kills_comes_again",
            "shared/test_letters.py::test_without_the_pause_a_stream_of_poison_parks_everything",
        ),
    ),
    "I12": Guard(
        "replaying everything changes nothing",
        "inbox and keys made of the cause",
        (
            "faults/today/test_recovery.py::test_a_wiped_stream_is_told_again_and_mails_nobody_twice",
            "notifications/test_changes.py::test_the_whole_history_again_writes_to_nobody",
        ),
        ("shared/test_store.py::test_without_the_inbox_the_same_fact_acts_twice",),
    ),
    "I13": Guard(
        "a service catches up after a day without stale mails",
        "a rule of staleness for each mail",
        (
            "notifications/test_reminding.py::test_a_service_that_was_stopped_for_a_day_does_not_remind_of_the_past",
            "notifications/test_callings.py::test_an_offer_is_not_made_once_its_time_has_passed",
        ),
        ("notifications/test_callings.py::test_without_the_rule_of_staleness_an_offer_leaves_after_its_time",),
    ),
    "I14": Guard(
        "a wiped stream loses nothing",
        "outboxes are kept, and an entry is pending until NATS has acknowledged it",
        (
            "faults/today/test_recovery.py::test_a_wiped_stream_is_told_again_and_mails_nobody_twice",
            "shared/test_outages.py::test_a_torn_tail_is_silent_and_a_replay_tells_what_it_took",
            "verify/test_facts.py::test_fact_that_the_stream_lost_is_found",
        ),
        ("shared/test_guards_off.py::test_without_stream_and_acknowledgement_a_fact_counts_as_told_that_nobody_kept",),
    ),
    "I15": Guard(
        "overload is refused clearly, and the door goes on",
        "room for so many, a short line, and room of its own for the door",
        (
            "overload/test_overload.py::test_overload_is_refused_clearly_and_the_door_goes_on",
            "web/test_crowd.py::test_the_door_does_not_stand_in_the_line",
            "shared/test_batch.py::test_a_full_queue_refuses_the_impatient_and_makes_the_patient_wait",
        ),
        (
            "web/test_crowd.py::test_without_its_own_room_the_door_is_refused_like_everybody",
            "web/test_crowd.py::test_without_the_gate_everybody_is_let_in_at_once",
            "shared/test_batch.py::test_without_a_bound_a_queue_refuses_nobody_and_everybody_waits",
        ),
    ),
    "I16": Guard(
        "each act of the team has one entry in the journal",
        "the entry is part of the act's transaction",
        (
            "web/test_journal.py::test_act_of_the_team_is_written_into_the_journal",
            "verify/test_facts.py::test_act_of_the_team_without_one_entry_is_found",
        ),
        ("web/test_journal.py::test_act_without_an_entry_would_be_found",),
    ),
    "I17": Guard(
        "an erased person is found nowhere",
        "tombstones, and the janitor",
        (
            "registration/test_erasing.py::test_nothing_of_the_person_is_left_in_the_database",
            "deploy/test_janitor.py::test_everything_before_an_erasure_goes_and_the_erasure_stays",
            "verify/test_erasures.py::test_document_of_the_person_is_found",
        ),
        ("registration/test_erasing.py::test_without_its_tombstone_a_badge_told_late_would_be_kept",),
    ),
}
