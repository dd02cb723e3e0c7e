"""Facts become deliveries on the real MongoDB: once, whatever is repeated, lost or late."""

import asyncio
import itertools
from datetime import timedelta

import pytest

from services.notifications.actions import learning, retrying, sending
from services.notifications.actions.sending import Errand, Written
from services.notifications.domain import letters
from services.notifications.domain.attempts import NotRetryable, Outcome, Verdict
from services.notifications.domain.deliveries import State, Template
from services.notifications.domain.letters import Content
from services.notifications.domain.reviews import Programme
from services.notifications.domain.told import places
from services.notifications.store import Store
from shared import inbox, outbox
from shared.clock import now
from shared.errors import NotFound
from tests.notifications.factories import (
    EDITION,
    PATIENCE,
    REGISTRATION,
    a_cancelled,
    a_confirmed,
    a_released,
    an_edition,
    an_envelope,
    an_issued,
)

ME = "me"
PROGRAMME = Programme({1: places(a_released())})


def a_content(errand: Errand) -> Written:
    """What the writer makes of this errand, without its words."""
    letter = letters.letter(
        errand.delivery, errand.known, an_edition(), a_released(), None, told=errand.told, alone=errand.alone
    )
    return Written(Content("", "", "", ()), letter.said)


async def confirm(store: Store, sequence: int = 1, **changes) -> None:
    fact = a_confirmed(**changes)
    await learning.registration(store, an_envelope(fact, sequence), fact, PATIENCE)


async def cancel(store: Store, sequence: int = 2, **changes) -> None:
    fact = a_cancelled(**changes)
    await learning.registration(store, an_envelope(fact, sequence), fact, PATIENCE)


async def issue(store: Store, sequence: int = 1, **changes) -> None:
    fact = an_issued(**changes)
    await learning.issued(store, an_envelope(fact, sequence), fact)


async def know_edition(store: Store) -> None:
    for sequence, (learn, fact) in enumerate(
        [(learning.edition_changed, an_edition()), (learning.released, a_released())], 1
    ):
        await learn(store, an_envelope(fact, sequence), fact)


async def sent(store: Store, verdict: Verdict = Verdict.ACCEPTED, later: timedelta = timedelta(0)) -> list[Template]:
    """Try everything that is due `later`; the templates tried."""
    await store.database["deliveries"].update_many(
        {"due": {"$ne": None, "$lte": now() + later}}, {"$set": {"due": now()}, "$inc": {"rev": 1}}
    )
    tried = []
    for delivery in await store.due(now(), {EDITION: 1}, 100):
        errand = await sending.take(store, delivery, ME, PROGRAMME)
        if errand:
            await sending.settle(store, errand.delivery, Outcome(verdict), a_content(errand), ME)
            tried.append(errand.delivery.template)
    return tried


async def states(store: Store) -> dict[Template, State]:
    return {one.template: one.state for one in await store.of_person(REGISTRATION)}


async def facts_told(store: Store) -> list[tuple[str, str]]:
    entries = await store.database[outbox.COLLECTION].find({}, sort=[("_id", 1)]).to_list(None)
    return [(entry["subject"].split(".")[2], entry["aggregate"]) for entry in entries]


@pytest.mark.parametrize("order", [*itertools.permutations(["confirmed", "issued", "edition"])])
async def test_a_confirmation_leaves_once_all_it_says_is_known(store, order):
    learn = {"confirmed": confirm, "issued": issue, "edition": know_edition}
    for what in order:
        await learn[what](store)
    assert await sent(store) == [Template.CONFIRMATION]
    assert await sent(store) == []
    (delivery,) = await store.of_person(REGISTRATION)
    assert (delivery.state, delivery.with_badge) == (State.SENT, True)


async def test_nothing_leaves_before_the_release_the_person_saw_is_known(store):
    await know_edition(store)
    await confirm(store, release=2)
    await issue(store)
    assert await store.due(now(), {EDITION: 1}, 10) == []
    assert len(await store.due(now(), {EDITION: 2}, 10)) == 1
    assert await store.due(now(), {"another": 2}, 10) == []
    assert await store.due(now(), {}, 10) == []


async def test_what_goes_to_many_leaves_after_all_that_somebody_waits_for(store):
    await know_edition(store)
    for number in range(3):
        await confirm(store, registration=f"r{number}", email=f"r{number}@mairie.example")
        await issue(store, registration=f"r{number}")
    to_many = {"template": Template.PROGRAMME_CHANGED, "due": now() - timedelta(minutes=5)}
    await store.database["deliveries"].update_many({"registration": {"$ne": "r2"}}, {"$set": to_many})
    due = await store.due(now(), {EDITION: 1}, 10)
    assert [one.template for one in due] == [Template.CONFIRMATION, *[Template.PROGRAMME_CHANGED] * 2]
    assert [one.registration for one in await store.due(now(), {EDITION: 1}, 1)] == ["r2"]


async def test_a_late_badge_is_sent_after_the_confirmation_that_left_without(store):
    await confirm(store)
    assert await sent(store) == []
    assert await sent(store, later=PATIENCE) == [Template.CONFIRMATION]
    await issue(store)
    assert await sent(store) == [Template.BADGE_READY]
    assert await states(store) == {Template.CONFIRMATION: State.SENT, Template.BADGE_READY: State.SENT}


async def test_a_fact_delivered_twice_at_once_calls_for_one_mail(store):
    await asyncio.gather(*(confirm(store) for _ in range(10)), *(issue(store) for _ in range(10)))
    assert len(await store.of_person(REGISTRATION)) == 1


async def test_the_whole_history_again_mails_nobody(store):
    async def history() -> None:
        await know_edition(store)
        await confirm(store)
        await issue(store)
        await cancel(store)

    await know_edition(store)
    await confirm(store)
    await issue(store)
    await sent(store)
    await cancel(store)
    await sent(store)
    before = await store.of_person(REGISTRATION)
    told = await facts_told(store)
    await store.database[inbox.COLLECTION].delete_many({})
    await history()
    assert await sent(store, later=timedelta(days=1)) == []
    assert await store.of_person(REGISTRATION) == before
    assert await facts_told(store) == told


async def test_each_end_is_told_once_with_its_own_sequence(store):
    await confirm(store)
    await issue(store)
    (delivery,) = await store.of_person(REGISTRATION)
    await sent(store, Verdict.REFUSED)
    await retrying.retry(store, delivery.id, "staff:a1")
    await sent(store)
    assert await facts_told(store) == [("email-failed", delivery.id), ("email-sent", delivery.id)]
    entries = await store.database[outbox.COLLECTION].find({}, sort=[("sequence", 1)]).to_list(None)
    assert [entry["sequence"] for entry in entries] == [1, 2]
    assert all(entry["key"] == REGISTRATION for entry in entries)


async def test_a_cancellation_expires_what_waited_and_says_so(store):
    await confirm(store)
    await cancel(store)
    assert await states(store) == {Template.CONFIRMATION: State.EXPIRED, Template.CANCELLATION: State.QUEUED}
    ((fact, _),) = await facts_told(store)
    assert fact == "email-failed"
    assert await sent(store, later=PATIENCE) == [Template.CANCELLATION]


async def clears(store: Store, registration: str) -> bool:
    """Whether the cancellation due takes sessions out of the calendar."""
    (due,) = [one for one in await store.due(now(), {EDITION: 1}, 10) if one.registration == registration]
    errand = await sending.take(store, due, ME, PROGRAMME)
    letter = letters.letter(
        errand.delivery, errand.known, an_edition(), a_released(), None, told=errand.told, alone=errand.alone
    )
    return letter.calendar == "CANCEL"


async def test_a_cancellation_clears_the_calendar_that_the_confirmation_brought(store):
    await confirm(store)
    await issue(store)
    await sent(store)
    await cancel(store)
    assert await clears(store, REGISTRATION)


async def test_a_cancellation_has_nothing_to_clear_when_no_confirmation_left(store):
    await confirm(store)
    await cancel(store)
    assert not await clears(store, REGISTRATION)


async def test_a_cancellation_leaves_the_calendar_to_others_who_use_the_mailbox(store):
    for registration in ("r1", "r2"):
        await confirm(store, registration=registration)
        await issue(store, registration=registration)
    await sent(store)
    await cancel(store, registration="r1")
    assert not await clears(store, "r1")
    await cancel(store, registration="r2")
    assert await clears(store, "r2")


async def test_only_one_of_two_processes_takes_a_delivery(store):
    await confirm(store)
    await issue(store)
    (due,) = await store.due(now(), {EDITION: 1}, 10)
    taken = await asyncio.gather(*(sending.take(store, due, f"process-{i}", PROGRAMME) for i in range(5)))
    assert len([errand for errand in taken if errand]) == 1


async def test_what_a_dead_process_was_sending_is_sent_again_and_flagged(store):
    await confirm(store)
    await issue(store)
    (due,) = await store.due(now(), {EDITION: 1}, 10)
    await sending.take(store, due, "dead", PROGRAMME)
    (left,) = await store.being_sent()
    await sending.adopt(store, left)
    assert await sent(store) == [Template.CONFIRMATION]
    (delivery,) = await store.of_person(REGISTRATION)
    assert (delivery.state, delivery.doubts) == (State.SENT, 1)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", ["r1", "r2"]),
        ("kerv", ["r1"]),
        ("SOLENE kervadec", ["r1"]),
        ("solene@mairie.example", ["r1"]),
        ("solene@mai", ["r1", "r2"]),
        ("agnes", ["r2"]),
        ("Kertész solene@mairie.example.org", ["r2"]),
        ("z", []),
        (".*", []),
        ("$where", []),
    ],
)
async def test_a_delivery_is_found_by_the_beginnings_of_names_or_by_its_address(store, wanted, found):
    await confirm(store, registration="r1", email="solene@mairie.example")
    names = {"given_name": "Ágnes", "family_name": "Kertész"}
    await confirm(store, registration="r2", email="solene@mairie.example.org", **names)
    page = await store.page(recipient=wanted, limit=10)
    assert sorted(one.registration for one in page.deliveries) == found


async def test_a_list_is_read_to_its_end_in_pages(store):
    await asyncio.gather(*(confirm(store, registration=f"r{i}") for i in range(7)))
    seen, after = [], None
    while True:
        page = await store.page(after=after, limit=3, state=State.QUEUED)
        seen += [one.registration for one in page.deliveries]
        if page.next is None:
            break
        after = page.next
    assert sorted(seen) == [f"r{i}" for i in range(7)]


async def test_counts_name_every_state(store):
    await confirm(store)
    counts = await store.counts()
    assert counts[State.QUEUED] == 1
    assert set(counts) == set(State)


async def test_a_retry_by_staff_is_audited_once(store):
    await confirm(store)
    await issue(store)
    (delivery,) = await store.of_person(REGISTRATION)
    await sent(store, Verdict.REFUSED)
    await retrying.retry(store, delivery.id, "staff:a1")
    with pytest.raises(NotRetryable):
        await retrying.retry(store, delivery.id, "staff:a1")
    (entry,) = await store.database["audit"].find({}).to_list(None)
    assert (entry["actor"], entry["action"], entry["subject"]) == ("staff:a1", "delivery.retry", delivery.id)


async def test_a_delivery_that_does_not_exist_cannot_be_retried(store):
    with pytest.raises(NotFound):
        await retrying.retry(store, "nothing", "staff:a1")


async def test_an_edition_is_read_again_only_when_it_changed(store):
    await know_edition(store)
    first = await store.editions({})
    assert (await store.editions(first))[EDITION] is first[EDITION]
    fact = an_edition(short="RAICT 26")
    await learning.edition_changed(store, an_envelope(fact, 7), fact)
    assert (await store.editions(first))[EDITION].changed.short == "RAICT 26"


async def test_an_older_fact_that_arrives_late_does_not_bring_the_old_edition_back(store):
    new, old = an_edition(short="new"), an_edition(short="old")
    await learning.edition_changed(store, an_envelope(new, 5), new)
    await learning.edition_changed(store, an_envelope(old, 4), old)
    assert (await store.editions({}))[EDITION].changed.short == "new"
