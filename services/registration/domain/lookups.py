"""A lost link: who asks, for which address, and how soon again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

AGAIN = timedelta(minutes=10)
"""One message for an address within this time, however often it is asked for."""


@dataclass(frozen=True)
class Lookup:
    """Somebody asked for the link of an address. The address itself is kept only until it was looked for."""

    id: str
    edition: str
    at: datetime
    email: str = ""

    @property
    def open(self) -> bool:
        """Whether it is still to be looked for."""
        return bool(self.email)

    def closed(self) -> "Lookup":
        """Looked for, whether there was a registration or not."""
        return replace(self, email="")


def asked(before: Lookup | None, wanted: Lookup) -> Lookup:
    """What is kept of a question: itself, or the one before as long as that is recent."""
    return before if before and wanted.at < before.at + AGAIN else wanted
