"""The edition at whose doors badges count."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Edition:
    """What badges and pages say of the edition, and the days on which the door counts."""

    id: str
    short: str
    dates: tuple[date, ...]
    timezone: str
    organiser: str
    contact_email: str
    contact_phone: str
    sequence: int

    def today(self, now: datetime) -> date:
        """The day at the venue."""
        return now.astimezone(ZoneInfo(self.timezone)).date()

    def in_rehearsal(self, now: datetime) -> bool:
        """Whether the door answers as on the day, but counts nothing."""
        return self.today(now) < min(self.dates)
