"""A last day that moves into the past deletes people's needs and more: it has to be said twice."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from services.programme.store import Store
from shared.clock import now
from shared.i18n import dates
from shared.purposes import ATTENDING, NEEDS, PHONES, REGISTER
from tests.programme.test_api import PATH, a_body

TODAY = now().date()
COMING = TODAY + timedelta(days=60)
OVER = TODAY - timedelta(days=20)


def ending(last_day: date, **changes: Any) -> dict[str, Any]:
    """The sample without its sessions, whose days would be others."""
    days = [(last_day - timedelta(days=1)).isoformat(), last_day.isoformat()]
    return a_body(dates=days, sessions=[], highlights=[], **changes)


@pytest.fixture
async def coming(editor: httpx.AsyncClient) -> httpx.AsyncClient:
    """An edition that is to come was saved."""
    (await editor.put(PATH, json=ending(COMING))).raise_for_status()
    return editor


async def last_day(editor: httpx.AsyncClient) -> date:
    return date.fromisoformat(max((await editor.get(f"{PATH}/draft")).json()["dates"]))


@pytest.mark.parametrize("lang", ["fr", "en", "es"])
async def test_last_day_in_the_past_says_what_would_be_deleted_and_changes_nothing(
    coming: httpx.AsyncClient, store: Store, lang: str
):
    answer = await coming.put(PATH, json=ending(OVER), headers={"Accept-Language": lang})
    said = answer.json()
    assert (answer.status_code, said["code"]) == (409, "past-last-day")
    tomorrow = TODAY + timedelta(days=1)
    deleted = (tomorrow, PHONES.kept.over(OVER), ATTENDING.kept.over(OVER))  # needs are due: a day is left to mend it
    assert NEEDS.kept.over(OVER) < tomorrow
    for day in (OVER, *deleted):
        assert dates.day(day, lang, year=True) in said["detail"]
    assert f"last_day={OVER}" in said["detail"]
    assert await last_day(coming) == COMING
    assert await store.database.outbox.count_documents({}) == 1


async def test_last_day_in_the_past_is_saved_when_that_day_is_named_again(coming: httpx.AsyncClient):
    other = await coming.put(PATH, json=ending(OVER), params={"last_day": str(OVER - timedelta(days=1))})
    assert other.status_code == 409
    assert (await coming.put(PATH, json=ending(OVER), params={"last_day": str(OVER)})).status_code == 200
    assert await last_day(coming) == OVER


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (OVER, OVER, 200),
        (OVER, OVER + timedelta(days=3), 200),
        (OVER, COMING, 200),
        (OVER, OVER - timedelta(days=1), 409),
        (COMING, TODAY, 200),
        (COMING, TODAY - timedelta(days=1), 409),
    ],
)
async def test_only_a_last_day_that_moves_back_behind_today_is_asked_twice(
    editor: httpx.AsyncClient, before: date, after: date, status: int
):
    assert (await editor.put(PATH, json=ending(before))).status_code == 200, "a new edition has nobody yet"
    assert (await editor.put(PATH, json=ending(after, short="Autre"))).status_code == status


def test_what_is_said_to_be_deleted_is_all_that_an_edition_ends():
    terms = {one.kept for one in REGISTER if one.kept and one.kept.after_edition}
    assert terms == {NEEDS.kept, PHONES.kept, ATTENDING.kept}
