"""Sessions of the draft over the API: versions are ETags, and nobody overwrites a colleague."""

import asyncio
from typing import Any

import httpx
import pytest

from services.programme.web.context import Desk
from tests.programme.test_api import PATH, a_body, release

SESSION = f"{PATH}/draft/sessions/2026-01"


@pytest.fixture
async def saved(editor: httpx.AsyncClient) -> dict[str, Any]:
    """The sample's first session, as the draft has it."""
    (await editor.put(PATH, json=a_body())).raise_for_status()
    answer = await editor.get(SESSION)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    body: dict[str, Any] = answer.json()
    return body


async def test_session_is_read_changed_and_read_again(editor: httpx.AsyncClient, saved: dict[str, Any]):
    changed = {**saved, "start": "15:00:00", "end": "16:30:00", "capacity": 20}
    answer = await editor.put(SESSION, json=changed, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"], answer.json()) == (200, '"2"', changed)
    assert (await editor.get(SESSION)).json() == changed


async def test_old_version_is_answered_with_the_new_one(editor: httpx.AsyncClient, saved: dict[str, Any]):
    first = {**saved, "capacity": 20}
    (await editor.put(SESSION, json=first, headers={"If-Match": '"1"'})).raise_for_status()
    answer = await editor.put(SESSION, json={**saved, "capacity": 30}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["content-type"]) == (412, "application/problem+json")
    problem = answer.json()
    assert (problem["code"], problem["current"], problem["version"]) == ("changed-meanwhile", first, 2)
    assert answer.headers["etag"] == '"2"'
    assert problem["saved_by"] == "t"
    assert (await editor.get(SESSION)).json() == first


async def test_of_many_saves_at_once_exactly_one_is_kept(editor: httpx.AsyncClient, saved: dict[str, Any]):
    bodies = [{**saved, "capacity": number} for number in range(10, 20)]
    answers = await asyncio.gather(*(editor.put(SESSION, json=body, headers={"If-Match": '"1"'}) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9
    (kept,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await editor.get(SESSION)).json() == kept


async def test_two_editors_of_different_sessions_do_not_meet(editor: httpx.AsyncClient, saved: dict[str, Any]):
    other = f"{PATH}/draft/sessions/2026-02"
    second = (await editor.get(other)).json()
    one = await editor.put(SESSION, json={**saved, "capacity": 20}, headers={"If-Match": '"1"'})
    two = await editor.put(other, json={**second, "capacity": 20}, headers={"If-Match": '"1"'})
    assert (one.status_code, two.status_code) == (200, 200)


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": '"1"'}])
async def test_change_must_name_its_version(editor: httpx.AsyncClient, saved: dict[str, Any], headers: dict[str, str]):
    put = await editor.put(SESSION, json=saved, headers=headers)
    delete = await editor.delete(SESSION, headers=headers)
    assert [(a.status_code, a.json()["code"]) for a in (put, delete)] == [(428, "version-missing")] * 2


@pytest.mark.parametrize("tag", ["2", 'W/"1"', '"x"', '"99"'])
async def test_unknown_version_never_matches(editor: httpx.AsyncClient, saved: dict[str, Any], tag: str):
    answer = await editor.put(SESSION, json={**saved, "capacity": 9}, headers={"If-Match": tag})
    assert answer.status_code == 412


async def test_session_is_added_once(editor: httpx.AsyncClient, saved: dict[str, Any]):
    new = f"{PATH}/draft/sessions/nouvelle-1"
    for status in (201, 201):  # the same again is the same request again
        answer = await editor.put(new, json=saved, headers={"If-None-Match": "*"})
        assert (answer.status_code, answer.headers["etag"]) == (status, '"1"')
    other = await editor.put(new, json={**saved, "capacity": 9}, headers={"If-None-Match": "*"})
    assert other.status_code == 412


async def test_session_is_removed_and_a_late_save_is_told(editor: httpx.AsyncClient, saved: dict[str, Any]):
    assert (await editor.delete(SESSION, headers={"If-Match": '"9"'})).status_code == 412
    assert (await editor.delete(SESSION, headers={"If-Match": '"1"'})).status_code == 204
    assert (await editor.get(SESSION)).status_code == 404
    late = await editor.put(SESSION, json=saved, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"], late.json()["current"]) == (412, "removed-meanwhile", None)


async def test_contradiction_is_refused(editor: httpx.AsyncClient, saved: dict[str, Any]):
    answer = await editor.put(SESSION, json={**saved, "date": "2026-07-10"}, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (422, "outside-edition")


async def test_whole_draft_is_replaced_only_on_its_version_when_one_is_named(editor: httpx.AsyncClient):
    (await editor.put(PATH, json=a_body())).raise_for_status()
    read = await editor.get(f"{PATH}/draft")
    other = await editor.put(PATH, json=a_body(partners=[]))
    assert other.headers["etag"] != read.headers["etag"]
    late = await editor.put(PATH, json=a_body(short="X"), headers={"If-Match": read.headers["etag"]})
    assert (late.status_code, late.json()["code"]) == (412, "draft-changed")
    timely = await editor.put(PATH, json=a_body(short="X"), headers={"If-Match": other.headers["etag"]})
    assert timely.status_code == 200


async def test_release_is_of_the_draft_that_was_read(editor: httpx.AsyncClient, saved: dict[str, Any]):
    read = (await editor.get(f"{PATH}/draft")).headers["etag"]
    (await editor.put(SESSION, json={**saved, "capacity": 20}, headers={"If-Match": "*"})).raise_for_status()
    body = {"edition": "raict-2026"}
    late = await editor.post("/api/programme/v1/releases", json=body, headers={"If-Match": read})
    assert late.status_code == 412
    now = (await editor.get(f"{PATH}/draft")).headers["etag"]
    for status in (201, 200):
        answer = await editor.post("/api/programme/v1/releases", json=body, headers={"If-Match": now})
        assert (answer.status_code, answer.json()["number"]) == (status, 1)


async def test_sessions_of_the_draft_are_for_editors_only(
    editor: httpx.AsyncClient, visitor: httpx.AsyncClient, staff: httpx.AsyncClient
):
    await release(editor)
    for client, status in ((visitor, 401), (staff, 403)):
        put = await client.put(SESSION, json=a_body()["sessions"][0], headers={"If-Match": "*"})
        delete = await client.delete(SESSION, headers={"If-Match": "*"})
        assert [(await client.get(SESSION)).status_code, put.status_code, delete.status_code] == [status] * 3


async def test_journal_names_what_was_changed_and_never_says_how(
    editor: httpx.AsyncClient, saved: dict[str, Any], desk: Desk
):
    await editor.put(SESSION, json={**saved, "capacity": 20, "room": None}, headers={"If-Match": '"1"'})
    (entry,) = await desk.store.database["audit"].find({"action": "session.save"}).to_list(None)
    assert (entry["subject"], entry["fields"]) == ("raict-2026/2026-01", ["room", "capacity"])
    assert entry["actor"].startswith("token:")
