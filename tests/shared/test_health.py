"""What Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from shared.health import Report, exposition


def samples(report: Report) -> dict[tuple[str, str], float]:
    """Each sample by name and its one label."""
    families = text_string_to_metric_families(exposition(report).decode())
    return {(one.name, "".join(one.labels.values())): one.value for family in families for one in family.samples}


def test_metrics_say_what_was_found():
    report = Report(True, False, 2.5, 3, {"badges_programme": 7}, {"deliveries": {"sent": 12, "retry": 1}})
    assert samples(report) == {
        ("rencontres_mongo_up", ""): 1,
        ("rencontres_nats_up", ""): 0,
        ("rencontres_outbox_oldest_seconds", ""): 2.5,
        ("rencontres_dead_letters", ""): 3,
        ("rencontres_consumer_lag", "badges_programme"): 7,
        ("rencontres_deliveries", "sent"): 12,
        ("rencontres_deliveries", "retry"): 1,
    }


def test_a_consumer_that_cannot_be_asked_is_no_number():
    lag = samples(Report(True, True, lag={"badges_programme": None}))["rencontres_consumer_lag", "badges_programme"]
    assert lag != lag, "NaN"  # noqa: PLR0124 - only NaN differs from itself
