"""The schedule format of c3voc and frab, as JSON and as XML: what conference apps and recording teams read.

Its schemas are stricter than their prose: an acronym has no hyphen and four letters at least, an address word two, a
file has one day at least, and a person has a `name` but not the older `public_name` beside it.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element
from zlib import crc32

from services.programme.domain.releases import ReleasedSession
from services.programme.feeds.feed import Feed
from services.programme.feeds.xml import document, say

_SCHEMA = "https://c3voc.de/schedule/schema.json"
_TIMESLOT = "00:05"
_ZONE = re.compile(r"[A-Z][a-z]+/[A-Z][a-z]+|UTC$")
_FIELDS = (
    *("room", "title", "subtitle", "type", "date", "start", "duration", "abstract", "slug", "track"),
    *("language", "description", "url"),
)


def schedule(feed: Feed) -> dict[str, Any]:
    """The whole release as schedule.json; cancelled sessions are left out, the format has no word for them."""
    days = list(_days(feed))
    conference = {
        "acronym": _acronym(feed),
        "title": feed.text(feed.edition.title),
        "start": feed.edition.dates[0].isoformat(),
        "end": feed.edition.dates[-1].isoformat(),
        "daysCount": len(days),
        "timeslot_duration": _TIMESLOT,
        "url": f"{feed.public_url}/",
        "rooms": [
            {"name": room.name, "guid": _guid(f"{feed.edition.id}/{room.id}"), "capacity": room.capacity}
            for room in feed.release.rooms
        ],
        "tracks": [],
        "days": days,
    }
    if _ZONE.match(feed.edition.timezone):
        conference["time_zone_name"] = feed.edition.timezone
    return {
        "$schema": _SCHEMA,
        "generator": {"name": "rencontres"},
        "schedule": {
            "version": str(feed.release.number),
            "base_url": f"{feed.public_url}/",
            "conference": conference,
        },
    }


def _acronym(feed: Feed) -> str:
    return feed.edition.id.replace("-", "_").ljust(4, "_")


def _days(feed: Feed) -> Iterator[dict[str, Any]]:
    """The days of the edition, those without a session too."""
    sessions = [session for session in feed.release.sessions if session.status == "scheduled"]
    dates = sorted({*feed.edition.dates, *map(feed.day, sessions)})
    for index, day in enumerate(dates, 1):
        yield _day(feed, index, day, [session for session in sessions if feed.day(session) == day])


def _day(feed: Feed, index: int, day: date, sessions: list[ReleasedSession]) -> dict[str, Any]:
    midnight = datetime.combine(day, time(), feed.zone)
    rooms: dict[str, list[dict[str, Any]]] = {}
    for session in sessions:
        rooms.setdefault(feed.place(session), []).append(_event(feed, session))
    start = min((session.start for session in sessions), default=midnight)
    end = max((session.end for session in sessions), default=midnight + timedelta(days=1))
    return {
        "index": index,
        "date": day.isoformat(),
        "day_start": start.astimezone(feed.zone).isoformat(),
        "day_end": end.astimezone(feed.zone).isoformat(),
        "rooms": rooms,
    }


def _event(feed: Feed, session: ReleasedSession) -> dict[str, Any]:
    kind = feed.release.kind(session.kind)
    start = session.start.astimezone(feed.zone)
    return {
        # The format wants a number and a UUID; both come from the uid, so they never change.
        "id": _number(session.uid),
        "guid": _guid(session.uid),
        "url": feed.address(session),
        "date": start.isoformat(),
        "start": f"{start:%H:%M}",
        "duration": _clock(session.end - session.start),
        "room": feed.place(session),
        "slug": f"{_acronym(feed)}-{session.slug}",
        "title": feed.text(session.title),
        "subtitle": "",
        "track": None,
        "type": feed.text(kind.label) if kind else session.kind,
        "language": "fr",
        "abstract": feed.text(session.description),
        "description": "",
        "persons": [_person(speaker.name, session) for speaker in session.speakers],
        "links": [],
        "attachments": [],
    }


def _person(name: str, session: ReleasedSession) -> dict[str, Any]:
    key = f"{session.uid}/{name}"
    return {"id": _number(key), "guid": _guid(key), "name": name}


def _guid(key: str) -> str:
    return str(uuid5(NAMESPACE_URL, key))


def _number(key: str) -> int:
    return crc32(key.encode()) or 1


def _clock(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def schedule_xml(feed: Feed) -> bytes:
    """The same as schedule.xml."""
    whole = schedule(feed)
    conference = whole["schedule"]["conference"]
    root = Element("schedule")
    say(root, "generator", name=whole["generator"]["name"])
    say(root, "version", whole["schedule"]["version"])
    about = say(root, "conference")
    for name in ("acronym", "title", "start", "end"):
        say(about, name, conference[name])
    say(about, "days", str(conference["daysCount"]))
    say(about, "timeslot_duration", _TIMESLOT)
    say(about, "base_url", whole["schedule"]["base_url"])
    say(about, "time_zone_name", feed.edition.timezone)
    for day in conference["days"]:
        _day_xml(root, day)
    return document(root)


def _day_xml(root: Element, day: dict[str, Any]) -> None:
    made = say(root, "day", index=str(day["index"]), date=day["date"], start=day["day_start"], end=day["day_end"])
    for name, events in day["rooms"].items():
        room = say(made, "room", name=name)
        for event in events:
            _event_xml(room, event)


def _event_xml(room: Element, event: dict[str, Any]) -> None:
    made = say(room, "event", id=str(event["id"]), guid=event["guid"])
    for name in _FIELDS:
        say(made, name, event[name] or "")
    persons = say(made, "persons")
    for person in event["persons"]:
        say(persons, "person", person["name"], id=str(person["id"]))
    say(made, "links")
