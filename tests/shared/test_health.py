"""What Prometheus reads, and what the team's page says."""

import asyncio
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared import leases
from shared.broker import Bus
from shared.clock import now
from shared.findings import DISK, Watch, found
from shared.health import Figures, Health, Report
from shared.leases import Lease, Vacancies
from shared.web.health_page import exposition
from tests.shared.conftest import READER, Wire


def samples(report: Report, figures: Figures | None = None) -> dict[tuple[str, str], float]:
    """Each sample by name and its one label."""
    families = text_string_to_metric_families(exposition(report, figures or {}).decode())
    return {(one.name, "".join(one.labels.values())): one.value for family in families for one in family.samples}


def test_metrics_say_what_was_found():
    report = Report("badges", True, False, oldest_pending=2.5, dead_letters=3, lag={"badges_programme": 7})
    assert (
        samples(report, {"deliveries": {"sent": 12, "retry": 1}}).items()
        >= {
            ("rencontres_mongo_up", ""): 1,
            ("rencontres_nats_up", ""): 0,
            ("rencontres_outbox_oldest_seconds", ""): 2.5,
            ("rencontres_dead_letters", ""): 3,
            ("rencontres_consumer_lag", "badges_programme"): 7,
            ("rencontres_deliveries", "sent"): 12,
            ("rencontres_deliveries", "retry"): 1,
            ("rencontres_finding", "nats-away"): 1,
        }.items()
    )


def test_a_consumer_that_cannot_be_asked_is_no_number():
    lag = samples(Report("badges", True, True, lag={"badges_programme": None}))[
        "rencontres_consumer_lag", "badges_programme"
    ]
    assert lag != lag, "NaN"  # noqa: PLR0124 - only NaN differs from itself


async def test_a_disk_nearly_full_is_a_finding_and_one_with_room_is_none(wire: Wire):
    await wire.database["things"].insert_one({})  # without a collection there is no database to measure
    codes = []
    for least in (1.01, 0.0):
        bus = Bus(READER, wire.url, wire.letters, wire._alive)
        report = await Health(READER, wire.database, bus, wire.letters, disk_least=least).report()
        assert 0 < report.disk_free < 1
        codes.append(DISK in [one.words for one in found(report)])
    assert codes == [True, False]


async def test_work_nobody_does_is_told_after_a_while_and_not_during_a_restart(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
):
    vacancies = Vacancies(wire.database)
    vacancies.names = ["relay"]
    relay = Lease(wire.database, "relay")
    monkeypatch.setattr(leases, "GRACE", 0.05)
    await relay.hold()
    assert await vacancies.stuck() == ()
    await relay.release()
    assert await vacancies.stuck() == ()
    await asyncio.sleep(0.1)
    assert await vacancies.stuck() == ("relay",)
    await relay.hold()
    assert await vacancies.stuck() == ()


async def test_a_lease_given_far_into_the_future_is_nobodys(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    vacancies = Vacancies(wire.database)
    vacancies.names = ["relay"]
    monkeypatch.setattr(leases, "GRACE", -1.0)
    far = now() + timedelta(hours=1)
    await wire.database["leases"].insert_one({"_id": "relay", "holder": "somebody", "until": far})
    assert await vacancies.stuck() == ("relay",)


def test_the_watch_says_since_when_and_begins_anew_after_healing():
    watch, first = Watch(), now()
    broken = found(Report("badges", False, True))
    assert [watch.look(broken, first + timedelta(seconds=n))[0].since for n in (0, 30)] == [first, first]
    watch.look([], first)
    assert watch.look(broken, first + timedelta(minutes=5))[0].since == first + timedelta(minutes=5)
