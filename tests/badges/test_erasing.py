"""Somebody is forgotten: the door refuses their badge, counts what it counted, and knows nobody."""

from itertools import permutations

import pytest

from services.badges import actions
from services.badges.actions import rebuilding
from services.badges.domain import Result
from shared import outbox, rebuild, tombstones
from shared.events import CATALOGUE, Envelope
from shared.events.badges import ErasedHere
from shared.events.registration import Erased
from shared.rebuild import History
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
    token,
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


async def test_after_the_database_was_lost_it_is_said_under_an_id_of_its_own(store, known):
    """Badges had told of the person and was lost before it had heard of the erasure: it knows no number of theirs."""
    entries = await store.database[outbox.COLLECTION].find({}).to_list(None)
    own = [
        (CATALOGUE[one["headers"]["ce-type"]].model_validate_json(one["body"]), Envelope.from_headers(one["headers"]))
        for one in entries
    ]
    lost = History(own, [(erased(), envelope(erased(), 9))], BEFORE)
    await rebuild.clear(store.database)
    await rebuild.write(store.database, rebuilding.rebuilt(rebuild.without_erased(lost)))
    await actions.erasing(store).step()
    (said,) = await store.database[outbox.COLLECTION].find({}).to_list(None)
    assert said["headers"]["ce-type"] == ErasedHere.type()
    assert said["_id"] not in {one["_id"] for one in entries}


async def test_a_database_that_a_test_dropped_has_its_indexes_in_the_next(indexed, store):
    await rebuild.clear(store.database)
    await store.database[tombstones.COLLECTION].insert_one({"_id": "r1"})
    database = indexed(type(store))
    for collection, indexes in store.all_indexes().items():
        made = await database[collection].index_information()
        assert {one.document["name"] for one in indexes} <= {*made}, collection


async def test_without_its_tombstone_a_late_fact_brings_somebody_back(store, known):
    await erase(store)
    await store.database[tombstones.COLLECTION].delete_many({})
    await tell(store, confirmed(person=PERSON), 20)
    assert await places(store.database, WORDS) != {}


async def test_the_team_gets_what_is_held(site, known):
    held = await site.post("/api/badges/v1/registrations/r1/export", headers=token("registrations"))
    assert held.json()["holder"]["family_name"] == "Kanariname"
    assert [one["result"] for one in held.json()["check_ins"]] == ["admitted"]


async def test_the_link_is_recognised_by_its_digest(site, store, workshop):
    await tell(store, edition_changed(), 1)
    await tell(store, confirmed(manage_url="https://example.org/mon-inscription/r1.1.abc"), 1)
    file = await site.post("/api/badges/v1/export", data={"link": "r1.1.abc"})
    assert file.json()["holder"]["registration"] == "r1"
    assert "abc" not in file.text
    assert (await site.post("/api/badges/v1/export", data={"link": "r1.2.abc"})).status_code == 404
