"""What wrong guesses cost."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from deploy.layout import ROOT
from shared.delays import TooSoon, Tries, reserve_try

NOW = datetime(2026, 7, 8, 8, 0, tzinfo=UTC)
ANSWERING = 4
"""Seconds that looking at a password may take on a busy machine."""


def waits(count: int, free: int) -> list[float]:
    """Seconds that tries sent at the same moment have to wait."""
    tries, found = Tries(), []
    for _ in range(count):
        tries, wait = reserve_try(tries, NOW, free)
        found.append(wait)
    return found


def test_first_tries_cost_nothing_then_each_waits_longer():
    assert waits(6, free=2) == [0, 0, 0, 1, 3, 7]
    assert waits(7, free=3) == [0, 0, 0, 0, 1, 3, 7]


def test_tries_sent_together_queue_up_and_come_too_soon_in_the_end():
    with pytest.raises(TooSoon) as refused:
        waits(20, free=2)
    assert refused.value.seconds > 10


def test_patient_person_is_never_refused():
    tries, moment = Tries(), NOW
    for _ in range(50):
        tries, wait = reserve_try(tries, moment, 2)
        assert wait <= 8
        moment += timedelta(seconds=wait + 1)


def test_nobody_waits_longer_than_the_front_door_does():
    """Whoever guesses at any pace gets our answer, not that of a service that is away."""
    _, _, services = (ROOT / "deploy/Caddyfile").read_text().partition("\n(service) {")
    patience = re.search(r"response_header_timeout (\d+)s", services)
    assert patience
    longest = 0.0
    for pace in range(12):
        tries = Tries()
        for number in range(50):
            with suppress(TooSoon):
                tries, wait = reserve_try(tries, NOW + timedelta(seconds=pace * number), 2)
                longest = max(longest, wait)
    assert 5 < longest <= int(patience[1]) - ANSWERING


def test_failures_are_forgotten_after_an_hour():
    later = NOW + timedelta(hours=1, seconds=1)
    assert reserve_try(Tries(failures=9, next_at=NOW), later, 2) == (Tries(1, later), 0)
