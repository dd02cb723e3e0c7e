"""What every feed says alike: which day, where, at which address, in which language."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from services.programme.domain.editions import SOURCE, Edition
from services.programme.domain.releases import Release, ReleasedSession
from shared.events import Text


def pick(text: Text, lang: str) -> str:
    """The text in this language, or in French."""
    return text.get(lang) or text.get(SOURCE, "")


@dataclass(frozen=True)
class Feed:
    """One release in one language. Links in it start with `public_url`."""

    edition: Edition
    release: Release
    lang: str
    public_url: str

    @property
    def zone(self) -> ZoneInfo:
        """The edition's clocks."""
        return ZoneInfo(self.edition.timezone)

    def day(self, session: ReleasedSession) -> date:
        """The day a session begins on."""
        return session.start.astimezone(self.zone).date()

    def place(self, session: ReleasedSession) -> str:
        """The name of its room; a session without one is somewhere in the venue."""
        room = self.release.room(session.room)
        return room.name if room else self.edition.venue.name

    def address(self, session: ReleasedSession) -> str:
        """Its page."""
        return f"{self.public_url}/programme/seances/{session.slug}"

    def text(self, text: Text) -> str:
        """A text in the language of the feed."""
        return pick(text, self.lang)
