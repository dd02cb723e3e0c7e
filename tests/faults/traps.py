"""The traps of the stack's defaults, in the order in which they were measured: see `tests/faults/guards.py`."""

from tests.faults.guards import Guard

_OFF = "shared/test_guards_off.py::"
_BROKER = "shared/test_broker.py::"
_OUTAGES = "shared/test_outages.py::"

TRAPS = (
    Guard(
        "a handler raises: delivered once, then terminated",
        "NACK_ON_ERROR and one middleware that decides every failure",
        (f"{_BROKER}test_a_handler_that_raises_gets_the_fact_again",),
        (f"{_OFF}test_without_guard_and_policy_a_fact_that_fails_once_is_lost",),
    ),
    Guard(
        "a bare nack: thousands of redeliveries in seconds",
        "a delay that grows, and our own count",
        (
            f"{_BROKER}test_retries_are_paced_not_a_storm",
            f"{_BROKER}test_the_pause_doubles_from_a_fifth_of_a_second_to_thirty",
        ),
        (f"{_OFF}test_without_the_guard_a_nack_comes_back_as_a_storm",),
    ),
    Guard(
        "an unreadable body: retried like any error",
        "parked at once with its bytes",
        (f"{_BROKER}test_an_unreadable_body_is_parked_at_once_with_its_bytes",),
        (f"{_OFF}test_without_its_own_rule_an_unreadable_body_is_tried_again",),
    ),
    Guard(
        "a handler hangs for minutes",
        "a limit of five seconds, shorter than the ack wait",
        (
            f"{_BROKER}test_a_hanging_handler_is_cut_and_the_fact_comes_again",
            f"{_BROKER}test_the_handler_limit_is_shorter_than_the_ack_wait",
        ),
        (f"{_OFF}test_without_a_limit_a_hanging_handler_hangs",),
    ),
    Guard(
        "a type no handler matches: redelivered",
        "a default handler that counts and acknowledges",
        (
            f"{_BROKER}test_a_type_nobody_here_knows_is_counted_and_acknowledged",
            f"{_BROKER}test_a_message_that_is_no_fact_at_all_is_counted_and_acknowledged",
        ),
        (f"{_OFF}test_without_a_default_handler_an_unknown_type_comes_again",),
    ),
    Guard(
        "two subscribers on one durable: messages go to the wrong handler",
        "one subscriber for each durable",
        (f"{_BROKER}test_one_durable_has_one_subscriber_however_many_facts_it_reads",),
        (f"{_OFF}test_with_two_subscribers_on_one_durable_facts_go_to_the_wrong_handler",),
    ),
    Guard(
        "publish() without stream= returns although nobody stored it",
        "only the relay publishes, names the stream and waits for the acknowledgement",
        ("shared/test_outbox.py::test_without_a_stream_the_entry_stays_pending",),
        (f"{_OFF}test_without_stream_and_acknowledgement_a_fact_counts_as_told_that_nobody_kept",),
    ),
    Guard(
        "NATS away for two minutes: the client closes, its loop spins",
        "no last attempt; a closed client, or a stalled loop, ends the process",
        (
            f"{_OUTAGES}test_consumption_goes_on_after_nats_was_killed_and_restarted",
            "shared/test_fatal.py::test_process_ends_when_its_nats_client",
            "shared/test_loops.py::test_a_stalled_event_loop_ends_its_process",
            "deploy/test_supervisor.py::test_killed_program_is_started_again_alone",
        ),
        (
            f"{_OUTAGES}test_with_a_last_attempt_a_client_gives_up_and_ends_its_process",
            "shared/test_fatal.py::test_without_its_guard_a_process_lives_on_though_its_nats_client_is_of_no_use",
            "shared/test_loops.py::test_without_the_watchdog_a_stalled_process_goes_on_as_if_it_were_well",
        ),
    ),
    Guard(
        "broker.ping() stays true while NATS is frozen",
        "readiness asks for the consumer's own state",
        (f"{_OUTAGES}test_readiness_sees_a_frozen_nats_within_seconds",),
        # the frozen server's test says itself that the connection still seems to stand
        (
            f"{_OFF}test_a_connection_that_stands_says_nothing_of_a_deleted_consumer",
            f"{_OUTAGES}test_readiness_sees_a_frozen_nats_within_seconds",
        ),
    ),
    Guard(
        "a service declares a stream: it rewrites the settings for everybody",
        "declare=False; provision alone makes and changes it",
        (
            f"{_BROKER}test_a_service_does_not_rewrite_the_streams_settings",
            "deploy/test_provision.py::test_stream_is_as_the_code_says",
        ),
        (f"{_OFF}test_with_declare_a_service_rewrites_the_streams_settings",),
    ),
    Guard(
        "a durable exists or was deleted: settings ignored, silent spin",
        "provision updates, readiness asks for it",
        (
            "deploy/test_provision.py::test_provision_finds_the_house_and_puts_back_a_consumer_changed_by_hand",
            f"{_OUTAGES}test_a_deleted_consumer_shows_in_readiness",
        ),
        (
            f"{_OFF}test_a_running_service_leaves_a_consumer_changed_by_hand_as_it_is",
            f"{_OFF}test_a_connection_that_stands_says_nothing_of_a_deleted_consumer",
        ),
    ),
    Guard(
        "inbox_prefix on the broker is unused by pull subscribers",
        "each subscriber gets it, and a permission violation is fatal",
        (
            "deploy/test_provision.py::test_service_hears_through_its_own_inbox_alone",
            "shared/test_fatal.py::test_process_ends_when_its_nats_client",
        ),
        # "the client's default" hears nothing, and ends
        ("deploy/test_provision.py::test_service_hears_through_its_own_inbox_alone",),
    ),
    Guard(
        "a reply_to header is answered",
        "no_reply=True on every subscriber",
        (f"{_BROKER}test_a_reply_to_header_is_not_answered",),
        (f"{_OFF}test_without_no_reply_a_reply_to_header_is_answered",),
    ),
    Guard(
        "the Prometheus middleware labels by full subject, keys included",
        "our own figures, labelled by consumer and state",
        ("shared/test_health.py::test_metrics_say_what_was_found",),
        (f"{_OFF}test_metrics_name_no_subject_and_the_brokers_own_would",),
    ),
    Guard(
        "acknowledged by NATS, on disk two minutes later; a torn tail is silent",
        "sync_interval: always; stream positions are nobody's identity",
        (
            "shared/test_fatal.py::test_nats_writes_to_disk_before_it_acknowledges",
            f"{_OUTAGES}test_a_torn_tail_is_silent_and_a_replay_tells_what_it_took",
        ),
        # "without the setting", the server says that it waits
        ("shared/test_fatal.py::test_nats_writes_to_disk_before_it_acknowledges",),
    ),
    Guard(
        "kill -9 inside a transaction: its documents stay locked for a minute",
        "transactionLifetimeLimitSeconds: 5",
        (
            f"{_OUTAGES}test_a_process_killed_inside_a_transaction_frees_its_documents_in_seconds",
            "deploy/test_servers.py::test_mongod_frees_an_orphaned_transaction_after_five_seconds",
        ),
        ("shared/test_transactions.py::test_without_its_limit_a_dead_transaction_keeps_its_documents",),
    ),
    Guard(
        "with_transaction tries again without pause, and may lose what became of a commit",
        "our own retry with jitter, until the outcome is known",
        (
            "shared/test_transactions.py::test_transactions_that_collide_wait_before_they_try_again",
            "shared/test_transactions.py::test_a_commit_whose_answer_is_lost_is_asked_again_until_it_is_known",
            "shared/test_store.py::test_a_hot_counter_stays_exact_over_two_processes_worth_of_stores",
        ),
        # the first test takes the pauses away itself, and counts
        (
            "shared/test_transactions.py::test_transactions_that_collide_wait_before_they_try_again",
            "shared/test_transactions.py::test_without_asking_again_a_change_that_was_made_is_answered_as_lost",
        ),
    ),
    Guard(
        "one transaction for each fact: far behind after a burst; one duplicate among fifty loses all",
        "one batcher, existing keys read first, halves on an error",
        (
            "shared/test_store.py::test_waiting_commands_share_a_transaction",
            "shared/test_store.py::test_a_bad_command_fails_alone_among_fifty",
            "shared/test_store.py::test_a_key_taken_meanwhile_is_decided_again_on_what_is_there",
        ),
        (
            "shared/test_store.py::test_without_batches_every_command_costs_a_transaction",
            "shared/test_store.py::test_without_halves_one_bad_command_loses_all_fifty",
        ),
    ),
)
"""One for each row."""
