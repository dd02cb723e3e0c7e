"""Every hostile text in every file that we write, CSV, JSON, XML, Atom, calendars: read back, it is as typed."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import icalendar
import pytest
from lxml import etree

from services.programme.domain.changes import round_of
from services.programme.domain.editions import Speaker
from services.programme.domain.releases import release
from services.programme.feeds import Feed, History, atom, calendar, schedule, schedule_xml, table
from services.programme.feeds.xml import clean
from shared import tables
from tests.programme.factories import NOW, a_draft, a_session, an_edition, at
from tests.security.texts import all_texts

TEXTS = [
    text.strip()
    for listed in all_texts().values()
    for text in listed
    if len(text) < 1000 and text.strip() and text.isprintable()
]
"""What the API takes: without control characters, without blanks around."""
STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def a_feed() -> Feed:
    """One session for each text: its title, description and speaker."""
    sessions = [
        a_session(
            f"s-{number}",
            title={"fr": text},
            description={"fr": text},
            speakers=(Speaker(text, text),),
            start=at(9) + timedelta(minutes=number),
            end=at(10) + timedelta(minutes=number),
        )
        for number, text in enumerate(TEXTS)
    ]
    return Feed(an_edition(), release(an_edition(), a_draft(*sessions), None, {}, NOW), "fr", "https://x.org")


@pytest.fixture(scope="module")
def feed() -> Feed:
    return a_feed()


def test_there_are_many_texts():
    assert len(TEXTS) > 1200


@pytest.mark.parametrize(("lang", "separator"), [("fr", ";"), ("en", ","), ("es", ";")])
def test_table_reads_back_as_typed_and_calculates_nothing(feed: Feed, lang: str, separator: str):
    body = table(replace(feed, lang=lang)).decode("utf-8-sig")
    rows = [*csv.reader(StringIO(body, newline=""), delimiter=separator)][1:]

    assert [cell for row in rows for cell in row if cell.startswith(STARTS)] == []
    assert {len(row) for row in rows} == {11}
    for column in (3, 8):
        assert sorted(tables.as_typed(row[column]) for row in rows) == sorted(TEXTS)


def test_schedule_reads_back_as_typed(feed: Feed):
    told = json.loads(json.dumps(schedule(feed)))

    assert sorted(_values(told, "title")).count("") == 0
    assert set(TEXTS) <= {*_values(told, "title")}


def _values(told: object, name: str) -> Iterator[str]:
    if isinstance(told, dict):
        yield from (value for key, value in told.items() if key == name and isinstance(value, str))
        for value in told.values():
            yield from _values(value, name)
    elif isinstance(told, list):
        for value in told:
            yield from _values(value, name)


def test_xml_reads_back_as_typed_and_names_no_entity(feed: Feed):
    body = schedule_xml(feed)
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))

    assert b"<!DOCTYPE" not in body
    assert b"<!ENTITY" not in body
    assert {clean(text) for text in TEXTS} <= {title.text for title in root.iter("title")}
    assert {element.tag for element in root.iter()} & {"script", "img", "svg", "iframe"} == set()


def test_calendar_reads_back_as_typed_and_has_no_line_of_theirs(feed: Feed):
    read = icalendar.Calendar.from_ical(calendar(feed, feed.release.sessions))
    entries = [*read.walk("VEVENT")]

    assert sorted(str(entry["summary"]) for entry in entries) == sorted(TEXTS)
    assert [entry for entry in entries if "ATTACH" in entry or "ATTENDEE" in entry] == []


def test_feed_of_changes_reads_back_as_typed(feed: Feed):
    newer = release(an_edition(), a_draft(), feed.release, {}, NOW + timedelta(hours=1))
    body = atom(
        History(an_edition(), (round_of(newer, feed.release), round_of(feed.release, None)), "fr", "https://x.org")
    )
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))

    assert b"<!ENTITY" not in body
    assert "<script" not in "".join(root.itertext()) or b"&lt;script" in body
