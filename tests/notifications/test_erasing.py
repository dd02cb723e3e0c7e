"""Somebody is forgotten: one last mail leaves, then nothing about them is left, and nothing brings it back."""

import re
from datetime import timedelta
from itertools import permutations

import pytest

from services.notifications.actions import retrying, sending
from services.notifications.actions.erasing import erase as begin
from services.notifications.actions.erasing import erasing
from services.notifications.domain.attempts import Outcome, Verdict
from services.notifications.domain.deliveries import State, Template
from services.notifications.exporting import export
from shared import outbox, tombstones
from shared.clock import now
from shared.errors import Refusal
from shared.events.notifications import ErasedHere
from shared.events.registration import Amended, Confirmed, Erased, LinkRequested, Transferred
from tests.canaries import places
from tests.notifications.factories import EDITION, a_fact, a_person, a_released, an_envelope
from tests.notifications.test_changes import Office, a_month_before, office  # noqa: F401 - fixtures

CANARY = {"given_name": "Kanarigiven", "family_name": "Kanariname", "email": "kanarimail@x.example"}
BEFORE = {"given_name": "Kanarifirst", "family_name": "Kanaribefore", "email": "kanarielse@x.example"}
HOUSEMATE = {**CANARY, "given_name": "Yann", "family_name": "Le Goff"}
NAMES = ("Kanarigiven", "Kanariname")
WORDS = ("Kanarigiven", "Kanariname", "kanarimail", "Kanarifirst", "Kanaribefore", "kanarielse")


def confirmed(**changes) -> Confirmed:
    return a_fact(Confirmed, registration="r1", **{**BEFORE, **changes})


def transferred() -> Transferred:
    return a_fact(Transferred, registration="r1", generation=2, previous=a_person(**BEFORE), **CANARY)


async def erase(office, *, sequence=9, actor="person"):  # noqa: F811
    fact = Erased(registration="r1", edition=EDITION, at=now(), actor=actor)
    await begin(office.store, an_envelope(fact, sequence), fact)


async def finish(office):  # noqa: F811
    await erasing(office.store).step()


async def told(office) -> list[str]:  # noqa: F811
    entries = office.store.database[outbox.COLLECTION].find({"key": "r1"})
    return [one["headers"]["ce-type"] async for one in entries]


@pytest.fixture
async def known(office):  # noqa: F811
    """A registration handed from one canary to the other, with their mails sent and their badge known."""
    await office.release(a_released())
    await office.learn(confirmed())
    await office.issue("r1")
    await office.send()
    await office.learn(transferred(), 2)
    await office.issue("r1", 2)
    await office.send()
    return office


async def test_one_last_mail_leaves_and_then_nothing_is_left(known):
    assert set().union(*(await places(known.store.database, WORDS)).values()) == {*WORDS}
    await erase(known)
    await finish(known)
    assert await told(known) != [ErasedHere.type()]  # its address is still needed
    ((_, template), content) = next(iter((await known.send()).items()))
    assert template is Template.ERASED
    assert "vos données sont effacées" in content.title
    assert "Kanarigiven Kanariname" in content.text
    assert "mon-inscription" not in content.text
    assert [file.media_type.partition(";")[0] for file in content.attachments] == ["text/calendar"]
    await finish(known)
    assert await places(known.store.database, WORDS) == {}
    assert await told(known) == [ErasedHere.type()]


async def test_everything_else_that_waited_does_not_leave(known):
    await known.learn(a_fact(Amended, registration="r1", generation=2, changed=("function",), **CANARY), 3)
    await erase(known)
    assert {template for _, template in await known.send(later=timedelta(days=1))} == {Template.ERASED}
    await known.look()
    assert await known.send(later=timedelta(days=1)) == {}


async def test_a_mail_that_cannot_leave_keeps_its_address_for_a_day(known):
    await erase(known)
    await known.send(verdict=Verdict.INTERRUPTED)
    await finish(known)
    assert await known.store.known("r1")
    (stone,) = await known.store.database[tombstones.COLLECTION].find({}).to_list(None)
    assert timedelta(hours=23) < stone["until"] - now() < timedelta(hours=25)
    await known.store.database[tombstones.COLLECTION].update_one({}, {"$set": {"until": now()}, "$inc": {"rev": 1}})
    await finish(known)
    assert await places(known.store.database, WORDS) == {}
    assert await told(known) == [ErasedHere.type()]


async def test_what_time_erases_is_told_to_nobody(known):
    await erase(known, actor="system")
    await finish(known)
    assert await known.send() == {}
    assert await places(known.store.database, WORDS) == {}


async def test_a_mail_being_handed_over_comes_to_its_end_first(known):
    await known.learn(a_fact(LinkRequested, registration="r1", generation=2, **CANARY), 3)
    (due,) = await known.store.due(now(), await known.writer.refresh(), 5)
    errand = await sending.take(known.store, due, "me", known.writer.programme(EDITION))
    await erase(known, actor="system")
    await finish(known)
    assert await told(known) != [ErasedHere.type()]
    await sending.settle(known.store, errand.delivery, Outcome(Verdict.HUNG_UP), None, "me")
    await finish(known)
    assert await places(known.store.database, WORDS) == {}
    assert await known.send(later=timedelta(days=1)) == {}


async def test_a_mail_about_to_be_handed_over_is_not(known):
    await known.learn(a_fact(LinkRequested, registration="r1", generation=2, **CANARY), 3)
    (due,) = await known.store.due(now(), await known.writer.refresh(), 5)
    await erase(known, actor="system")
    await finish(known)
    assert await sending.take(known.store, due, "me", known.writer.programme(EDITION)) is None
    with pytest.raises(Refusal):
        await retrying.retry(known.store, due.id, "staff:claire")


async def test_a_lost_link_of_somebody_else_no_longer_names_them(known):
    await known.learn(a_fact(Confirmed, registration="r2", **HOUSEMATE))
    await known.learn(a_fact(LinkRequested, registration="r2", **HOUSEMATE), 2)
    await known.send(later=timedelta(hours=1))
    await erase(known, actor="system")
    await finish(known)
    assert await places(known.store.database, NAMES) == {}
    assert [one.state for one in await known.store.of_person("r2")] == [State.SENT, State.SENT]


async def take(known, template):
    """The one mail of this kind that is due, taken by a process that is slow to send it."""
    for due in await known.store.due(now(), await known.writer.refresh(), 5):
        if due.template is template:
            errand = await sending.take(known.store, due, "slow", known.writer.programme(EDITION))
            return errand.delivery, known.writer.write(errand, await known.writer.papers([errand.delivery]))
    raise LookupError(template)


async def test_the_last_mail_taken_at_the_last_moment_comes_to_its_end_first(known, monkeypatch):
    """Its day is over, and the mail server is back at that very moment."""
    await erase(known)
    await known.store.database[tombstones.COLLECTION].update_one({}, {"$set": {"until": now()}, "$inc": {"rev": 1}})
    taken = []
    looked = known.store.lost_links

    async def look(addresses):
        taken.append(await take(known, Template.ERASED))
        return await looked(addresses)

    with monkeypatch.context() as patch:
        patch.setattr(known.store, "lost_links", look)
        await finish(known)
    assert await told(known) != [ErasedHere.type()]
    ((delivery, written),) = taken
    await sending.settle(known.store, delivery, Outcome(Verdict.ACCEPTED), written, "slow")
    await finish(known)
    assert await told(known) == [ErasedHere.type()]
    assert await places(known.store.database, WORDS) == {}


@pytest.fixture
async def housemate(known):
    """Somebody else with the same mailbox, who asked for the links of everybody there."""
    await known.learn(a_fact(Confirmed, registration="r2", **HOUSEMATE))
    await known.issue("r2")
    await known.send()
    await known.learn(a_fact(LinkRequested, registration="r2", **HOUSEMATE), 2)
    return known


async def test_a_list_of_links_being_sent_comes_to_its_end_first_and_its_words_are_not_kept(housemate):
    delivery, written = await take(housemate, Template.LOST_LINK)
    assert "Kanarigiven Kanariname" in written.content.text
    await erase(housemate, actor="system")
    await finish(housemate)
    assert await told(housemate) != [ErasedHere.type()]
    await sending.settle(housemate.store, delivery, Outcome(Verdict.ACCEPTED), written, "slow")
    await finish(housemate)
    assert await told(housemate) == [ErasedHere.type()]
    assert await places(housemate.store.database, NAMES) == {}


async def test_words_of_a_list_of_links_that_no_look_has_seen_are_not_kept(housemate, monkeypatch):
    """It was taken before the erasure was heard of, by a transaction that ended after the look."""
    delivery, written = await take(housemate, Template.LOST_LINK)
    await erase(housemate, actor="system")

    async def nothing(_addresses):
        return []

    monkeypatch.setattr(housemate.store, "lost_links", nothing)
    await finish(housemate)
    assert await told(housemate) == [ErasedHere.type()]
    await sending.settle(housemate.store, delivery, Outcome(Verdict.ACCEPTED), written, "slow")
    assert (await housemate.store.delivery(delivery.id)).state is State.SENT
    assert await places(housemate.store.database, NAMES) == {}


async def test_words_of_an_attempt_that_counts_no_more_are_not_kept(housemate):
    delivery, written = await take(housemate, Template.LOST_LINK)
    await sending.adopt(housemate.store, delivery)
    await sending.settle(housemate.store, delivery, Outcome(Verdict.ACCEPTED), written, "slow")
    assert (await housemate.store.delivery(delivery.id)).state is State.UNKNOWN
    assert await housemate.store.content(delivery.id) is None


async def test_an_attempt_whose_delivery_was_forgotten_changes_nothing(known):
    await known.learn(a_fact(LinkRequested, registration="r1", generation=2, **CANARY), 3)
    delivery, written = await take(known, Template.LOST_LINK)
    await sending.adopt(known.store, delivery)
    await erase(known, actor="system")
    await finish(known)
    await sending.settle(known.store, delivery, Outcome(Verdict.ACCEPTED), written, "slow")
    assert await places(known.store.database, WORDS) == {}


@pytest.mark.parametrize("order", [*permutations(range(4))])
async def test_facts_in_any_order_bring_nobody_back(office, order):  # noqa: F811
    await office.release(a_released())
    facts = [confirmed(), transferred(), a_fact(LinkRequested, registration="r1", generation=2, **CANARY), None]
    for number in order:
        if facts[number] is None:
            await erase(office)
        else:
            await office.learn(facts[number], number + 1)
        await office.issue("r1")
    await office.send(later=timedelta(hours=1))
    await finish(office)
    assert await places(office.store.database, WORDS) == {}
    assert await told(office) == [ErasedHere.type()]
    assert (await office.store.database[tombstones.COLLECTION].find_one({}))["open"] is False


async def test_what_is_held_is_handed_out_to_whoever_holds_the_newest_link(known):
    held = await export(known.store, "r1")
    assert held["known_of_the_registration"]["person"]["family_name"] == "Kanariname"
    assert {mail["recipient"] for mail in held["mails"]} == {held["known_of_the_registration"]["person"]["email"]}
    assert "transfer-received" in {mail["template"] for mail in held["mails"]}
    assert "transfer-given" not in {mail["template"] for mail in held["mails"]}  # the one before got it
    assert all(mail["text"] for mail in held["mails"])
    assert not re.search(r"/mon-inscription/[0-9a-z]+\.", str(held["mails"]))
    assert await export(known.store, "r2") is None
