"""schedule.xml and schedule.json held against the format, with any number of sessions and hostile texts."""

import json
from datetime import timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from lxml import etree

from services.programme.domain.editions import Edition, Room, Session, Speaker
from services.programme.domain.releases import release
from services.programme.feeds import Feed, schedule, schedule_xml
from tests.programme.factories import MONGE, NOW, a_draft, a_session, an_edition, at

SCHEMAS = Path(__file__).parent / "schemas"
HOSTILE = """Élus & <b>agents</b> "d'ici" ]]> <!-- &amp; --> \u2028 \ufffe 🎪"""


@cache
def xml_schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / "schedule.xsd"))


@cache
def json_schema() -> Draft202012Validator:
    schema = json.loads((SCHEMAS / "schedule.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def many(count: int) -> list[Session]:
    """So many sessions, in five rooms or none, over both days."""
    starts = [at(8, day=8 + n % 2) + n // 12 * timedelta(minutes=15) for n in range(count)]
    return [
        a_session(
            f"s-{n}",
            start=start,
            end=start + timedelta(minutes=45),
            room=f"r-{n % 6}" if n % 6 else None,
            speakers=(Speaker("Ada"), Speaker("Béa", "Maire", "chair")),
        )
        for n, start in enumerate(starts)
    ]


ROOMS = tuple(Room(f"r-{n}", f"Salle {n}", n * 10) for n in range(1, 6))


def a_feed(sessions: list[Session], lang: str = "fr", edition: Edition | None = None, **changes: Any) -> Feed:
    """A first release of these sessions."""
    edition = edition or an_edition()
    made = release(edition, a_draft(*sessions, **{"rooms": (*ROOMS, MONGE)} | changes), None, {}, NOW)
    return Feed(edition, made, lang, "https://rencontres.example.org")


def assert_valid(feed: Feed) -> etree._Element:
    """Both files are what the format wants; the XML one is returned, read again."""
    json_schema().validate(json.loads(json.dumps(schedule(feed))))
    document = etree.fromstring(schedule_xml(feed))
    xml_schema().assertValid(document)
    return document


@pytest.mark.parametrize(("count", "lang"), [*product([0, 3, 16], ["fr", "en", "es"]), (600, "fr")])
def test_schedule_is_valid_with_any_number_of_sessions(count: int, lang: str):
    document = assert_valid(a_feed(many(count), lang))
    assert len(document.findall("day/room/event")) == count
    assert [day.get("date") for day in document.findall("day")] == ["2026-07-08", "2026-07-09"]


def test_hostile_texts_arrive_as_they_were_written():
    session = a_session(
        title={"fr": HOSTILE}, description={"fr": f"{HOSTILE}\n\n{HOSTILE}"}, room="r", speakers=(Speaker(HOSTILE),)
    )
    (event,) = assert_valid(a_feed([session], rooms=(Room("r", HOSTILE, 5),))).findall("day/room/event")
    readable = HOSTILE.replace("\ufffe", "")
    assert event.findtext("title") == event.findtext("room") == event.findtext("persons/person") == readable
    assert event.getparent().get("name") == readable
    assert event.findtext("abstract") == f"{readable}\n\n{readable}"


def test_cancelled_sessions_are_left_out():
    first = release(an_edition(), a_draft(*many(3), rooms=ROOMS), None, {}, NOW)
    second = release(an_edition(), a_draft(*many(2), rooms=ROOMS), first, {}, NOW)
    document = assert_valid(Feed(an_edition(), second, "fr", "https://x.org"))
    assert len(document.findall("day/room/event")) == 2
    everything_gone = release(an_edition(), a_draft(rooms=ROOMS), second, {}, NOW)
    assert assert_valid(Feed(an_edition(), everything_gone, "fr", "https://x.org")).findtext("version") == "3"


@pytest.mark.parametrize("id", ["a", "raict-2026", "17"])
def test_short_and_hyphenated_editions_have_an_acronym(id: str):
    short = a_session(title={"fr": "Z"})
    assert_valid(a_feed([short], edition=an_edition(id=id)))


@pytest.mark.parametrize("zone", ["Etc/GMT-14", "America/Argentina/Buenos_Aires", "UTC", "Asia/Kathmandu"])
def test_time_zones_the_format_cannot_name_are_left_out(zone: str):
    edition = an_edition(timezone=zone, dates=(at(12).date(),))
    assert assert_valid(a_feed([a_session()], edition=edition)).findtext("conference/time_zone_name") == zone


def test_what_identifies_a_session_does_not_change_with_the_release():
    first = a_feed(many(3))
    again = Feed(
        first.edition, release(first.edition, a_draft(*many(2), rooms=ROOMS), first.release, {}, NOW), "en", "https://x"
    )
    ids = [
        [(event.get("id"), event.get("guid"), event.findtext("slug")) for event in assert_valid(feed).iter("event")]
        for feed in (first, again)
    ]
    assert set(ids[1]) < set(ids[0])
