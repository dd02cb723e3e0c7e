"""The released programme for other programs: calendar files, and the schedule format of c3voc and frab."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32
from zoneinfo import ZoneInfo

from services.programme.domain.editions import Edition
from services.programme.domain.releases import Release, ReleasedSession
from shared.calendar import Calendar, Entry, Organiser, write
from shared.events import Text

_SCHEMA = "https://c3voc.de/schedule/schema.json"


def pick(text: Text, lang: str) -> str:
    """The text in this language, or in French."""
    return text.get(lang) or text.get("fr", "")


@dataclass(frozen=True)
class Feeds:
    """One release in one language. Links in it start with `public_url`."""

    edition: Edition
    release: Release
    lang: str
    public_url: str

    def calendar(self, sessions: Iterable[ReleasedSession]) -> bytes:
        """An `.ics` of these sessions; cancelled ones stay in it, marked so."""
        entries = tuple(self._entry(session) for session in sessions)
        organiser = Organiser(self.edition.organiser, self.edition.contact_email)
        return write(Calendar(self.edition.short, entries, organiser), self.release.released_at)

    def schedule(self) -> dict[str, Any]:
        """The whole release as schedule.json; cancelled sessions are left out, the format has no word for them."""
        sessions = [session for session in self.release.sessions if session.status == "scheduled"]
        dates = sorted({self._date(session) for session in sessions})
        conference = {
            "acronym": self.edition.id,
            "title": pick(self.edition.title, self.lang),
            "start": self.edition.dates[0].isoformat(),
            "end": self.edition.dates[-1].isoformat(),
            "daysCount": len(dates),
            "timeslot_duration": "00:05",
            "time_zone_name": self.edition.timezone,
            "url": f"{self.public_url}/",
            "rooms": [{"name": room.name, "capacity": room.capacity} for room in self.release.rooms],
            "tracks": [],
            "days": [
                self._day(index, [session for session in sessions if self._date(session) == day])
                for index, day in enumerate(dates, 1)
            ],
        }
        return {
            "$schema": _SCHEMA,
            "generator": {"name": "rencontres"},
            "schedule": {
                "version": str(self.release.number),
                "base_url": f"{self.public_url}/",
                "conference": conference,
            },
        }

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.edition.timezone)

    def _date(self, session: ReleasedSession) -> date:
        return session.start.astimezone(self._zone).date()

    def _room(self, session: ReleasedSession) -> str:
        room = self.release.room(session.room)
        return room.name if room else self.edition.venue.name

    def _url(self, session: ReleasedSession) -> str:
        return f"{self.public_url}/programme/seances/{session.slug}"

    def _entry(self, session: ReleasedSession) -> Entry:
        # A session without a room is somewhere in the venue, whose name `_room` then gives.
        places = dict.fromkeys((self._room(session), self.edition.venue.name, self.edition.venue.address))
        return Entry(
            uid=session.uid,
            sequence=session.revision,
            start=session.start,
            end=session.end,
            title=pick(session.title, self.lang),
            location=", ".join(places),
            description=pick(session.description, self.lang),
            url=self._url(session),
            cancelled=session.status == "cancelled",
        )

    def _day(self, index: int, sessions: list[ReleasedSession]) -> dict[str, Any]:
        rooms: dict[str, list[dict[str, Any]]] = {}
        for session in sessions:
            rooms.setdefault(self._room(session), []).append(self._event(session))
        return {
            "index": index,
            "date": self._date(sessions[0]).isoformat(),
            "day_start": min(session.start for session in sessions).astimezone(self._zone).isoformat(),
            "day_end": max(session.end for session in sessions).astimezone(self._zone).isoformat(),
            "rooms": rooms,
        }

    def _event(self, session: ReleasedSession) -> dict[str, Any]:
        kind = self.release.kind(session.kind)
        start = session.start.astimezone(self._zone)
        return {
            # The format wants a number and a UUID; both come from the uid, so they never change.
            "id": crc32(session.uid.encode()),
            "guid": str(uuid5(NAMESPACE_URL, session.uid)),
            "code": session.id,
            "url": self._url(session),
            "date": start.isoformat(),
            "start": f"{start:%H:%M}",
            "duration": _clock(session.end - session.start),
            "room": self._room(session),
            "slug": session.slug,
            "title": pick(session.title, self.lang),
            "subtitle": "",
            "track": None,
            "type": pick(kind.label, self.lang) if kind else session.kind,
            "language": "fr",
            "abstract": pick(session.description, self.lang),
            "description": "",
            "persons": [_person(speaker.name, session) for speaker in session.speakers],
            "links": [],
            "attachments": [],
        }


def _person(name: str, session: ReleasedSession) -> dict[str, Any]:
    guid = uuid5(NAMESPACE_URL, f"{session.uid}/{name}")
    return {"id": crc32(guid.bytes), "guid": str(guid), "name": name, "public_name": name}


def _clock(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"
