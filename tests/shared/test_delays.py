"""What wrong guesses cost."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.delays import Cost, TooSoon, Tries

NOW = datetime(2026, 7, 8, 8, 0, tzinfo=UTC)


def looked_at(moments: list[float], free: int) -> list[bool]:
    """Which of the tries at these seconds are looked at."""
    tries, found = Tries(), []
    for moment in moments:
        try:
            tries = Cost(free, TooSoon).count(tries, NOW + timedelta(seconds=moment))
        except TooSoon:
            found.append(False)
        else:
            found.append(True)
    return found


def delays(count: int, free: int) -> list[float]:
    """Seconds from each of so many failures to when the next try is looked at, sent as soon as it may be."""
    tries, found, moment = Tries(), [], NOW
    for _ in range(count):
        tries = Cost(free, TooSoon).count(tries, moment)
        assert tries.next_at
        found.append((tries.next_at - moment).total_seconds())
        moment = tries.next_at
    return found


def test_first_tries_cost_nothing_then_each_waits_longer():
    assert delays(7, free=2) == [0, 0, 2, 4, 8, 8, 8]
    assert delays(7, free=3) == [0, 0, 0, 2, 4, 8, 8]


def test_tries_sent_together_are_looked_at_up_to_the_free_ones_and_one():
    assert looked_at([0] * 20, free=2) == [True] * 3 + [False] * 17


def test_tries_that_come_too_soon_put_nobody_off_for_longer():
    hasty = [0, 0, 0, *(number / 10 for number in range(19)), 2]
    assert looked_at(hasty, free=2)[-1]


@pytest.mark.parametrize(("later", "seconds"), [(0, 4), (0.1, 4), (2.5, 2), (3.9, 2)])
def test_whoever_waits_as_long_as_told_is_looked_at(later: float, seconds: int):
    cost = Cost(2, TooSoon)
    tries = Tries(failures=4, next_at=NOW + timedelta(seconds=4))
    moment = NOW + timedelta(seconds=later)
    with pytest.raises(TooSoon) as refused:
        cost.count(tries, moment)
    assert (refused.value.params, refused.value.retry_after) == ({"seconds": seconds}, seconds)
    assert cost.count(tries, moment + timedelta(seconds=seconds)).failures == 5


def test_nobody_ever_waits_longer_than_eight_seconds():
    assert max(delays(1000, free=2)) == 8


def test_failures_are_forgotten_after_an_hour():
    later = NOW + timedelta(hours=1, seconds=1)
    assert Cost(2, TooSoon).count(Tries(failures=9, next_at=NOW), later) == Tries(1, later)
