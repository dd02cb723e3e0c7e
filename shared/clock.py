"""The one place that reads the time, so that a test can set it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time in UTC, rounded down to the millisecond that MongoDB keeps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
