"""The sample edition moves by whole weeks."""

import json
from datetime import date, timedelta

import pytest

from deploy.sample_edition import SAMPLE, moved

PRINTED = json.loads(SAMPLE.read_text())


@pytest.mark.parametrize("today", [date(2026, 7, 8), date(2026, 12, 30), date(2027, 2, 28), date(2028, 2, 29)])
def test_sample_lies_two_months_ahead_on_a_wednesday_and_a_thursday(today):
    programme = moved(PRINTED, today)["programme"]
    days = [date.fromisoformat(day) for day in programme["dates"]]

    assert [day.isoweekday() for day in days] == [3, 4]
    assert abs(days[0] - today - timedelta(days=61)) <= timedelta(days=4)
    assert {session["date"] for session in programme["sessions"]} == set(programme["dates"])


def test_moving_changes_nothing_but_days():
    there = moved(PRINTED, date(2027, 1, 1))
    back = moved(there, date(2026, 7, 8) - timedelta(days=61))

    assert back == PRINTED
