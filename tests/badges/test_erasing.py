"""Somebody is forgotten: the door refuses their badge, counts what it counted, and knows nobody."""

from itertools import permutations

import pytest

from services.badges import actions
from services.badges.domain import Result
from shared import outbox, tombstones
from shared.events.badges import ErasedHere
from shared.events.registration import Erased
from tests.badges.factories import (
    BEFORE,
    EDITION,
    FIRST_MORNING,
    amended,
    an_edition,
    confirmed,
    edition_changed,
    envelope,
    signed_in,
    tell,
    transferred,
)
from tests.badges.test_actions import scan
from tests.canaries import places

PERSON = {"given_name": "Kanarigiven", "family_name": "Kanariname", "function": "Kanarifunction"}
WORDS = (*PERSON.values(), "kanarimail")


def erased() -> Erased:
    return Erased(registration="r1", edition=EDITION, at=BEFORE)


async def erase(store, sequence=9):
    await actions.erase(store, envelope(erased(), sequence), erased())
    await actions.erasing(store).step()


async def told(store) -> list[str]:
    return [one["headers"]["ce-type"] async for one in store.database[outbox.COLLECTION].find({"key": "r1"})]


@pytest.fixture
async def known(store, workshop, on_the_day):
    """Somebody with a badge, admitted this morning; their badge as it is worn."""
    await tell(store, edition_changed(), 1)
    await tell(store, confirmed(person=PERSON), 1)
    await actions.issue_due(store, workshop)
    (badge,) = await store.badges_of("r1")
    await scan(store, workshop, workshop.token(badge))
    return badge


async def test_nothing_of_the_person_is_left_and_the_count_is(store, known):
    assert set().union(*(await places(store.database, WORDS)).values()) == {*PERSON.values()}
    await erase(store)
    assert await places(store.database, [*WORDS, known.code]) == {}
    counts = await store.counts(an_edition(), FIRST_MORNING)
    assert (counts.expected, counts.arrived) == (0, 1)
    (admission,) = await store.database.check_ins.find().to_list(None)
    assert (admission["registration"], admission["badge"], admission["category"]) == (None, None, "elu")


async def test_it_is_said_once_after_everything_is_gone(store, known):
    await erase(store)
    await erase(store, 10)
    await actions.erasing(store).step()
    assert await told(store) == [ErasedHere.type()]
    (stone,) = await store.database[tombstones.COLLECTION].find().to_list(None)
    assert stone["open"] is False


@pytest.mark.parametrize("how", ["code", "token"])
async def test_the_door_refuses_the_badge_at_once(store, workshop, known, how):
    await actions.erase(store, envelope(erased(), 9), erased())
    shown = known.code if how == "code" else workshop.token(known)
    answer = await scan(store, workshop, shown, nonce="nonce-2")
    assert answer.check_in.result is (Result.REVOKED if how == "token" else Result.UNKNOWN)
    assert answer.holder is None


async def test_the_doors_page_says_that_it_was_erased(site, store, workshop, known):
    await erase(store)
    page = await signed_in(site, "desk").post(
        "/accueil",
        data={"code": workshop.token(known), "porte": "Iéna", "nonce": "n" * 20},
        headers={"Origin": str(site.base_url)},
    )
    assert "Inscription effacée le" in page.text


@pytest.mark.parametrize("order", [*permutations(range(4))])
async def test_facts_in_any_order_bring_nobody_back(store, workshop, order):
    await tell(store, edition_changed(), 1)
    facts = [confirmed(person=PERSON), amended(person=PERSON), transferred(person=PERSON), None]
    for number in order:
        if facts[number] is None:
            await erase(store)
        else:
            await tell(store, facts[number], number + 1)
        await actions.issue_due(store, workshop)
    await actions.erasing(store).step()
    assert await places(store.database, WORDS) == {}
    assert [badge.state for badge in await store.badges_of("r1") if badge.state == "active"] == []
    assert await told(store) == [ErasedHere.type()]


async def test_a_badge_being_drawn_meanwhile_is_not_issued(store, workshop, monkeypatch):
    await tell(store, edition_changed(), 1)
    await tell(store, confirmed(person=PERSON), 1)
    draw = workshop.make

    async def slowly(*about):
        made = await draw(*about)
        await erase(store)
        return made

    monkeypatch.setattr(workshop, "make", slowly)
    await actions.issue_due(store, workshop)
    assert await store.badges_of("r1") == []
    assert await told(store) == [ErasedHere.type()]
