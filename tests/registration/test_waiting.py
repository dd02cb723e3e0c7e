"""Waiting lists on the real MongoDB: joined, served in order, offered for a time, and told."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from services.registration import actions
from services.registration.domain import refusals
from services.registration.domain.registrations import PLACE
from services.registration.promotion import promotion
from services.registration.store import Store
from shared.clock import now
from shared.events.registration import (
    Amended,
    Cancelled,
    Confirmed,
    Offered,
    PlacesChanged,
    Refused,
    Submitted,
    Waitlisted,
)
from tests.registration.conftest import EDITION, a_category, a_session, an_application, manage_url, opened, ruled
from tests.registration.test_actions import facts, places, registering

A = "2026-01"


def somebody(number, **wishes):
    person = replace(an_application().person, given_name=f"P{number}", email=f"p{number}@x.example")
    return an_application(person=person, **wishes)


async def people(store, *applications):
    """One after the other; answers their ids."""
    return [(await registering(store, one)).id for one in applications]


async def one(store, id):
    return await store.pages.registration(id)


async def promote(store):
    step = promotion(store, manage_url)
    while await step():
        pass


@pytest.fixture
async def full(store):
    """A workshop with one place: somebody has it, two wait."""
    await opened(store, a_session(capacity=1))
    waiting = [somebody(number, waiting=(A,)) for number in (2, 3)]
    return await people(store, somebody(1, sessions=(A,)), *waiting)


async def test_the_first_lets_it_expire_and_the_second_takes_it(store, full, clock):
    first, second, third = full
    assert [fact.waiting[0].position for fact in await facts(store, Confirmed) if fact.waiting] == [1, 2]
    await actions.cancel(store, first, manage_url=manage_url)
    await promote(store)
    (offered,) = await facts(store, Offered, second)
    assert (offered.status, offered.session, offered.actor) == ("confirmed", A, "system")
    assert timedelta(hours=23) < offered.waiting[0].offered_until - now() <= timedelta(hours=24)
    assert not await facts(store, Offered, third)
    clock(hours=25)
    await promote(store)
    (expired,) = await facts(store, Amended, second)
    assert (expired.changed, expired.session, expired.waiting, expired.actor) == (("offer-expired",), A, (), "system")
    with pytest.raises(refusals.OfferExpired):
        await actions.accept(store, second, A, manage_url=manage_url)
    await actions.accept(store, third, A, manage_url=manage_url)
    (taken,) = await facts(store, Amended, third)
    assert taken.changed == ("offer-accepted", "sessions")
    assert [each.session for each in taken.enrolments] == [A]
    counted = await places(store)
    assert (counted["sessions"][A], counted["waiting"][A], counted["taken"]) == (1, 0, 2)


async def test_newcomers_wait_behind_those_who_wait(store, full):
    await actions.cancel(store, full[0], manage_url=manage_url)
    with pytest.raises(refusals.WorkshopFull):
        await registering(store, somebody(4, sessions=(A,)))
    (late,) = await people(store, somebody(4, waiting=(A,)))
    await promote(store)
    assert (await one(store, full[1])).waiting[0].offered_until
    assert (await facts(store, Confirmed, late))[0].waiting[0].position == 3


async def test_accepting_frees_what_takes_place_at_the_same_time(store):
    await opened(store, a_session(capacity=1), a_session("other", minute=45, capacity=1))
    first, second = await people(store, somebody(1, sessions=(A,)), somebody(2, sessions=("other",), waiting=(A,)))
    (third,) = await people(store, somebody(3, waiting=("other",)))
    await actions.cancel(store, first, manage_url=manage_url)
    await promote(store)
    await actions.accept(store, second, A, manage_url=manage_url)
    assert (await one(store, second)).sessions == (A,)
    await promote(store)
    assert (await one(store, third)).waiting[0].offered_until
    before = await one(store, second)
    assert await actions.accept(store, second, A, manage_url=manage_url) == before


async def test_declining_gives_it_to_the_next_at_once(store, full):
    await actions.cancel(store, full[0], manage_url=manage_url)
    await promote(store)
    await actions.decline(store, full[1], A, manage_url=manage_url)
    await promote(store)
    assert (await facts(store, Amended, full[1]))[0].changed == ("offer-declined",)
    assert await facts(store, Offered, full[2])
    with pytest.raises(refusals.NothingOffered):
        await actions.decline(store, full[1], A, manage_url=manage_url)


async def test_a_full_edition_waits_and_is_offered_and_confirmed_with_the_sessions_wished_for(store, clock):
    await opened(store, a_session(capacity=1), quota=1)
    (first,) = await people(store, somebody(1))
    with pytest.raises(refusals.EditionFull):
        await registering(store, somebody(2))
    answer = await registering(store, somebody(2, wait=True, sessions=(A,)))
    assert answer.status == "waitlisted"
    (told,) = await facts(store, Waitlisted, answer.id)
    assert (told.position, told.enrolments) == (1, ())
    assert (await places(store))["sessions"].get(A, 0) == 0
    await actions.cancel(store, first, manage_url=manage_url)
    await promote(store)
    (offered,) = await facts(store, Offered, answer.id)
    assert (offered.status, offered.session, offered.offered_until is None) == ("offered", None, False)
    await actions.accept(store, answer.id, PLACE, manage_url=manage_url)
    (confirmed,) = await facts(store, Confirmed, answer.id)
    assert [each.session for each in confirmed.enrolments] == [A]
    assert (await facts(store, PlacesChanged))[-1].taken == 1


async def test_an_offer_of_a_session_cancelled_since_ends_without_a_word_of_others(store, full, clock):
    first, second, _ = full
    await actions.cancel(store, first, manage_url=manage_url)
    await promote(store)
    await opened(store, a_session(capacity=1, status="cancelled"))
    clock(hours=25)
    await promote(store)
    (ended,) = await facts(store, Amended, second)
    assert (ended.changed, ended.session, ended.waiting, ended.actor) == (("offer-withdrawn",), A, (), "system")


async def test_an_offered_place_that_expires_cancels_and_goes_on(store, clock):
    await opened(store, quota=1)
    first, second, third = await people(store, *(somebody(number, wait=True) for number in (1, 2, 3)))
    await actions.cancel(store, first, manage_url=manage_url)
    await promote(store)
    clock(hours=25)
    await promote(store)
    (fact,) = await facts(store, Cancelled, second)
    assert (fact.reason, fact.actor) == ("offer-expired", "system")
    assert (await one(store, third)).status == "offered"
    await actions.decline(store, third, PLACE, manage_url=manage_url)
    assert (await facts(store, Cancelled, third))[0].reason == "offer-declined"
    assert (await places(store))["taken"] == 0


async def test_a_larger_quota_or_room_is_given_to_those_who_wait(store, full):
    await opened(store, a_session(capacity=2))
    await promote(store)
    assert [bool((await one(store, id)).waiting[0].offered_until) for id in full[1:]] == [True, False]
    await ruled(store, quota=3)
    (late,) = await people(store, somebody(4, wait=True))
    await ruled(store, quota=4)
    await promote(store)
    assert (await one(store, late)).status == "offered"


async def test_a_lower_quota_throws_nobody_out_and_gives_nothing_more(store):
    ids = await people(store, *(somebody(number) for number in range(4)))
    await ruled(store, quota=2)
    assert {(await one(store, id)).status for id in ids} == {"confirmed"}
    (late,) = await people(store, somebody(9, wait=True))
    await actions.cancel(store, ids[0], manage_url=manage_url)
    await promote(store)
    assert (await one(store, late)).status == "waitlisted"


async def test_who_is_passed_over_keeps_the_reason(store):
    await opened(store, quota=2, categories=(a_category(quota=1), a_category("agent")))
    _, leaves, waits, next_one = await people(
        store,
        somebody(1),
        somebody(2, category="agent"),
        somebody(3, wait=True),
        somebody(4, category="agent", wait=True),
    )
    await actions.cancel(store, leaves, manage_url=manage_url)
    await promote(store)
    assert [(await one(store, id)).status for id in (waits, next_one)] == ["waitlisted", "offered"]
    kept = await store.database.queues.find_one({"_id": f"{EDITION}:"})
    assert [(skip["registration"], skip["reason"]) for skip in kept["skips"]] == [(waits, "category-full")]


async def test_nothing_is_offered_for_a_closed_category_nor_after_the_beginning(store, full, clock):
    await actions.cancel(store, full[0], manage_url=manage_url)
    await ruled(store, quota=2)
    (late,) = await people(store, somebody(4, wait=True))
    await ruled(store, categories=(a_category(closes_days_before=1000),))
    clock(days=32)
    await promote(store)
    assert not await facts(store, Offered)
    assert (await one(store, late)).status == "waitlisted"


async def test_an_offer_near_the_beginning_is_short(store, full, clock):
    session = (await store.pages.shown(EDITION)).programme.sessions[A]
    clock(seconds=(session.start - now()).total_seconds() - 3600)
    await actions.cancel(store, full[0], manage_url=manage_url)
    await promote(store)
    until = (await one(store, full[1])).waiting[0].offered_until
    assert session.start - timedelta(minutes=31) < until <= session.start - timedelta(minutes=29)


async def test_cancelling_twice_offers_one_place(store, full):
    await asyncio.gather(*(actions.cancel(store, full[0], manage_url=manage_url) for _ in range(5)))
    await promote(store)
    await actions.cancel(store, full[0], manage_url=manage_url)
    await promote(store)
    assert [bool((await one(store, id)).waiting[0].offered_until) for id in full[1:]] == [True, False]


async def test_leaving_while_offered_passes_the_place_on(store, full):
    await actions.cancel(store, full[0], manage_url=manage_url)
    await promote(store)
    await actions.cancel(store, full[1], manage_url=manage_url)
    await promote(store)
    assert (await one(store, full[2])).waiting[0].offered_until
    counted = await places(store)
    assert (counted["sessions"][A], counted["waiting"][A]) == (1, 0)


@pytest.mark.parametrize("seed", range(10))
async def test_ten_races_for_an_offered_place_have_one_winner_each(store, full, seed):
    """Accepted, declined, cancelled and served by two processes at once, in any order: one place, one holder."""
    other = Store(store.database)
    for _ in range(10):
        await actions.cancel(store, full[0], manage_url=manage_url)
        await promote(store)
        acts = [
            actions.accept(store, full[1], A, manage_url=manage_url),
            actions.decline(other, full[1], A, manage_url=manage_url),
            actions.cancel(other, full[1], manage_url=manage_url),
            actions.accept(other, full[2], A, manage_url=manage_url),
            promotion(store, manage_url)(),
            promotion(other, manage_url)(),
        ]
        Random(seed).shuffle(acts)  # noqa: S311 - an order to try, no secret
        await asyncio.gather(*acts, return_exceptions=True)
        await promote(store)
        holders = [await one(store, id) for id in full]
        held = sum(
            each.lives and (A in each.sessions or any(w.offered_until for w in each.waiting)) for each in holders
        )
        assert held == (await places(store))["sessions"][A] <= 1
        for id in full:
            await actions.cancel(store, id, manage_url=manage_url)
        full = await people(store, somebody(1, sessions=(A,)), *(somebody(n, waiting=(A,)) for n in (2, 3)))
    await other.close()


async def test_what_is_submitted_is_decided_one_by_one(store):
    await opened(store, a_session(capacity=1), categories=(a_category("presse", approval=True, quota=1),))
    asked = [somebody(number, category="presse", sessions=(A,)) for number in (1, 2, 3)]
    first, second, third = await people(store, *asked)
    assert [(await facts(store, Submitted, id))[0].status for id in (first, second)] == ["pending", "pending"]
    assert (await places(store))["taken"] == 0
    await actions.approve(store, first, actor="staff:claire", manage_url=manage_url)
    await actions.approve(store, first, actor="staff:claire", manage_url=manage_url)
    await actions.approve(store, second, actor="staff:claire", manage_url=manage_url)
    assert [fact.actor for fact in await facts(store, Confirmed, first)] == ["staff"]
    assert (await facts(store, Waitlisted, second))[0].position == 1
    before = [await one(store, id) for id in (first, second)]
    await actions.refuse(store, third, actor="staff:claire", manage_url=manage_url)
    await actions.refuse(store, third, actor="staff:claire", manage_url=manage_url)
    assert len(await facts(store, Refused, third)) == 1
    assert [await one(store, id) for id in (first, second)] == before
    with pytest.raises(refusals.NotPending):
        await actions.approve(store, third, actor="staff:claire", manage_url=manage_url)
    written = await store.database.audit.find({"action": {"$regex": "^registration"}}).to_list(None)
    assert [entry["action"] for entry in written] == [
        "registration.approve",
        "registration.approve",
        "registration.refuse",
    ]


async def test_an_approved_person_gets_the_sessions_left_and_waits_for_the_others(store):
    sessions = (a_session(capacity=1), a_session("free", day=9))
    await opened(store, *sessions, categories=(a_category(), a_category("presse", approval=True)))
    await people(store, somebody(1, sessions=(A,)))
    (asked,) = await people(store, somebody(2, category="presse", sessions=(A, "free")))
    await actions.approve(store, asked, actor="staff:claire", manage_url=manage_url)
    (fact,) = await facts(store, Confirmed, asked)
    assert [each.session for each in fact.enrolments] == ["free"]
    assert [(each.session, each.position) for each in fact.waiting] == [(A, 1)]


async def test_places_tell_who_waits_and_which_sessions_share_people(store):
    await opened(store, a_session(capacity=2), a_session("same-day", hour=15), a_session("next-day", day=9))
    chosen = (A, "same-day", "next-day")
    first, *_ = await people(store, *(somebody(n, sessions=chosen) for n in (1, 2)), somebody(3, waiting=(A,)))
    told = (await facts(store, PlacesChanged))[-1]
    assert [(each.sessions, each.count) for each in told.both] == [((A, "same-day"), 2)]
    assert [(each.session, each.taken, each.waiting) for each in told.sessions if each.session == A] == [(A, 2, 1)]
    await actions.cancel(store, first, manage_url=manage_url)
    assert [each.count for each in (await facts(store, PlacesChanged))[-1].both] == [1]
