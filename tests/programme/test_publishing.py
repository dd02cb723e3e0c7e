"""Publishing: what changes and whom it concerns is read first; what was read is what is released, once."""

import asyncio
import json
import re
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from icalendar import Calendar

from services.programme.web.context import Desk
from tests.programme.forms import fields, words
from tests.programme.test_actions import facts_of
from tests.programme.test_api import PATH, a_body, release
from tests.programme.test_editor import FORM, LIST, change

PUBLISH = f"{LIST}/publier"
AFFECTED = "/equipe/fragments/notifications/affected"
CANARY = "Canari-7391"


@pytest.fixture
async def changed(editor: httpx.AsyncClient, claire: httpx.AsyncClient) -> None:
    """Version 1 is out; in the draft one session moves, one is removed, one has another title."""
    await release(editor)
    await change(claire, FORM, start="15h", end="16h30", room="laplace")
    await change(claire, f"{LIST}/seances/2026-03", title_en="Another title")
    ask = f"{LIST}/seances/2026-02/retirer"
    await claire.post(ask, data=fields(await claire.get(ask), ask))


@pytest.mark.usefixtures("changed")
async def test_every_change_is_shown_with_before_and_after(claire: httpx.AsyncClient):
    page = await claire.get(PUBLISH)
    said = words(page)
    assert "Publier la version 2" in said
    assert "3 changements" in said
    for before in ("14 h 30 – 16 h 00", "Monge"):
        assert re.search(rf'<s class="before">.*{before}', page.text.replace("\u00a0", " ")), before
    for after in ("15 h 00 – 16 h 30", "Laplace", "Another title"):
        assert re.search(rf'class="after">.*{after}', page.text.replace("\u00a0", " ")), after
    assert "Retirée, sera annulée" in said


@pytest.mark.usefixtures("changed")
async def test_who_is_told_is_asked_with_the_sessions_as_they_will_be(claire: httpx.AsyncClient):
    page = await claire.get(PUBLISH)
    assert f'hx-post="{AFFECTED}"' in page.text
    asked = fields(page, AFFECTED)
    assert (asked["edition"], asked["release"]) == ("raict-2026", "2")
    sessions = {session["id"]: session for session in json.loads(asked["sessions"])}
    assert {id: session["status"] for id, session in sessions.items()} == {
        "2026-01": "scheduled",
        "2026-02": "cancelled",
        "2026-03": "scheduled",
    }
    moved = sessions["2026-01"]
    assert (moved["start"], moved["end"]) == ("2026-07-08T15:00:00+02:00", "2026-07-08T16:30:00+02:00")
    assert moved["room"] == "Salle Laplace (fictif)"
    assert set(moved["title"]) == {"fr", "en", "es"}


async def test_a_room_with_another_name_concerns_the_people_of_its_sessions(
    claire: httpx.AsyncClient, editor: httpx.AsyncClient
):
    await release(editor)
    rooms = f"{LIST}/salles/monge"
    typed = fields(await claire.get(f"{LIST}/salles"), rooms)
    assert (await claire.post(rooms, data={**typed, "name": "Salle Lavoisier", "action": "save"})).status_code == 303
    asked = json.loads(fields(await claire.get(PUBLISH), AFFECTED)["sessions"])
    assert {session["room"] for session in asked} == {"Salle Lavoisier"}
    assert "2026-01" in {session["id"] for session in asked}


@pytest.mark.usefixtures("changed")
async def test_second_click_releases_once(claire: httpx.AsyncClient, desk: Desk, visitor: httpx.AsyncClient):
    form = fields(await claire.get(PUBLISH), PUBLISH)
    form |= {"confirm": "yes", "note_fr": "Deux ateliers bougent."}
    answers = await asyncio.gather(*(claire.post(PUBLISH, data=form) for _ in range(5)))
    assert sorted(answer.headers["location"] for answer in answers) == [f"{LIST}?fait=deja"] * 4 + [
        f"{LIST}?fait=publiee"
    ]
    assert await desk.store.database["releases"].count_documents({}) == 2
    assert [name for name, _ in await facts_of(desk.store)].count("released") == 2
    second = (await visitor.get("/api/programme/v1/releases/2")).json()
    assert second["note"] == {"fr": "Deux ateliers bougent."}
    page = words(await claire.get(LIST))
    assert "Aucun changement à publier" in page
    assert "Version 2" in page
    assert "Rien à publier" in words(await claire.get(PUBLISH))
    assert (await visitor.get("/programme/versions/1")).status_code == 200


@pytest.mark.usefixtures("changed")
async def test_draft_changed_since_it_was_read_is_shown_again(
    claire: httpx.AsyncClient, ines: httpx.AsyncClient, desk: Desk
):
    form = fields(await claire.get(PUBLISH), PUBLISH) | {"confirm": "yes", "note_fr": "Un mot gardé."}
    await change(ines, f"{LIST}/seances/2026-04", title_fr="Changé entre-temps")
    answer = await claire.post(PUBLISH, data=form)
    assert answer.status_code == 409
    assert "Le brouillon a changé depuis que vous l’avez lu." in words(answer)
    assert "Changé entre-temps" in words(answer)
    assert "Un mot gardé." in answer.text
    assert await desk.store.database["releases"].count_documents({}) == 1
    again = fields(answer, PUBLISH) | {"confirm": "yes"}
    assert (await claire.post(PUBLISH, data=again)).headers["location"] == f"{LIST}?fait=publiee"


@pytest.mark.parametrize("mark", ["", "x", "²", "999999"])
@pytest.mark.usefixtures("changed")
async def test_nonsense_for_a_mark_releases_nothing(claire: httpx.AsyncClient, desk: Desk, mark: str):
    assert (await claire.post(PUBLISH, data={"mark": mark, "confirm": "yes"})).status_code == 409
    assert await desk.store.database["releases"].count_documents({}) == 1


async def test_conflicts_are_released_only_when_one_says_so(
    claire: httpx.AsyncClient, editor: httpx.AsyncClient, desk: Desk
):
    body = a_body()
    first, second = body["sessions"][:2]
    second |= {name: first[name] for name in ("date", "start", "end", "room")}
    (await editor.put(PATH, json=body)).raise_for_status()
    form = fields(await claire.get(PUBLISH), PUBLISH)
    refused = await claire.post(PUBLISH, data=form)
    assert refused.status_code == 422
    assert "Cochez la case" in words(refused)
    assert await desk.store.database["releases"].count_documents({}) == 0
    assert (await claire.post(PUBLISH, data=form | {"confirm": "yes"})).status_code == 303


@pytest.mark.usefixtures("changed")
async def test_note_that_cannot_be_kept_is_named(claire: httpx.AsyncClient):
    form = fields(await claire.get(PUBLISH), PUBLISH) | {"confirm": "yes", "note_en": "a\x07b"}
    answer = await claire.post(PUBLISH, data=form)
    assert answer.status_code == 422
    assert 'id="note_en-error"' in answer.text


@pytest.mark.usefixtures("changed")
async def test_calendars_follow_a_session_by_its_uid(claire: httpx.AsyncClient, visitor: httpx.AsyncClient):
    async def entries() -> dict[str, tuple[int, str]]:
        calendar = Calendar.from_ical((await visitor.get("/programme.ics")).content)
        return {
            str(one["UID"]): (int(one.get("SEQUENCE", 0)), str(one.get("STATUS"))) for one in calendar.walk("VEVENT")
        }

    async def publish() -> None:
        form = fields(await claire.get(PUBLISH), PUBLISH) | {"confirm": "yes"}
        assert (await claire.post(PUBLISH, data=form)).status_code == 303

    first = await entries()
    await publish()
    second = await entries()
    uid = "2026-0{}.raict-2026@rencontres".format
    assert second[uid(1)] == (1, "CONFIRMED")
    assert second[uid(2)] == (1, "CANCELLED")
    assert {key: value for key, value in first.items() if key not in {uid(1), uid(2), uid(3)}} == {
        key: value for key, value in second.items() if key not in {uid(1), uid(2), uid(3)}
    }
    await change(claire, f"{LIST}/seances/2026-02")  # saving the form of a removed session puts it back
    await publish()
    assert (await entries())[uid(2)] == (2, "CONFIRMED")


async def test_nothing_of_the_draft_is_anywhere_public(
    claire: httpx.AsyncClient, editor: httpx.AsyncClient, visitor: httpx.AsyncClient, app: FastAPI
):
    """Every address that answers without signing in, and every documented GET of the API, in three languages."""
    await release(editor)
    canaries = {f"{name}_{lang}": CANARY for name in ("title", "description") for lang in ("fr", "en", "es")}
    await change(claire, FORM, **canaries, name_0=CANARY, function_0=CANARY)
    await claire.post(f"{LIST}/salles/nouvelle", data={"name": CANARY})
    await claire.post(f"{LIST}/formats/nouvelle", data={"label_fr": CANARY, "tone": "cafe"})
    assert CANARY in (await claire.get(LIST)).text
    session = (await visitor.get("/api/programme/v1/sessions/2026-01")).json()
    known: dict[str, Any] = {"edition": "raict-2026", "number": 1, "slug": session["slug"], "session": "2026-01"}
    known["id"] = "2026-01"
    answered = set()
    for path in sorted(addresses(app.routes)):
        for query in ("", "?lang=en", "?lang=es", "?edition=raict-2026&lang=fr"):
            answer = await visitor.get(path.format(**known) + query)
            assert CANARY not in answer.text, path
            assert CANARY not in str(answer.headers), path
            if answer.status_code == 200:
                answered.add(path)
    assert {
        "/", "/programme", "/programme.ics", "/programme/schedule.json", "/programme/seances/{slug}",
        "/programme/seances/{slug}.ics", "/programme/versions/{number}", "/api/programme/v1/sessions",
        "/api/programme/v1/sessions/{session}", "/api/programme/v1/releases/{number}", "/api/programme/v1/rooms",
    } <= answered  # fmt: skip


def addresses(routes: Iterable[Any]) -> set[str]:
    """Every path that can be asked for, those of included routers too."""
    found: set[str] = set()
    for route in routes:
        if hasattr(route, "original_router"):
            found |= addresses(route.original_router.routes)
        elif "GET" in getattr(route, "methods", ()):
            found.add(route.path)
    return found


READ = (
    "/programme",
    "/programme?jour=2026-07-08",
    "/programme/schedule.json",
    "/programme.ics",
    "/api/programme/v1/sessions",
    "/api/programme/v1/sessions?edition=raict-2026",
)


async def test_reader_sees_one_version_or_the_next_and_never_a_mix(
    editor: httpx.AsyncClient, visitor: httpx.AsyncClient
):
    """Sessions are called after their version: no answer holds two of them, nor comes back to an older one."""
    done = asyncio.Event()

    async def write() -> None:
        for number in range(2, 12):
            await release(editor, named(number))
        done.set()

    async def read() -> list[int]:
        seen: list[int] = []
        while not done.is_set():
            for path in READ:
                said = re.sub(r'<s class="before">.*?</s>', "", (await visitor.get(path)).text)
                numbers = {int(found) for found in re.findall(r"Version-(\d+)", said)}
                assert len(numbers) == 1, (path, numbers)
                seen += numbers
                await asyncio.sleep(0)  # an answer from the shelf never lets others go on
        return seen

    await release(editor, named(1))
    _, *readers = await asyncio.gather(write(), read(), read(), read())
    for seen in readers:
        assert seen == sorted(seen)
        assert len(set(seen)) > 3


def named(number: int) -> dict[str, Any]:
    """The sample, every session called after its version."""
    body = a_body()
    for session in body["sessions"]:
        session["title"] = dict.fromkeys(("fr", "en", "es"), f"Version-{number}")
    return body
