"""The public history of releases: as a page, and as a feed that readers accept."""

import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from lxml import etree

from services.programme.domain.changes import Round, round_of
from services.programme.domain.editions import Session, Speaker
from services.programme.domain.releases import Release, release
from services.programme.feeds import History, atom
from services.programme.web.context import Desk
from tests.programme.factories import NOW, a_draft, a_session, an_edition, at
from tests.programme.test_api import PATH, a_body

ATOM = {"a": "http://www.w3.org/2005/Atom", "h": "http://www.w3.org/1999/xhtml"}
HOSTILE = """<b>Élus</b> & "d'ici" ]]> \ufffe"""


def rounds(*drafts: tuple[Session, ...]) -> tuple[Round, ...]:
    """The history after these drafts were released an hour apart, newest first."""
    made: list[Round] = []
    previous: Release | None = None
    for n, sessions in enumerate(drafts):
        now = NOW + timedelta(hours=n)
        current = release(an_edition(), a_draft(*sessions), previous, {"fr": "Un mot.", "en": "A word."}, now)
        made.insert(0, round_of(current, previous))
        previous = current
    return tuple(made)


def feed(history: tuple[Round, ...], lang: str = "fr") -> etree._Element:
    return etree.fromstring(atom(History(an_edition(), history, lang, "https://rencontres.example.org")))


def entries(document: etree._Element, path: str) -> list[str]:
    return document.xpath(f"//a:entry/{path}", namespaces=ATOM)


VANISHED_AND_BACK = (a_session("a"),), (), (a_session("a", room="laplace"),)


def test_session_that_vanished_and_came_back_is_told_so():
    back, gone, first = rounds(*VANISHED_AND_BACK)
    assert [(line.change, line.is_back) for line in back.lines] == [("new", True)]
    assert [line.change for line in gone.lines] == ["cancelled"]
    assert first.lines == ()


def test_lines_keep_what_was_before():
    moved, _ = rounds((a_session("a"),), (a_session("a", start=at(15), end=at(16, 30), room="laplace"),))
    assert [(line.change, line.before.start, line.room_before.name, line.room.name) for line in moved.lines] == [
        ("moved", at(14, 30), "Salle Monge", "Salle Laplace"),
        ("room", at(14, 30), "Salle Monge", "Salle Laplace"),
    ]


def test_feed_has_what_the_standard_requires():
    document = feed(rounds(*VANISHED_AND_BACK))
    for path in ("a:id", "a:title", "a:updated", "a:author/a:name", "a:link[@rel='self']"):
        assert len(document.xpath(path, namespaces=ATOM)) == 1, path
    assert (
        len(entries(document, "a:id")) == len(entries(document, "a:updated")) == len(entries(document, "a:title")) == 3
    )
    assert all(link.startswith("https://rencontres.example.org/") for link in document.xpath("//@href"))
    for moment in document.xpath("//a:updated/text()", namespaces=ATOM):
        assert datetime.fromisoformat(moment).tzinfo


def test_feed_is_as_new_as_its_newest_release():
    document = feed(rounds(*VANISHED_AND_BACK))
    assert document.xpath("string(a:updated)", namespaces=ATOM) == entries(document, "a:updated/text()")[0]
    assert entries(document, "a:updated/text()") == sorted(entries(document, "a:updated/text()"), reverse=True)


def test_ids_are_the_same_in_every_language_and_after_the_next_release():
    history = rounds(*VANISHED_AND_BACK)
    now, before = entries(feed(history, "en"), "a:id/text()"), entries(feed(history[1:]), "a:id/text()")
    assert now[1:] == before
    assert len(set(now)) == 3
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", id) for id in now)


def test_feed_says_before_and_after():
    moved = a_session("a", start=at(15), end=at(16, 30), room="laplace", speakers=(Speaker("Ada"),))
    document = feed(rounds((a_session("a"),), (moved,)))
    said = [" ".join(line.xpath("string()").split()) for line in document.xpath("//h:li", namespaces=ATOM)]
    assert said == [
        "Nouvel horaire Atelier a mercredi 8 juillet, 14 h 30 – 16 h 00 → mercredi 8 juillet, 15 h 00 – 16 h 30",
        "Nouvelle salle Atelier a Salle Monge → Salle Laplace",
        "Intervenantes et intervenants modifiés Atelier a personne → Ada",
    ]


def test_hostile_texts_stay_texts():
    document = feed(rounds((a_session("a"),), (a_session("a", title={"fr": HOSTILE}),)))
    assert document.xpath("//h:b", namespaces=ATOM) == []
    assert document.xpath("string(//h:ins)", namespaces=ATOM) == HOSTILE.replace("\ufffe", "")


async def released(editor: httpx.AsyncClient, body: dict[str, Any], note: str = "") -> None:
    (await editor.put(PATH, json=body)).raise_for_status()
    given = {"edition": "raict-2026", "note": {"fr": note} if note else {}}
    (await editor.post("/api/programme/v1/releases", json=given)).raise_for_status()


@pytest.fixture
async def three_releases(editor: httpx.AsyncClient) -> None:
    """The sample, then without its second session and with its first one moved, then as it was."""
    await released(editor, a_body())
    body = a_body()
    body["sessions"][0]["start"] = "15:00"
    del body["sessions"][1]
    await released(editor, body, "Un atelier plus tard.")
    await released(editor, a_body())


def plain(page: httpx.Response) -> str:
    return page.raise_for_status().text.replace("\u00a0", " ")


@pytest.mark.usefixtures("three_releases")
async def test_page_lists_every_release_newest_first(visitor: httpx.AsyncClient):
    page = plain(await visitor.get("/programme/changements"))
    assert re.findall(r'href="/programme/versions/(\d)"', page) == ["3", "2", "1"]
    assert "Un atelier plus tard." in page
    assert page.count("De retour au programme") == 1
    assert "Mercredi 8 juillet" in page
    assert re.search(r"14 h 30 – 16 h 00</s>.*15 h 00 – 16 h 00", page)


@pytest.mark.usefixtures("three_releases")
async def test_programme_leads_to_its_history_and_announces_the_feed(visitor: httpx.AsyncClient):
    page = plain(await visitor.get("/programme?lang=en"))
    assert 'href="/programme/changements"' in page
    (address,) = re.findall(r'<link rel="alternate" type="application/atom\+xml" href="([^"]+)"', page)
    answer = await visitor.get(address)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert etree.fromstring(answer.content).get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


@pytest.mark.usefixtures("three_releases")
async def test_history_shows_a_new_release_at_once_and_reads_each_one_once(
    editor: httpx.AsyncClient, visitor: httpx.AsyncClient, desk: Desk
):
    await visitor.get("/programme/changements")
    body = a_body()
    body["sessions"][0]["room"] = "laplace"
    await released(editor, body)
    read: list[int] = []

    async def noted(edition: str, number: int) -> Release | None:
        read.append(number)
        return await type(desk.store).release(desk.store, edition, number)

    desk.store.release = noted
    assert "Version 4" in plain(await visitor.get("/programme/changements"))
    assert read == [4, 3]


async def test_house_without_release_has_no_history(visitor: httpx.AsyncClient):
    for path in ("/programme/changements", "/programme/changements.atom"):
        assert (await visitor.get(path)).status_code == 404
