"""A last day that moves into the past deletes people's needs and more: it has to be said twice."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from services.programme.store import Store
from shared import store as shared_store
from shared.clock import now
from shared.i18n import dates
from shared.purposes import ATTENDING, NEEDS, PHONES, REGISTER
from tests.programme.test_api import PATH, a_body

COMING = timedelta(days=60)
OVER = timedelta(days=-20)
A_DAY = timedelta(days=1)


def ending(last_day: date, **changes: Any) -> dict[str, Any]:
    """The sample without its sessions, whose days would be others."""
    days = [(last_day - A_DAY).isoformat(), last_day.isoformat()]
    return a_body(dates=days, sessions=[], highlights=[], **changes)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> date:
    """The day of the whole test: the store's clock stands still, and no midnight comes between two requests."""
    moment = now()
    monkeypatch.setattr(shared_store, "now", lambda: moment)
    return moment.date()


@pytest.fixture
def over(today: date) -> date:
    """A last day that is past."""
    return today + OVER


@pytest.fixture
async def coming(editor: httpx.AsyncClient, today: date) -> httpx.AsyncClient:
    """An edition that is to come was saved."""
    (await editor.put(PATH, json=ending(today + COMING))).raise_for_status()
    return editor


async def last_day(editor: httpx.AsyncClient) -> date:
    return date.fromisoformat(max((await editor.get(f"{PATH}/draft")).json()["dates"]))


@pytest.mark.parametrize("lang", ["fr", "en", "es"])
async def test_last_day_in_the_past_says_what_would_be_deleted_and_changes_nothing(
    coming: httpx.AsyncClient, store: Store, today: date, over: date, lang: str
):
    answer = await coming.put(PATH, json=ending(over), headers={"Accept-Language": lang})
    said = answer.json()
    assert (answer.status_code, said["code"]) == (409, "past-last-day")
    tomorrow = today + A_DAY
    deleted = (tomorrow, PHONES.kept.over(over), ATTENDING.kept.over(over))  # needs are due: a day is left to mend it
    assert NEEDS.kept.over(over) < tomorrow
    for day in (over, *deleted):
        assert dates.day(day, lang, year=True) in said["detail"]
    assert f"last_day={over}" in said["detail"]
    assert await last_day(coming) == today + COMING
    assert await store.database.outbox.count_documents({}) == 1


async def test_last_day_in_the_past_is_saved_when_that_day_is_named_again(coming: httpx.AsyncClient, over: date):
    other = await coming.put(PATH, json=ending(over), params={"last_day": str(over - A_DAY)})
    assert other.status_code == 409
    assert (await coming.put(PATH, json=ending(over), params={"last_day": str(over)})).status_code == 200
    assert await last_day(coming) == over


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (OVER, OVER, 200),
        (OVER, OVER + 3 * A_DAY, 200),
        (OVER, COMING, 200),
        (OVER, OVER - A_DAY, 409),
        (COMING, 0 * A_DAY, 200),
        (COMING, -A_DAY, 409),
    ],
)
async def test_only_a_last_day_that_moves_back_behind_today_is_asked_twice(
    editor: httpx.AsyncClient, today: date, before: timedelta, after: timedelta, status: int
):
    first, second = ending(today + before), ending(today + after, short="Autre")
    assert (await editor.put(PATH, json=first)).status_code == 200, "a new edition has nobody yet"
    assert (await editor.put(PATH, json=second)).status_code == status


def test_what_is_said_to_be_deleted_is_all_that_an_edition_ends():
    terms = {one.kept for one in REGISTER if one.kept and one.kept.after_edition}
    assert terms == {NEEDS.kept, PHONES.kept, ATTENDING.kept}
