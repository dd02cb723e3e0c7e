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


def test_a_test_moves_the_clock_ahead(tmp_path):
    file = tmp_path / "clock"
    program = f"""
from pathlib import Path
from shared.clock import now
print(now().isoformat())
Path({str(file)!r}).write_text("3600")
print(now().isoformat())
"""
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "CLOCK_AHEAD": str(file)},
        check=True,
        capture_output=True,
        text=True,
    )
    before, after = map(datetime.fromisoformat, said.stdout.split())

    assert timedelta(hours=1) <= after - before < timedelta(hours=1, seconds=5)
