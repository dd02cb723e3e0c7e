"""The public pages as a visitor gets them."""

import re
from typing import Any

import httpx
import icalendar
import pytest
from pymongo.errors import ServerSelectionTimeoutError

from services.programme.actions.editions import project_places
from services.programme.web.context import Desk
from shared.events.registration import PlacesChanged, SessionPlaces
from tests.programme.test_actions import told
from tests.programme.test_api import PATH, a_body, release

CLIMATE = "/programme/seances/l-aict-face-au-changement-climatique-notions-et-outils"
PUBLIC = (
    "/",
    "/programme",
    CLIMATE,
    "/programme/versions/1",
    "/programme/changements",
    "/accessibilite",
    "/equipe/connexion",
)


@pytest.fixture(autouse=True)
async def released(editor: httpx.AsyncClient, request: pytest.FixtureRequest) -> None:
    """The sample, released; unless the test wants an empty house."""
    if "empty" not in request.node.name:
        await release(editor)


async def text(client: httpx.AsyncClient, path: str, **headers: str) -> str:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, path
    return answer.text.replace("\u00a0", " ")


async def test_home_says_what_when_and_where(visitor: httpx.AsyncClient):
    page = await text(visitor, "/")
    assert "Rencontres de l’action internationale des collectivités territoriales" in page
    assert "Mercredi 8 et jeudi 9 juillet 2026" in page
    assert "Salons de l’Hôtel des Arts et Métiers" in page
    assert "17e édition" in page
    assert f'href="{CLIMATE}"' in page


async def test_programme_lists_every_session_by_day_and_slot(visitor: httpx.AsyncClient):
    page = await text(visitor, "/programme")
    assert page.count("<article") == 15
    assert page.count('class="day"') == 2
    assert 'datetime="2026-07-08T14:30:00+02:00">14 h 30<' in page
    assert "Version 1, publiée le" in page
    assert "Sur invitation" in page


@pytest.mark.parametrize(
    ("query", "count"),
    [("jour=2026-07-08", 5), ("format=atelier", 5), ("format=atelier&salle=monge", 2), ("jour=nimportequoi", 0)],
)
async def test_programme_is_narrowed_by_its_address_alone(visitor: httpx.AsyncClient, query: str, count: int):
    page = await text(visitor, f"/programme?{query}")
    assert page.count("<article") == count
    assert ("Aucune séance" in page) is (count == 0)


async def test_what_was_chosen_is_escaped(visitor: httpx.AsyncClient):
    page = await text(visitor, '/programme?jour="><script>alert(1)</script>&format="><img>')
    assert "<script>" not in page
    assert "<img>" not in page


async def test_session_page_says_what_comes_next(visitor: httpx.AsyncClient):
    page = await text(visitor, CLIMATE)
    assert "Ensuite, à 16 h 45" in page
    assert "60 sur 60" in page
    assert f'href="{CLIMATE}.ics"' in page


async def test_places_change_the_words_on_every_page(visitor: httpx.AsyncClient, desk: Desk):
    for sequence, taken, waiting, words in (
        (1, 0, 0, "Places limitées, 60 libres"),
        (2, 44, 0, "Places limitées, 16 libres"),
        (3, 45, 0, "Bientôt complet"),
        (4, 60, 0, "Complet"),
        (5, 59, 1, "Complet, 1 personne attend"),
        (6, 60, 2, "Complet, 2 personnes attendent"),
    ):
        counted = (SessionPlaces(session="2026-01", quota=60, taken=taken, waiting=waiting),)
        fact = PlacesChanged(edition="raict-2026", quota=600, taken=taken, sessions=counted)
        await project_places(desk.store, told(sequence), fact)
        await desk.shown.refresh()
        assert f">{words}<" in await text(visitor, "/programme")
        assert f">{words}<" in await text(visitor, CLIMATE)


async def test_full_session_says_how_to_wait_for_a_place(visitor: httpx.AsyncClient, desk: Desk):
    assert "attendre une place" not in await text(visitor, CLIMATE)
    counted = (SessionPlaces(session="2026-01", quota=60, taken=60, waiting=2),)
    fact = PlacesChanged(edition="raict-2026", quota=600, taken=60, sessions=counted)
    await project_places(desk.store, told(1), fact)
    await desk.shown.refresh()
    assert re.search('href="/inscription">S’inscrire et attendre une place<', await text(visitor, CLIMATE))
    assert "est proposée à la première personne de la liste" in await text(visitor, CLIMATE)


async def test_new_release_is_shown_with_what_changed(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    before = await visitor.get("/programme")
    body = a_body()
    body["sessions"][0]["room"] = "laplace"
    body["sessions"][2]["room"] = "monge"
    gone = body["sessions"].pop(1)
    await release(editor, body)
    page = await text(visitor, "/programme")
    assert "3 changements depuis la version 1" in page
    assert "Salle Monge (fictif)</s>" in page
    assert "Annulée" in page
    assert (await visitor.get("/programme")).headers["etag"] != before.headers.get("etag")
    cancelled = await text(visitor, "/programme/seances/ecsi-et-aict-reperes-essentiels-et-guide-pour-l-action")
    assert "Cette séance est annulée." in cancelled
    assert gone["title"]["fr"].replace("\u00a0", " ") in cancelled


async def test_old_release_keeps_its_address(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    body = a_body()
    body["sessions"][0]["title"]["fr"] = "Un autre titre"
    await release(editor, body)
    old = await text(visitor, "/programme/versions/1")
    assert "Un autre titre" not in old
    assert "La version 2 remplace celle-ci." in old
    assert "Un autre titre" in await text(visitor, "/programme/versions/2")
    assert (await visitor.get("/programme/versions/3")).status_code == 404


async def test_kept_page_is_not_sent_again(visitor: httpx.AsyncClient):
    await visitor.get("/programme")
    kept = await visitor.get("/programme")
    again = await visitor.get("/programme", headers={"if-none-match": kept.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_calendars_are_read_by_others(visitor: httpx.AsyncClient):
    whole = await visitor.get("/programme.ics")
    assert whole.headers["content-type"] == "text/calendar; charset=utf-8"
    assert len(icalendar.Calendar.from_ical(whole.content).walk("VEVENT")) == 15
    (one,) = icalendar.Calendar.from_ical((await visitor.get(f"{CLIMATE}.ics?lang=en")).content).walk("VEVENT")
    assert one["SUMMARY"].startswith("International action of local authorities")
    assert one["URL"] == f"http://127.0.0.1:8080{CLIMATE}"


async def test_calendar_sequence_grows_with_a_move(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    body = a_body()
    body["sessions"][0] |= {"start": "14:00", "end": "15:30"}
    await release(editor, body)
    (one,) = icalendar.Calendar.from_ical((await visitor.get(f"{CLIMATE}.ics")).content).walk("VEVENT")
    assert (one["SEQUENCE"], one["UID"]) == (1, "2026-01.raict-2026@rencontres")


async def test_schedule_is_the_released_programme(visitor: httpx.AsyncClient):
    schedule = (await visitor.get("/programme/schedule.json")).json()["schedule"]
    events = [event for day in schedule["conference"]["days"] for room in day["rooms"].values() for event in room]
    assert (schedule["version"], len(events)) == ("1", 15)


async def test_schedule_is_offered_as_xml_and_not_sent_again(visitor: httpx.AsyncClient):
    await visitor.get("/programme/schedule.xml")
    whole = await visitor.get("/programme/schedule.xml?lang=es")
    kept = await visitor.get("/programme/schedule.xml")
    assert whole.headers["content-type"].startswith("application/xml")
    assert kept.content.count(b"<event ") == whole.content.count(b"<event ") == 15
    again = await visitor.get("/programme/schedule.xml", headers={"if-none-match": kept.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


LANGUAGES = {"fr": "S’inscrire", "en": "Register", "es": "Inscribirse"}


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page_speaks_every_language(visitor: httpx.AsyncClient, lang: str):
    for path in PUBLIC:
        page = await text(visitor, path, **{"accept-language": lang})
        assert f'<html lang="{lang}">' in page, path
        assert LANGUAGES[lang] in page, path


async def test_pages_have_no_script_nor_style_of_their_own(visitor: httpx.AsyncClient):
    for path in PUBLIC:
        page = await text(visitor, path)
        assert not re.search(
            r"<script(?! type=\"module\" src=\"/static/[^>]+></script>)|<style| style=| on[a-z]+=", page
        ), path


async def test_open_pages_may_ask_whether_they_are_still_the_newest(
    editor: httpx.AsyncClient, visitor: httpx.AsyncClient
):
    for number in (1, 2):
        newest = await visitor.get("/programme/version.json")
        assert newest.json() == {"edition": "raict-2026", "release": number}
        for path in ("/", "/programme", "/programme/changements", CLIMATE):
            assert f'data-release="raict-2026:{number}"' in await text(visitor, path)
        body = a_body()
        body["sessions"][0]["room"] = "laplace"
        await release(editor, body)
    assert "data-release" not in await text(visitor, "/programme/versions/1")


async def test_links_lead_somewhere(visitor: httpx.AsyncClient):
    """Every link of the public pages to this service answers; those to registration are its own."""
    seen: dict[str, int] = {}
    waiting: list[str] = list(PUBLIC)
    while waiting:
        path = waiting.pop()
        answer = await visitor.get(path)
        seen[path] = answer.status_code
        links = re.findall(r'href="(/[^"#]*)"', answer.text.replace("&amp;", "&"))
        elsewhere = ("/inscription", "/confidentialite", "/static")
        waiting += [link for link in set(links) - seen.keys() if not link.startswith(elsewhere)]
    assert {path: status for path, status in seen.items() if status != 200} == {}
    assert len(seen) > 30


@pytest.mark.parametrize(
    "path", ["/programme/seances/nulle-part", "/programme/seances/nulle-part.ics", "/programme/versions/x"]
)
async def test_unknown_address_is_a_page_that_says_so(visitor: httpx.AsyncClient, path: str):
    answer = await visitor.get(path)
    assert answer.status_code == 404
    assert '<html lang="fr">' in answer.text


async def test_pages_answer_whether_they_are_there(visitor: httpx.AsyncClient):
    answer = await visitor.head("/programme")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_empty_house_has_a_home_and_no_programme(visitor: httpx.AsyncClient):
    assert "Les prochaines Rencontres seront annoncées ici." in await text(visitor, "/")
    for path in (
        "/programme",
        "/programme.ics",
        "/programme/schedule.json",
        "/programme/schedule.xml",
        "/programme.csv",
    ):
        assert (await visitor.get(path)).status_code == 404


async def test_edition_without_release_in_an_empty_house_says_so(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    (await editor.put(PATH, json=a_body())).raise_for_status()
    for path in ("/", "/programme"):
        assert "Le programme n’est pas encore publié." in await text(visitor, path)
    assert (await visitor.get("/programme.ics")).status_code == 404


async def test_public_pages_outlive_the_database(visitor: httpx.AsyncClient, desk: Desk, monkeypatch: Any):
    await visitor.get("/programme")

    async def away(_today: Any) -> None:
        raise ServerSelectionTimeoutError("gone")

    monkeypatch.setattr(desk.store, "mark", away)
    await desk.shown.refresh()
    desk.shelf.clear()
    assert (await text(visitor, "/programme")).count("<article") == 15
