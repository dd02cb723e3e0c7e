"""An admission taken back: once, soon, by whoever made it."""

from datetime import timedelta

import pytest

from services.badges import actions
from services.badges.domain import UNDO_WITHIN, NobodyAdmitted, Result, UndoneTooLate
from shared.errors import NotFound
from tests.badges.factories import FIRST_MORNING, an_edition, set_time, token
from tests.badges.test_actions import facts, names, scan

DESK = "token:desk"


async def test_admission_taken_back_counts_no_more_and_the_badge_enters_again(store, workshop, issued, on_the_day):
    await scan(store, workshop, issued.code)
    for _ in range(2):
        undone = await actions.undo(store, DESK, "nonce-1")
        assert undone.check_in.undone_at == FIRST_MORNING
    counts = await store.counts(an_edition(), FIRST_MORNING)
    assert (counts.arrived, counts.this_hour, [one.arrived for one in counts.categories]) == (0, 0, [0])
    assert await store.page_of_attendance("raict-2026", None, 10) == []
    assert (await scan(store, workshop, issued.code, nonce="nonce-2")).check_in.result is Result.ADMITTED
    assert await names(store) == ["issued", "checked-in", "check-in-undone", "checked-in"]
    (told,) = [fact for fact in await facts(store) if fact.name == "check-in-undone"]
    assert (told.at, told.undone_at, told.gate, told.rehearsal) == (
        FIRST_MORNING,
        FIRST_MORNING,
        "Entrée principale",
        False,
    )
    assert await store.database.audit.count_documents({"action": "check-in.undo", "actor": DESK}) == 1


async def test_only_the_desk_that_admitted_takes_it_back(store, workshop, issued, on_the_day):
    await scan(store, workshop, issued.code)
    with pytest.raises(NotFound):
        await actions.undo(store, "token:other", "nonce-1")


async def test_what_admitted_nobody_cannot_be_taken_back(store, workshop, issued, on_the_day):
    await scan(store, workshop, issued.code)
    await scan(store, workshop, issued.code, nonce="nonce-2")
    await scan(store, workshop, "0000000000", nonce="nonce-3")
    for nonce in ("nonce-2", "nonce-3"):
        with pytest.raises(NobodyAdmitted):
            await actions.undo(store, DESK, nonce)


async def test_admission_is_taken_back_within_ten_minutes(store, workshop, issued, monkeypatch):
    set_time(monkeypatch, FIRST_MORNING)
    await scan(store, workshop, issued.code)
    set_time(monkeypatch, FIRST_MORNING + UNDO_WITHIN + timedelta(seconds=1))
    with pytest.raises(UndoneTooLate):
        await actions.undo(store, DESK, "nonce-1")
    assert await names(store) == ["issued", "checked-in"]


async def test_last_admission_of_a_desk_is_the_one_that_still_counts(store, workshop, issued, on_the_day):
    await scan(store, workshop, issued.code)
    assert (await store.last_admission(DESK, FIRST_MORNING)).registration == "r1"
    assert await store.last_admission("token:other", FIRST_MORNING) is None
    await actions.undo(store, DESK, "nonce-1")
    assert await store.last_admission(DESK, FIRST_MORNING) is None


async def test_program_takes_back_its_own_check_in(site, issued, on_the_day):
    scanned = {"token": issued.code, "gate": "Iéna", "nonce": "n1"}
    path = "/api/badges/v1/check-ins"
    await site.post(path, json=scanned, headers=token("desk"))
    answers = [(await site.post(f"{path}/n1/undo", headers=token("desk"))).json() for _ in range(2)]
    assert [(answer["result"], answer["undone_at"]) for answer in answers] == [("admitted", "2026-07-08T06:52:00Z")] * 2
    attendance = await site.get("/api/badges/v1/attendance", headers=token("desk"))
    assert attendance.json()["items"] == []
    missing = await site.post(f"{path}/n2/undo", headers=token("desk"))
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert (await site.post(f"{path}/n1/undo", headers=token("import"))).status_code == 403
