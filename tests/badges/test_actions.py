"""Badges against a real database: issued exactly once, revoked, checked in, whatever is sent twice or out of order."""

import asyncio
import base64
import json
from datetime import timedelta
from itertools import permutations

import pymupdf
import pytest

from services.badges import actions
from services.badges.actions import Question
from services.badges.domain import NonceReused, Result
from services.badges.store import Store
from shared.events.badges import CheckedIn, CheckInUndone, Issued, Revoked
from tests.badges.factories import (
    DAYS,
    FIRST_MORNING,
    MINT,
    amended,
    an_edition,
    cancelled,
    confirmed,
    edition_changed,
    set_time,
    tell,
    transferred,
    waitlisted,
)


async def facts(store, registration="r1") -> list[dict]:
    """What was told of a registration, in its sequence."""
    entries = await store.database.outbox.find({"key": registration}).sort("sequence", 1).to_list(None)
    assert [entry["sequence"] for entry in entries] == [*range(1, len(entries) + 1)]
    kinds = {kind.type(): kind for kind in (Issued, Revoked, CheckedIn, CheckInUndone)}
    return [kinds[entry["headers"]["ce-type"]].model_validate(json.loads(entry["body"])) for entry in entries]


async def names(store, registration="r1") -> list[str]:
    return [fact.name for fact in await facts(store, registration)]


async def scan(store, workshop, text, *, nonce="nonce-1", gate="Entrée principale", actor="token:desk"):
    question = Question(text=text, gate=gate, scanned_at=FIRST_MORNING, nonce=nonce)
    return await actions.check_in(store, workshop, actor, an_edition(), question)


async def test_confirmation_issues_a_badge_with_link_code_and_pdf(store, issued):
    (told,) = await facts(store)
    assert (told.registration, told.generation, told.code) == ("r1", 1, issued.code)
    assert told.link.startswith("https://example.org/badge/")
    document = pymupdf.open(stream=base64.b64decode(told.pdf))
    assert "DIALLO" in document[0].get_text()
    assert (await store.holder("r1")).due is False


async def test_confirmation_heard_twice_issues_one_badge(store, workshop, issued):
    await tell(store, confirmed(), 1)
    await tell(store, confirmed(), 2)
    await actions.issue_due(store, workshop)
    assert await names(store) == ["issued"]
    assert await store.badges_of("r1") == [issued]


async def test_two_replicas_issue_one_badge(store, workshop):
    other = Store(store.database, "badges")
    await tell(store, edition_changed(), 1)
    for number in range(25):
        await tell(store, confirmed(f"r{number}"), 1)
    for _ in range(2):
        await asyncio.gather(actions.issue_due(store, workshop), actions.issue_due(other, workshop))
    await other.close()
    for number in range(25):
        assert await names(store, f"r{number}") == ["issued"]


async def test_rebuilt_database_gives_the_same_badge_and_the_same_fact(store, workshop, issued):
    before = await facts(store)
    first_id = (await store.database.outbox.find_one({}))["_id"]
    for collection in await store.database.list_collection_names():
        await store.database[collection].delete_many({})
    await tell(store, confirmed(), 1)
    await tell(store, edition_changed(), 1)
    await actions.issue_due(store, workshop)
    (after,) = await facts(store)
    assert (after.code, after.link) == (before[0].code, before[0].link)
    assert (await store.database.outbox.find_one({}))["_id"] == first_id
    assert (await store.badges_of("r1"))[0].id == issued.id


async def test_badge_waits_for_its_edition(store, workshop):
    await tell(store, confirmed(), 1)
    assert await actions.issue_due(store, workshop) is False
    assert await names(store) == []
    await tell(store, edition_changed(), 1)
    await actions.issue_due(store, workshop)
    assert await names(store) == ["issued"]


async def test_cancellation_revokes_the_badge_once(store, issued):
    for _ in range(2):
        await tell(store, cancelled(), 2)
    assert await names(store) == ["issued", "revoked"]
    (badge,) = await store.badges_of("r1")
    assert (badge.state, badge.reason) == ("revoked", "cancelled")


async def test_cancellation_that_overtakes_its_confirmation_leaves_no_badge(store, workshop):
    await tell(store, edition_changed(), 1)
    await tell(store, cancelled(), 2)
    await tell(store, confirmed(), 1)
    await actions.issue_due(store, workshop)
    assert await names(store) == []
    assert await store.badges_of("r1") == []


async def test_cancellation_while_the_badge_is_drawn_leaves_no_badge(store, workshop):
    await tell(store, edition_changed(), 1)
    await tell(store, confirmed(), 1)

    class Slow:
        async def make(self, holder, edition, now):
            await tell(store, cancelled(), 2)
            return await workshop.make(holder, edition, now)

    await actions.issue_due(store, Slow())
    assert await names(store) == []


async def test_badge_that_cannot_be_drawn_holds_up_nobody(store, workshop):
    await tell(store, edition_changed(), 1)
    for number in range(3):
        await tell(store, confirmed(f"r{number}"), 1)

    class Torn:
        async def make(self, holder, edition, now):
            if holder.registration == "r1":
                raise RuntimeError
            return await workshop.make(holder, edition, now)

    aside: set[str] = set()
    await actions.issue_due(store, Torn(), aside)
    assert [await names(store, f"r{number}") for number in range(3)] == [["issued"], [], ["issued"]]
    assert (aside, await store.due(10, aside)) == ({"r1"}, [])
    woken: list[bool] = []
    await actions.try_again(aside, lambda: woken.append(True))
    await actions.issue_due(store, workshop, aside)
    assert (woken, await names(store, "r1")) == ([True], ["issued"])


@pytest.mark.parametrize("order", [*permutations([1, 2, 3])])
async def test_badge_that_changes_hands_ends_the_same_in_any_order(store, workshop, order):
    told = {1: confirmed(), 2: transferred(), 3: amended(generation=2, person={"given_name": "Maëlle"})}
    await tell(store, edition_changed(), 1)
    for sequence in order:
        await tell(store, told[sequence], sequence)
        await actions.issue_due(store, workshop)
    former, current = await store.badges_of("r1")
    assert (former.generation, former.state, former.reason) == (1, "revoked", "transferred")
    assert (current.generation, current.state) == (2, "active")
    *_, last = [fact for fact in await facts(store) if isinstance(fact, Issued)]
    assert (last.generation, last.drawn_from) == (2, 3)
    assert (await store.holder("r1")).family_name == "Kervadec-Diallo"


async def test_place_confirmed_after_waiting_gets_its_badge(store, workshop):
    await tell(store, edition_changed(), 1)
    await tell(store, waitlisted(), 1)
    await actions.issue_due(store, workshop)
    assert await names(store) == []
    await tell(store, confirmed(), 2)
    await actions.issue_due(store, workshop)
    (told,) = await facts(store)
    assert (told.name, told.generation, told.drawn_from) == ("issued", 1, 2)


async def test_badge_is_drawn_again_when_what_stands_on_it_changes(store, workshop, issued):
    await tell(store, amended(person={"function": "Maire"}, changed=("function",)), 2)
    await actions.issue_due(store, workshop)
    before, after = await facts(store)
    assert (after.generation, after.code, after.link) == (before.generation, before.code, before.link)
    assert (before.drawn_from, after.drawn_from) == (1, 2)
    assert "Maire" in pymupdf.open(stream=base64.b64decode(after.pdf))[0].get_text()
    (badge,) = await store.badges_of("r1")
    assert (badge.id, badge.state) == (issued.id, "active")


async def test_badge_drawn_again_remembers_who_entered(store, workshop, issued, on_the_day):
    await scan(store, workshop, issued.code)
    await tell(store, amended(person={"function": "Maire"}), 2)
    await actions.issue_due(store, workshop)
    assert (await scan(store, workshop, issued.code, nonce="nonce-2")).check_in.result is Result.ALREADY


async def test_new_manage_link_and_other_sessions_leave_the_badge_alone(store, workshop, issued):
    await tell(store, amended(changed=("link",), manage_url="https://example.org/mon-inscription/y"), 2)
    await tell(store, amended(changed=("sessions",), release=2), 3)
    await actions.issue_due(store, workshop)
    assert await names(store) == ["issued"]


async def test_badge_passed_on_is_refused_at_the_door_and_the_new_one_enters(store, workshop, issued, on_the_day):
    await tell(store, transferred(), 2)
    await actions.issue_due(store, workshop)
    former, current = await store.badges_of("r1")
    refused = await scan(store, workshop, workshop.token(former))
    assert (refused.check_in.result, refused.badge.reason) == (Result.REVOKED, "transferred")
    assert (await scan(store, workshop, current.code, nonce="nonce-2")).check_in.result is Result.ADMITTED
    assert await names(store) == ["issued", "revoked", "issued", "checked-in"]


async def test_badge_of_an_older_version_is_found_by_the_name_on_it_once_it_was_passed_on(store, issued):
    """It was issued before badges kept whose name is printed on them."""
    await store.database.badges.update_one({"registration": "r1"}, {"$unset": {"name": "", "words": ""}})
    await tell(store, transferred(), 2)
    (former,) = await store.badges_of("r1")
    assert (former.reason, former.name) == ("transferred", "Solène Kervadec-Diallo")
    ((holder, _),) = await store.search(an_edition().id, "solene kerv", None, 0, 10, printed=True)
    assert holder.name == "Maëlle Autret"


async def test_rebuilt_database_knows_the_badge_that_was_passed_on(store, workshop, issued, on_the_day):
    """Whoever holds it still shows it, although its confirmation was overtaken when the facts were read again."""
    for collection in await store.database.list_collection_names():
        await store.database[collection].delete_many({})
    await tell(store, edition_changed(), 1)
    for sequence, fact in ((1, confirmed()), (2, transferred())):
        await tell(store, fact, sequence)
    await actions.issue_due(store, workshop)
    assert await names(store) == ["issued"]
    answer = await scan(store, workshop, workshop.token(issued))
    assert (answer.check_in.result, answer.badge.reason) == (Result.REVOKED, "transferred")


async def test_older_edition_fact_is_ignored(store):
    await tell(store, edition_changed(short="Neuf"), 2)
    await tell(store, edition_changed(short="Ancien"), 1)
    assert (await store.edition("raict-2026")).short == "Neuf"


async def test_qr_and_typed_code_open_the_same_door(store, workshop, issued, on_the_day):
    by_qr = await scan(store, workshop, workshop.token(issued))
    by_code = await scan(store, workshop, issued.code.lower(), nonce="nonce-2", gate="Iéna")
    assert by_qr.check_in.result is Result.ADMITTED
    assert (by_code.check_in.result, by_code.check_in.first_gate) == (Result.ALREADY, "Entrée principale")
    assert by_code.holder.family_name == "Kervadec-Diallo"
    assert await names(store) == ["issued", "checked-in"]


async def test_same_nonce_gives_the_same_answer_and_counts_once(store, workshop, issued, on_the_day):
    answers = await asyncio.gather(*(scan(store, workshop, issued.code) for _ in range(20)))
    assert {answer.check_in.result for answer in answers} == {Result.ADMITTED}
    assert len({answer.check_in for answer in answers}) == 1
    assert await names(store) == ["issued", "checked-in"]
    assert await store.database.audit.count_documents({"action": "check-in"}) == 1


async def test_same_badge_at_many_gates_at_once_is_admitted_once(store, workshop, issued, on_the_day):
    scans = (scan(store, workshop, issued.code, nonce=f"nonce-{n}", gate=f"Porte {n}") for n in range(20))
    results = [answer.check_in.result for answer in await asyncio.gather(*scans)]
    assert (results.count(Result.ADMITTED), results.count(Result.ALREADY)) == (1, 19)


async def test_same_badge_through_two_processes_is_admitted_once(store, workshop, issued, on_the_day):
    other = Store(store.database, "badges")
    scans = (scan(each, workshop, issued.code, nonce=f"n-{id(each)}-{n}") for each in (store, other) for n in range(10))
    results = [answer.check_in.result for answer in await asyncio.gather(*scans)]
    await other.close()
    assert results.count(Result.ADMITTED) == 1


async def test_nonce_of_somebody_else_is_another_nonce(store, workshop, issued, on_the_day):
    await scan(store, workshop, issued.code, actor="staff:a")
    assert (await scan(store, workshop, issued.code, actor="staff:b")).check_in.result is Result.ALREADY


async def test_nonce_with_another_badge_is_refused(store, workshop, issued, on_the_day):
    await scan(store, workshop, issued.code)
    with pytest.raises(NonceReused):
        await scan(store, workshop, "0000000000")


async def test_revoked_badge_is_refused_at_once(store, workshop, issued, on_the_day):
    await tell(store, cancelled(), 2)
    answer = await scan(store, workshop, workshop.token(issued))
    assert (answer.check_in.result, answer.holder.given_name) == (Result.REVOKED, "Solène")


@pytest.mark.parametrize("text", ["", "0000000000", "x" * 126, "=cmd", "$ne", MINT.token("raict-2026", "00" * 16, 1)])
async def test_what_is_no_badge_of_ours_is_unknown_and_kept(store, workshop, issued, on_the_day, text):
    answer = await scan(store, workshop, text)
    assert (answer.check_in.result, answer.holder) == (Result.UNKNOWN, None)
    assert await store.database.check_ins.count_documents({"result": "unknown"}) == 1


async def test_badge_of_another_edition_is_unknown(store, workshop, on_the_day):
    await tell(store, edition_changed(edition="raict-2025", dates=tuple(day.replace(year=2025) for day in DAYS)), 1)
    await tell(store, confirmed(edition="raict-2025"), 1)
    await actions.issue_due(store, workshop)
    (badge,) = await store.badges_of("r1")
    for nonce, text in enumerate((workshop.token(badge), badge.code)):
        answer = await scan(store, workshop, text, nonce=f"nonce-{nonce}")
        assert (answer.check_in.result, answer.holder) == (Result.UNKNOWN, None)


async def test_door_counts_admissions_of_the_day_and_no_rehearsal(store, workshop, issued, monkeypatch):
    set_time(monkeypatch, FIRST_MORNING - timedelta(days=3))
    assert (await scan(store, workshop, issued.code, nonce="rehearsal")).check_in.rehearsal is True
    counts = await store.counts(an_edition(), FIRST_MORNING - timedelta(days=3))
    assert (counts.expected, counts.arrived, counts.this_hour) == (1, 0, 0)
    set_time(monkeypatch, FIRST_MORNING)
    await scan(store, workshop, issued.code)
    later = await store.counts(an_edition(), FIRST_MORNING + timedelta(hours=2))
    assert (later.expected, later.arrived, later.this_hour) == (1, 1, 0)
    assert [seen.registration for seen in await store.page_of_attendance("raict-2026", None, 10)] == ["r1"]
