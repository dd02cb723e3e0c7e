"""Use cases on the real MongoDB: every state change with its fact, every retry the same answer."""

import asyncio
from dataclasses import replace

import pytest

from services.registration import actions
from services.registration.domain import refusals
from services.registration.domain.registrations import Organisation, Person
from services.registration.store import Store
from shared.errors import NotFound
from shared.events.badges import Issued, Revoked
from shared.events.registration import Cancelled, Confirmed, PlacesChanged
from shared.ids import new_id
from tests.registration.conftest import (
    EDITION,
    a_category,
    a_session,
    an_application,
    an_envelope,
    coming,
    manage_url,
    opened,
    ruled,
    told_edition,
    told_release,
)


async def registering(store, application=None, *, key=None, id=None, staff=False):
    application = application or an_application()
    return await actions.register(store, application, id=id or new_id(), key=key, manage_url=manage_url, staff=staff)


async def facts(store, fact_class, key=None):
    where = {"headers.ce-type": fact_class.type(), **({"key": key} if key else {})}
    cursor = store.database.outbox.find(where).sort("sequence", 1)
    return [fact_class.model_validate_json(one["body"]) async for one in cursor]


async def places(store):
    return await store.database.places.find_one({"_id": EDITION})


async def test_register_keeps_person_fact_and_places_together(store):
    answer = await registering(store, an_application(sessions=("2026-01",)))
    kept = await store.pages.registration(answer.id)
    (fact,) = await facts(store, Confirmed, answer.id)
    counted = await places(store)
    assert kept.person == an_application().person
    assert (fact.status, fact.manage_url) == ("confirmed", manage_url(answer.id, 1))
    assert (counted["taken"], counted["categories"], counted["sessions"]) == (1, {"elu": 1}, {"2026-01": 1})
    assert [one.taken for one in await facts(store, PlacesChanged)][-1] == 1


async def test_register_keeps_needs_apart_and_out_of_every_fact(store):
    answer = await registering(store, an_application(needs=("vegetarian",), needs_other="noix", phone="0612345678"))
    needs = await store.pages.needs(answer.id)
    assert (needs.codes, needs.other) == (("vegetarian",), "noix")
    assert "vegetarian" not in str(await store.database.registrations.find_one({"_id": answer.id}))
    told = str(await store.database.outbox.find().to_list(None))
    assert "vegetarian" not in told
    assert "noix" not in told
    assert "0612345678" not in told


async def test_register_with_the_same_key_is_one_registration(store):
    key = actions.Key("k1", "body")
    answers = await asyncio.gather(*(registering(store, key=key) for _ in range(20)))
    assert len(set(answers)) == 1
    assert await store.database.registrations.count_documents({}) == 1
    assert await registering(store, key=key) == answers[0]
    assert len(await facts(store, Confirmed)) == 1


async def test_register_with_the_same_key_and_another_body_is_refused(store):
    await registering(store, key=actions.Key("k1", "one"))
    with pytest.raises(refusals.KeyReused):
        await registering(store, key=actions.Key("k1", "other"))
    assert (await places(store))["taken"] == 1


async def test_register_refused_leaves_the_key_free(store):
    key = actions.Key("k1", "body")
    with pytest.raises(refusals.CategoryUnknown):
        await registering(store, an_application(category="equipe"), key=key)
    answer = await registering(store, an_application(category="equipe"), key=key, staff=True)
    assert answer.status == "confirmed"


async def test_register_flags_a_shared_address_in_any_case(store):
    first = await registering(store)
    person = replace(an_application().person, given_name="Yann", email="SOLENE@mairie.example")
    second = await registering(store, an_application(person=person))
    assert not (await store.pages.registration(first.id)).same_address
    assert (await store.pages.registration(second.id)).same_address
    await actions.cancel(store, first.id, manage_url=manage_url)
    await actions.cancel(store, second.id, manage_url=manage_url)
    third = await registering(store)
    assert not (await store.pages.registration(third.id)).same_address


async def test_register_for_an_edition_that_is_not_ready_is_refused(store):
    with pytest.raises(refusals.EditionUnknown):
        await registering(store, an_application(edition="raict-2099"))


async def test_cancel_frees_places_exactly_once(store):
    answer = await registering(store, an_application(sessions=("2026-01",)))
    await asyncio.gather(*(actions.cancel(store, answer.id, manage_url=manage_url) for _ in range(10)))
    counted = await places(store)
    assert (counted["taken"], counted["cancelled"], counted["sessions"]) == (0, 1, {"2026-01": 0})
    (fact,) = await facts(store, Cancelled, answer.id)
    assert fact.status == "cancelled"


async def test_cancel_needs_the_generation_of_the_link(store):
    answer = await registering(store)
    with pytest.raises(NotFound):
        await actions.cancel(store, answer.id, generation=2, manage_url=manage_url)
    with pytest.raises(NotFound):
        await actions.cancel(store, "unknown", manage_url=manage_url)


async def test_cancel_by_staff_is_audited_once(store):
    answer = await registering(store)
    for _ in range(2):
        await actions.cancel(store, answer.id, manage_url=manage_url, actor="staff:claire")
    entries = await store.database.audit.find({"action": "registration.cancel"}).to_list(None)
    assert [(one["actor"], one["subject"], one["fields"]) for one in entries] == [
        ("staff:claire", answer.id, ["status"])
    ]


async def test_a_batch_tells_places_once(store):
    before = len(await facts(store, PlacesChanged))
    await asyncio.gather(*(registering(store) for _ in range(60)))
    told = (await facts(store, PlacesChanged))[before:]
    assert told[-1].taken == 60
    assert len(told) <= 5
    assert [one.taken for one in told] == sorted(one.taken for one in told)


async def test_setting_rules_twice_tells_places_once(store):
    before = len(await facts(store, PlacesChanged))
    await ruled(store, quota=10)
    await ruled(store, quota=10)
    told = (await facts(store, PlacesChanged))[before:]
    assert [one.quota for one in told] == [10]
    (entry,) = await store.database.audit.find({"fields": ["quota"]}).to_list(None)
    assert entry["subject"] == EDITION


async def test_older_facts_change_nothing(store):
    newer = told_release(coming(a_session("b")), release=2)
    await actions.project_release(store, an_envelope(newer, 5000), newer)
    older = told_release(coming(a_session("a")), release=1)
    await actions.project_release(store, an_envelope(older, 4999), older)
    assert [*(await store.pages.shown(EDITION)).programme.sessions] == ["b"]
    renamed, stale = told_edition(short="RAICT 26"), told_edition(short="RAICT 25")
    await actions.project_edition(store, an_envelope(renamed, 9000), renamed)
    await actions.project_edition(store, an_envelope(stale, 8999), stale)
    assert (await store.pages.shown(EDITION)).identity.short == "RAICT 26"


async def test_a_release_tells_the_new_capacities(store):
    fact = told_release(coming(a_session("c", capacity=12)), release=2)
    for _ in range(2):
        await actions.project_release(store, an_envelope(fact, 5000), fact)
    told = (await facts(store, PlacesChanged))[-1]
    assert [(one.session, one.quota) for one in told.sessions] == [("c", 12)]


def a_badge(generation=1):
    return Issued(
        registration="r1",
        edition=EDITION,
        generation=generation,
        code="K4P7X2RMXA",
        link="https://x/badge/b.pdf",
        pdf="",
    )


async def test_badges_are_projected_in_any_order(store):
    revoked = Revoked(registration="r1", edition=EDITION, generation=1, reason="cancelled")
    await actions.project_badge(store, an_envelope(revoked, 2), revoked)
    await actions.project_badge(store, an_envelope(a_badge(), 1), a_badge())
    badge = await store.pages.badge("r1")
    assert badge.revoked
    await actions.project_badge(store, an_envelope(a_badge(2), 3), a_badge(2))
    badge = await store.pages.badge("r1")
    assert (badge.generation, badge.code, badge.revoked) == (2, "K4P7X2RMXA", False)


async def test_without_the_projections_rule_the_last_to_arrive_wins(store, monkeypatch):
    monkeypatch.setattr("services.registration.actions.learning._is_newer", lambda *_: True)
    revoked = Revoked(registration="r1", edition=EDITION, generation=1, reason="cancelled")
    await actions.project_badge(store, an_envelope(revoked, 2), revoked)
    await actions.project_badge(store, an_envelope(a_badge(), 1), a_badge())
    assert not (await store.pages.badge("r1")).revoked


async def test_the_end_of_an_older_badge_leaves_the_new_one(store):
    await actions.project_badge(store, an_envelope(a_badge(2), 2), a_badge(2))
    revoked = Revoked(registration="r1", edition=EDITION, generation=1, reason="replaced")
    await actions.project_badge(store, an_envelope(revoked, 3), revoked)
    badge = await store.pages.badge("r1")
    assert (badge.generation, badge.revoked) == (2, False)


async def crowd(database, store_class, people=200):
    """People who want one of 30 places at once, through two processes' stores; answers how many got one."""
    stores = [store_class(database), store_class(database)]
    barrier = asyncio.Barrier(2)
    for one in stores:
        one.barrier = barrier
    wanted = [
        an_application(person=replace(an_application().person, email=f"p{number}@x.example"))
        for number in range(people)
    ]
    try:
        results = await asyncio.gather(
            *(registering(stores[number % 2], one) for number, one in enumerate(wanted)), return_exceptions=True
        )
    finally:
        for one in stores:
            await one.close()
    assert {type(one) for one in results} <= {actions.Answer, refusals.EditionFull}
    return sum(isinstance(one, actions.Answer) for one in results)


class Together(Store):
    """Both processes have decided before either writes: the worst moment there is."""

    barrier = None

    async def _flush(self, tx, unit):
        if self.barrier:
            barrier, self.barrier = self.barrier, None
            await barrier.wait()
        await super()._flush(tx, unit)


class Unguarded(Together):
    """The counter is written outside of the transaction, whatever it has become since it was read."""

    async def _flush(self, tx, unit):
        document = unit.changes.documents.pop(("places", EDITION), None)
        unit.changes.outbox = {id: one for id, one in unit.changes.outbox.items() if one["key"] != EDITION}
        await super()._flush(tx, unit)
        if document:
            await self.database.places.replace_one({"_id": EDITION}, {**document, "rev": 1})


async def test_two_processes_give_exactly_the_places_there_are(store):
    await opened(store, quota=30)
    assert await crowd(store.database, Together) == 30
    assert (await places(store))["taken"] == 30
    assert await store.database.registrations.count_documents({"status": "confirmed"}) == 30


async def test_without_the_guard_two_processes_give_too_many(store):
    await opened(store, quota=30)
    assert await crowd(store.database, Unguarded) > 30


@pytest.mark.parametrize("quota", [0, 1])
async def test_the_last_place_goes_to_one(store, quota):
    await opened(store, categories=(a_category(quota=quota),))
    results = await asyncio.gather(*(registering(store) for _ in range(2)), return_exceptions=True)
    assert sum(isinstance(one, actions.Answer) for one in results) == quota


async def test_text_that_hurts_is_found_again_as_typed(store):
    person = Person("مريم", "Robert'); db.dropDatabase() $where {{7*7}} =cmd|x", "élu@région.example", "fr", "%s %(x)s")
    organisation = Organisation("髙橋 $ne .dot", "other", "JP")
    answer = await registering(store, an_application(person=person, organisation=organisation))
    kept = await store.pages.registration(answer.id)
    assert (kept.person, kept.organisation) == (person, organisation)
