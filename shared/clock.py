"""The one place that reads the time, so that a test can set it.

`CLOCK_AHEAD` names a file with a number of seconds: a house under test lives that far in the future, and whoever
raises the number lets an hour pass for all its services at once. `<file>-<service>` beside it adds to the clock of
one service: one that is off. Without the variable nothing is looked up.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

_AHEAD = os.environ.get("CLOCK_AHEAD")
_SERVICE = os.environ.get("SERVICE", "")


def now() -> datetime:
    """The current time in UTC, rounded down to the millisecond that MongoDB keeps."""
    moment = datetime.now(UTC) + (_ahead(_AHEAD) if _AHEAD else timedelta())
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _ahead(file: str) -> timedelta:
    """How far the test has moved on; nothing before it says so."""
    return _length(Path(file)) + _length(Path(f"{file}-{_SERVICE}"))


def _length(file: Path) -> timedelta:
    try:
        return timedelta(seconds=float(file.read_text()))
    except FileNotFoundError:
        return timedelta()
