"""The API's lists: rooms, speakers and releases in pages, and what the checks find in a draft."""

from typing import Any

import httpx
import pytest

from services.programme.domain.editions import Speaker
from services.programme.domain.releases import release
from services.programme.domain.speakers import Appearance, announced
from tests.programme.factories import NOW, a_draft, a_session, an_edition
from tests.programme.test_api import PATH, RELEASES, a_body

API = "/api/programme/v1"


async def released(editor: httpx.AsyncClient, body: dict[str, Any]) -> None:
    (await editor.put(PATH, json=body)).raise_for_status()
    (await editor.post(RELEASES, json={"edition": "raict-2026"})).raise_for_status()


async def everything(client: httpx.AsyncClient, path: str, limit: int) -> list[list[dict[str, Any]]]:
    """Every page of a list."""
    pages, cursor = [], None
    while True:
        page = (await client.get(path, params={"limit": limit} | ({"cursor": cursor} if cursor else {}))).json()
        pages.append(page["items"])
        if (cursor := page["next"]) is None:
            return pages


def with_speakers() -> dict[str, Any]:
    body = a_body()
    body["sessions"][0]["speakers"] = [{"name": "Zoé Ab", "role": "chair"}, {"name": "Élise Bo", "function": "Maire"}]
    body["sessions"][4]["speakers"] = [{"name": "ELISE  BO"}, {"name": "Marc Ce"}]
    return body


async def test_speakers_come_by_name_once_each_with_all_they_do(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    await released(editor, with_speakers())
    first, second = await everything(visitor, f"{API}/speakers", 2)
    assert [person["name"] for person in first + second] == ["Élise Bo", "Marc Ce", "Zoé Ab"]
    assert first[0]["appearances"] == [
        {"session": "2026-01", "role": "speaker", "function": "Maire"},
        {"session": "2026-05", "role": "speaker", "function": ""},
    ]


def test_speaker_of_a_cancelled_session_is_no_longer_announced():
    first = release(an_edition(), a_draft(a_session(speakers=(Speaker("Ada"),))), None, {}, NOW)
    assert [person.appearances for person in announced(first)] == [(Appearance("s-1", "speaker", ""),)]
    assert announced(release(an_edition(), a_draft(), first, {}, NOW)) == ()


async def test_rooms_come_in_pages(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    await released(editor, a_body())
    assert [[room["id"] for room in page] for page in await everything(visitor, f"{API}/rooms", 2)] == [
        ["la-rochefoucauld", "monge"],
        ["laplace"],
    ]


async def test_releases_come_newest_first_with_what_they_changed(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    for room in ("monge", "laplace", "la-rochefoucauld"):
        body = a_body()
        body["sessions"][0]["room"] = room
        await released(editor, body)
    pages = await everything(visitor, RELEASES, 2)
    assert [[one["number"] for one in page] for page in pages] == [[3, 2], [1]]
    assert pages[0][0]["changes"] == [{"session": "2026-01", "change": "room"}]


async def test_findings_are_told_in_the_caller_s_language_with_a_way_out(editor: httpx.AsyncClient):
    body = a_body()
    body["sessions"][1]["room"] = "monge"
    (await editor.put(PATH, json=body)).raise_for_status()
    found = (await editor.get(f"{PATH}/findings", headers={"accept-language": "en"})).json()["items"]
    assert [(one["severity"], one["code"], one["sessions"]) for one in found][:2] == [
        ("bad", "room-taken-twice", ["2026-01", "2026-02"]),
        ("warn", "no-time-to-move", ["2026-16", "2026-13", "2026-14"]),
    ]
    assert found[0]["detail"].startswith("Salle Monge (fictif): “International action")
    assert [way["detail"] for way in found[0]["ways_out"]] == [
        "Salle La Rochefoucauld (fictif) is free, and larger."
    ] * 2


@pytest.mark.parametrize("path", ["/speakers", "/rooms", "/releases", "/editions/raict-2026/findings"])
async def test_lists_of_an_unknown_edition_are_not_found(editor: httpx.AsyncClient, path: str):
    assert (await editor.get(f"{API}{path}", params={"edition": "raict-2019"})).status_code == 404


async def test_time_before_and_after_is_told_on_the_edition_s_clocks(editor: httpx.AsyncClient):
    body = a_body()
    body["sessions"][0]["description"] = {"fr": "De 15h à 16h."}
    (await editor.put(PATH, json=body)).raise_for_status()
    found = (await editor.get(f"{PATH}/findings")).json()["items"]
    (two,) = [one for one in found if one["code"] == "two-times"]
    assert "14\u00a0h\u00a030 – 16\u00a0h\u00a000" in two["detail"]
