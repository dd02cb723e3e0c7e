"""Texts of the programme, whichever way they come in: refused with the reason, or said the same everywhere."""

import csv
import json
from collections.abc import AsyncIterator
from io import StringIO
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import icalendar
import pytest
from fastapi import FastAPI
from lxml import html

from services.programme.actions import editions
from services.programme.actions.accounts import create_staff
from services.programme.domain.editions import Speaker
from services.programme.web.context import Desk
from tests.programme.conftest import HASH, signed_in
from tests.programme.factories import a_draft, a_session, an_edition
from tests.programme.forms import fields, words
from tests.programme.test_api import PATH, RELEASES, a_body, release

SESSION = f"{PATH}/draft/sessions/2026-01"
FORM = "/equipe/programme/seances/2026-01"
ROOMS = "/equipe/programme/salles"

HIDDEN = {"a\u202eb": "U+202E", "a\ufffeb": "U+FFFE", "a\U000e0041b": "U+E0041", "a\x07b": "U+0007"}

LINES = [
    ("title.fr", 300),
    ("theme.en", 300),
    ("short", 60),
    ("venue.name", 200),
    ("venue.address", 300),
    ("organiser", 200),
    ("organiser_address", 300),
    ("contact_phone", 40),
    ("figures.0.value", 40),
    ("figures.0.label.fr", 300),
    ("highlights.0.title.fr", 300),
    ("practical.0.title.es", 300),
    ("partners.0.fr", 300),
    ("rooms.0.name", 200),
    ("kinds.0.label.fr", 100),
    ("sessions.0.title.fr", 300),
    ("sessions.0.speakers.0.name", 200),
    ("sessions.0.speakers.0.function", 300),
]
PARAGRAPHS = ["highlights.0.text.fr", "practical.0.text.en", "sessions.0.description.es"]

LEGITIMATE = "L’été\u00a0: محمد می\u200cخواهم שָׁלוֹם \U0001f469\u200d\U0001f467 Ẹ̀bùn Nguyễn"


def changed(field: str, text: str) -> dict[str, Any]:
    """The sample with this text in this place."""
    body = a_body()
    body["sessions"][0] |= {"speakers": [{"name": "Ada", "function": "Maire"}], "description": {"fr": "Un"}}
    place: Any = body
    *way, last = field.split(".")
    for step in way:
        place = place[int(step) if step.isdecimal() else step]
    place[last] = text
    return body


async def refused(editor: httpx.AsyncClient, field: str, text: str) -> tuple[str, str]:
    answer = await editor.put(PATH, json=changed(field, text), headers={"accept-language": "fr"})
    assert answer.status_code == 422, (field, text)
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    return error["code"], error["detail"]


@pytest.mark.parametrize("text", HIDDEN)
@pytest.mark.parametrize("field", [*(line for line, _ in LINES), *PARAGRAPHS])
async def test_hidden_sign_is_refused_by_name_in_every_text(editor: httpx.AsyncClient, field: str, text: str):
    said = f"Ce texte contient un signe invisible ({HIDDEN[text]}). Retapez-le au clavier."
    assert await refused(editor, field, text) == ("unshowable", said)


@pytest.mark.parametrize(("field", "most"), LINES)
async def test_line_is_one_line_and_not_too_long(editor: httpx.AsyncClient, field: str, most: int):
    assert (await refused(editor, field, "a\nb"))[0] == "line-break"
    assert await refused(editor, field, "x" * (most + 1)) == (
        "too-long",
        f"{most} signes au plus, il y en a {most + 1}.",
    )
    assert (await editor.put(PATH, json=changed(field, "é" * most))).status_code == 200


@pytest.mark.parametrize("field", PARAGRAPHS)
async def test_paragraph_keeps_its_lines_and_ends_somewhere(editor: httpx.AsyncClient, field: str):
    assert (await refused(editor, field, "x" * 5001))[0] == "too-long"
    assert (await editor.put(PATH, json=changed(field, "Un\r\n\r\ndeux\n\ttrois"))).status_code == 200


async def test_session_and_note_of_a_release_are_held_to_the_same(editor: httpx.AsyncClient):
    (await editor.put(PATH, json=a_body())).raise_for_status()
    session = (await editor.get(SESSION)).json()
    for title, code in (("a\u202eb", "unshowable"), ("x" * 5000, "too-long"), ("a\nb", "line-break")):
        body = {**session, "title": {"fr": title}}
        answer = await editor.put(SESSION, json=body, headers={"If-Match": '"1"'})
        assert [error["code"] for error in answer.json()["errors"]] == [code]
    note = {"edition": "raict-2026", "note": {"fr": "a\u202eb"}}
    assert (await editor.post(RELEASES, json=note)).json()["errors"][0]["code"] == "unshowable"


async def test_title_of_nothing_to_see_is_missing(editor: httpx.AsyncClient):
    answer = await editor.put(PATH, json=changed("sessions.0.title.fr", "\u3164\u200d"))
    assert (answer.status_code, answer.json()["code"]) == (422, "missing-french")


async def test_form_names_every_field_at_once_and_keeps_what_was_typed(
    claire: httpx.AsyncClient, editor: httpx.AsyncClient
):
    (await editor.put(PATH, json=a_body())).raise_for_status()
    typed = {
        **fields(await claire.get(FORM), FORM),
        "title_fr": "Sur\u202eprise",
        "title_en": "x" * 301,
        "description_fr": "Un\nde\ufffeux",
        "start": "midi",
        "name_0": "Ada",
        "function_0": "Mai\U000e0041re",
    }
    answer = await claire.post(FORM, data=typed)
    page = words(answer)
    assert answer.status_code == 422
    for said in ("U+202E", "300 signes au plus, il y en a 301.", "U+FFFE", "U+E0041", "Début : écrivez une heure"):
        assert said in page
    listed = [link.text_content() for link in html.fromstring(answer.text).xpath("//a[starts-with(@href, '#')]")]
    assert [words.partition("\u00a0:")[0] for words in listed if ":" in words] == [
        "Titre en français",
        "Titre en anglais",
        "Description en français",
        "Début",
        "Fonction, ligne 1",
    ]
    again = fields(answer, FORM)
    assert {name: again[name] for name in typed if name != "base"} == {
        name: text for name, text in typed.items() if name != "base"
    }


async def test_form_folds_the_lines_of_a_title(claire: httpx.AsyncClient, editor: httpx.AsyncClient):
    (await editor.put(PATH, json=a_body())).raise_for_status()
    typed = {**fields(await claire.get(FORM), FORM), "title_fr": "Un titre\r\nen deux lignes"}
    assert (await claire.post(FORM, data=typed)).status_code == 303
    assert (await editor.get(SESSION)).json()["title"]["fr"] == "Un titre en deux lignes"


@pytest.mark.parametrize(
    ("path", "typed", "at"),
    [
        (f"{ROOMS}/nouvelle", {"name": "Salle\u202e 2", "capacity": "10"}, "salle-nouvelle"),
        (f"{ROOMS}/nouvelle", {"name": "S" * 201, "capacity": ""}, "salle-nouvelle"),
        (f"{ROOMS}/nouvelle", {"name": "\u3164", "capacity": ""}, "salle-nouvelle"),
        (f"{ROOMS}/nouvelle", {"name": "Salle", "capacity": "beaucoup"}, "salle-nouvelle-places"),
        (
            "/equipe/programme/formats/nouvelle",
            {"label_fr": "Atelier", "label_en": "Work\u202eshop", "label_es": "", "tone": "workshop"},
            "format-nouvelle-en",
        ),
    ],
)
async def test_room_and_format_show_what_is_wrong_where_it_is(
    claire: httpx.AsyncClient, editor: httpx.AsyncClient, path: str, typed: dict[str, str], at: str
):
    (await editor.put(PATH, json=a_body())).raise_for_status()
    answer = await claire.post(path, data=typed)
    assert answer.status_code == 422
    assert f'id="{at}-error"' in answer.text
    assert answer.text.count('-error"><svg') == 1
    assert fields(answer, path) == typed


@pytest.fixture
async def admin(app: FastAPI, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, desk, "admin@example.org", "Ada", "admin") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "typed", "said"),
    [
        ("/equipe/comptes/nouveau", {"email": "lise@example.org", "name": "Li\u202ese"}, "U+202E"),
        ("/equipe/comptes/nouveau", {"email": "lise@example.org", "name": "L" * 201}, "200 signes au plus"),
        ("/equipe/comptes/nouveau", {"email": "li\ufeffse@example.org", "name": "Lise"}, "U+FEFF"),
        ("/equipe/comptes/nouveau", {"email": "l" * 250 + "@example.org", "name": "Lise"}, "254 signes au plus"),
        ("/equipe/comptes/jetons/nouveau", {"id": "", "name": "Im\u202eport", "days": "30"}, "U+202E"),
        ("/equipe/comptes/jetons/nouveau", {"id": "", "name": "I" * 201, "days": "30"}, "200 signes au plus"),
    ],
)
async def test_account_and_token_say_what_is_wrong_with_their_name(
    admin: httpx.AsyncClient, path: str, typed: dict[str, str], said: str
):
    rights = {"roles": "desk"} if path.endswith("comptes/nouveau") else {"scopes": "desk"}
    answer = await admin.post(path, data={**typed, **rights})
    assert answer.status_code == 422
    assert said in words(answer)
    kept = fields(answer, path)
    assert [kept[name] for name in typed if name != "id"] == [typed[name] for name in typed if name != "id"]


async def test_api_of_accounts_names_the_field(admin: httpx.AsyncClient):
    for path, body, field in (
        ("accounts", {"email": "lise@example.org", "name": "Li\u202ese", "roles": ["desk"]}, "name"),
        ("tokens", {"name": "I" * 201, "scopes": ["desk"]}, "name"),
    ):
        answer = await admin.post(f"/api/programme/v1/{path}", json=body)
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_roles_change_under_a_name_of_older_rules(admin: httpx.AsyncClient, desk: Desk):
    made = await create_staff(desk.store, email="lise@example.org", name="Lise", roles=("desk",), password_hash=HASH)
    await desk.store.database["accounts"].update_one({"_id": made.id}, {"$set": {"name": "Li\u202ese"}})
    answer = await admin.patch(f"/api/programme/v1/accounts/{made.id}", json={"roles": ["press"]})
    assert (answer.status_code, answer.json()["name"], answer.json()["roles"]) == (200, "Li\u202ese", ["press"])


async def test_texts_of_older_rules_are_read_shown_and_released(
    desk: Desk, editor: httpx.AsyncClient, claire: httpx.AsyncClient, visitor: httpx.AsyncClient
):
    old = "Sur\u202eprise\U000e0041" + "x" * 6000
    speakers = (Speaker(old, old),)
    draft = a_draft(a_session("s-1", title={"fr": old}, description={"fr": old}, speakers=speakers))
    edition = an_edition(theme={"fr": old})
    await editions.save(desk.store, edition, draft, "staff:a", by="Ada")
    path = f"/api/programme/v1/editions/{edition.id}"

    whole, one = (await editor.get(f"{path}/draft")).json(), (await editor.get(f"{path}/draft/sessions/s-1")).json()
    assert whole["sessions"][0]["title"] == one["title"] == {"fr": old}
    released = await editor.post(RELEASES, json={"edition": edition.id})
    assert released.status_code == 201
    assert (await visitor.get(path)).json()["theme"] == {"fr": old}
    for client, page in (
        (claire, "/equipe/programme"),
        (claire, "/equipe/programme/seances/s-1"),
        (visitor, "/programme"),
        (visitor, "/programme/schedule.json"),
        (visitor, "/programme/schedule.xml"),
        (visitor, "/programme.ics"),
    ):
        assert (await client.get(page)).status_code == 200, page


async def test_every_output_says_the_text_that_was_typed(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    body = changed("sessions.0.title.fr", LEGITIMATE)
    body["sessions"][0]["description"] = {"fr": f"{LEGITIMATE}\r\n\r\n{LEGITIMATE}"}
    body["rooms"][0]["name"] = LEGITIMATE
    body["sessions"][0] |= {"speakers": [{"name": LEGITIMATE}], "room": body["rooms"][0]["id"]}
    await release(editor, body)
    paragraphs = f"{LEGITIMATE}\n\n{LEGITIMATE}"

    api = next(
        s for s in (await visitor.get(f"{RELEASES}/1")).json()["sessions"] if s["id"] == body["sessions"][0]["id"]
    )
    assert (api["title"]["fr"], api["description"]["fr"]) == (LEGITIMATE, paragraphs)

    events = json.loads((await visitor.get("/programme/schedule.json")).text)["schedule"]["conference"]["days"]
    (event,) = [e for day in events for room in day["rooms"].values() for e in room if e["title"] == LEGITIMATE]
    assert (event["abstract"], event["room"], event["persons"][0]["name"]) == (paragraphs, LEGITIMATE, LEGITIMATE)

    root = ET.fromstring((await visitor.get("/programme/schedule.xml")).content)  # noqa: S314 - ours
    (found,) = [one for one in root.iter("event") if one.findtext("title") == LEGITIMATE]
    assert (found.findtext("abstract"), found.findtext("persons/person")) == (paragraphs, LEGITIMATE)

    entries = icalendar.Calendar.from_ical((await visitor.get("/programme.ics")).content).walk("VEVENT")
    (entry,) = [one for one in entries if str(one["SUMMARY"]) == LEGITIMATE]
    assert str(entry["DESCRIPTION"]) == paragraphs

    table = (await visitor.get("/programme.csv")).content.decode("utf-8-sig")
    assert [row for row in csv.reader(StringIO(table), delimiter=";") if row[3] == LEGITIMATE]
