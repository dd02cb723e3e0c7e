"""The JSON API: who may write, what is public, and that the sample goes in and comes out."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.programme.actions.tokens import create_token
from services.programme.credentials import token_word
from services.programme.web.context import Desk

SAMPLE = json.loads((Path(__file__).parents[2] / "deploy/sample/raict-2026.json").read_text())
PATH = "/api/programme/v1/editions/raict-2026"
RELEASES = "/api/programme/v1/releases"


def a_body(**changes: Any) -> dict[str, Any]:
    """The sample's programme, changed a little."""
    return {**json.loads(json.dumps(SAMPLE["programme"])), **changes}


async def release(editor: httpx.AsyncClient, body: dict[str, Any] | None = None) -> httpx.Response:
    (await editor.put(PATH, json=body or a_body())).raise_for_status()
    return await editor.post(RELEASES, json={"edition": "raict-2026"})


async def test_sample_is_saved_and_read_back_as_it_was_sent(editor: httpx.AsyncClient):
    answer = await editor.put(PATH, json=SAMPLE["programme"])
    assert (answer.status_code, answer.json()["release"]) == (200, 0)
    draft = (await editor.get(f"{PATH}/draft")).json()
    again = await editor.put(PATH, json=draft)
    assert again.status_code == 200
    assert [session["id"] for session in draft["sessions"]] == [s["id"] for s in SAMPLE["programme"]["sessions"]]
    assert draft["sessions"][0]["start"] == "14:30:00"


async def test_release_is_numbered_and_public(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    answer = await release(editor)
    assert (answer.status_code, answer.json()["number"]) == (201, 1)
    public = (await visitor.get(f"{RELEASES}/1")).json()
    assert len(public["sessions"]) == 15
    first = public["sessions"][0]
    assert (first["id"], first["start"], first["capacity"]) == ("2026-01", "2026-07-08T12:30:00Z", 60)
    assert (await visitor.get(PATH)).json()["release"] == 1


async def test_release_without_changes_answers_the_same_again(editor: httpx.AsyncClient):
    first = await release(editor)
    again = await editor.post(RELEASES, json={"edition": "raict-2026"})
    assert (again.status_code, again.json()) == (200, first.json())


async def test_nothing_of_the_draft_leaks(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    await release(editor)
    secret = a_body()
    secret["sessions"][0]["title"]["fr"] = "Encore secret"
    (await editor.put(PATH, json=secret)).raise_for_status()
    slug = "l-aict-face-au-changement-climatique-notions-et-outils"
    for path in (
        "/",
        "/programme",
        f"/programme/seances/{slug}",
        "/programme.ics",
        "/programme/schedule.json",
        "/programme/versions/1",
        f"{RELEASES}/1",
        PATH,
        "/api/programme/v1/sessions",
        "/api/programme/v1/sessions/2026-01",
    ):
        answer = await visitor.get(path)
        assert answer.status_code == 200, path
        assert "secret" not in answer.text, path
    assert (await visitor.get(f"{PATH}/draft")).status_code == 401


async def test_sessions_are_paged(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    await release(editor)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await visitor.get("/api/programme/v1/sessions", params={"limit": 4, **cursor})).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == len(set(seen)) == 15


async def test_rooms_and_one_session_are_public(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    await release(editor)
    rooms = (await visitor.get("/api/programme/v1/rooms")).json()
    assert [room["capacity"] for room in rooms["items"]] == [500, 60, 48]
    session = (await visitor.get("/api/programme/v1/sessions/2026-14", params={"edition": "raict-2026"})).json()
    assert session["access"] == "invitation"


@pytest.mark.parametrize(
    "path",
    [PATH, f"{RELEASES}/1", "/api/programme/v1/sessions", "/api/programme/v1/sessions/x", "/api/programme/v1/rooms"],
)
async def test_what_is_not_there_is_a_problem(visitor: httpx.AsyncClient, path: str):
    answer = await visitor.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_writing_needs_a_right(visitor: httpx.AsyncClient, staff: httpx.AsyncClient, desk: Desk):
    token = await create_token(desk.store, name="t", scopes=("registrations",), life=timedelta(hours=1))
    other = {"authorization": f"Bearer {token_word(desk.signer, token)}"}
    for client, headers, status in ((visitor, {}, 401), (visitor, other, 403), (staff, {}, 403)):
        put = await client.put(PATH, json=a_body(), headers=headers)
        post = await client.post(RELEASES, json={"edition": "raict-2026"}, headers=headers)
        draft = await client.get(f"{PATH}/draft", headers=headers)
        assert [put.status_code, post.status_code, draft.status_code] == [status] * 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"surprise": 1}, "surprise"),
        ({"timezone": "Europe/Cergy"}, "timezone"),
        ({"dates": []}, "dates"),
        ({"dates": ["0026-07-08", "0026-07-09"], "sessions": []}, "dates.0"),
        ({"dates": ["2026-07-08", "9999-12-31"]}, "dates.1"),
        ({"contact_email": "nowhere"}, "contact_email"),
        ({"short": "a\u0000b"}, "short"),
    ],
)
async def test_ill_formed_edition_is_refused_by_field(editor: httpx.AsyncClient, change: dict[str, Any], field: str):
    answer = await editor.put(PATH, json=a_body(**change))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_contradiction_is_refused_in_the_caller_s_language(editor: httpx.AsyncClient):
    body = a_body(rooms=[])
    answer = await editor.put(PATH, json=body, headers={"accept-language": "es"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-room")
    assert answer.json()["detail"].startswith("Sesión 2026-")


ACCOUNTS = ("/api/programme/v1/accounts", "/api/programme/v1/tokens")


async def test_api_describes_itself_without_scripts_from_elsewhere(visitor: httpx.AsyncClient):
    schema = (await visitor.get("/api/programme/openapi.json")).json()
    described = {path for path in schema["paths"] if not path.startswith(ACCOUNTS)}
    assert {*schema["paths"]} > described  # those of accounts and tokens: test_accounts.py
    assert described == {
        PATH.replace("raict-2026", "{edition}"),
        PATH.replace("raict-2026", "{edition}") + "/draft",
        PATH.replace("raict-2026", "{edition}") + "/draft/sessions/{session}",
        RELEASES,
        f"{RELEASES}/{{number}}",
        "/api/programme/v1/sessions",
        "/api/programme/v1/sessions/{session}",
        "/api/programme/v1/rooms",
        "/api/programme/v1/speakers",
        PATH.replace("raict-2026", "{edition}") + "/findings",
    }
    docs = await visitor.get("/api/programme/docs")
    assert docs.status_code == 200
    assert "<script" not in docs.text


def texts(node: Any) -> list[dict[str, str]]:
    """Every text in several languages of a document."""
    if isinstance(node, dict):
        if "fr" in node:
            return [node]
        return [text for value in node.values() for text in texts(value)]
    return [text for value in node for text in texts(value)] if isinstance(node, list) else []


def test_sample_speaks_three_languages():
    found = texts(SAMPLE)
    assert len(found) > 50
    assert [text for text in found if set(text) != {"fr", "en", "es"} or not all(text.values())] == []


def test_sample_marks_its_rooms_as_fictitious_and_has_every_category():
    assert all("fictif" in room["name"] for room in SAMPLE["programme"]["rooms"])
    assert [category["id"] for category in SAMPLE["registration"]["categories"]] == [
        "elu", "agent", "etat", "delegation", "association", "entreprise",
        "exposant", "intervenant", "presse", "equipe", "partenaire",
    ]  # fmt: skip
