"""The clock that all services read."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from shared.clock import now


def test_now_is_utc_to_the_millisecond_that_mongodb_keeps():
    moment = now()

    assert moment.tzinfo is UTC
    assert moment.microsecond % 1000 == 0
    assert abs(datetime.now(UTC) - moment) < timedelta(seconds=1)


def told(file, change, service=""):
    """What a program reads before and after `change`, a line of it."""
    program = f"""
from pathlib import Path
from shared.clock import now
print(now().isoformat())
{change}
print(now().isoformat())
"""
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "CLOCK_AHEAD": str(file), "SERVICE": service},
        check=True,
        capture_output=True,
        text=True,
    )
    before, after = map(datetime.fromisoformat, said.stdout.split())
    return after - before


def test_a_test_moves_the_clock_ahead(tmp_path):
    file = tmp_path / "clock"

    passed = told(file, f'Path({str(file)!r}).write_text("3600")')

    assert timedelta(hours=1) <= passed < timedelta(hours=1, seconds=5)


def test_a_test_puts_the_clock_of_one_service_off(tmp_path):
    file = tmp_path / "clock"
    change = f'Path("{file}-badges").write_text("-600")'

    off, right = told(file, change, "badges"), told(tmp_path / "other", change, "badges")

    assert timedelta(minutes=-10) <= off < timedelta(minutes=-9, seconds=-55)
    assert timedelta() <= right < timedelta(seconds=5)
