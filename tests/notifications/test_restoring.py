"""After a restore what cannot have left waits on; what may have left is held for a person, and called what it is."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.notifications.actions import retrying
from services.notifications.actions.rebuilding import hold_waiting
from services.notifications.domain.attempts import Verdict
from services.notifications.domain.deliveries import State, Template
from services.notifications.store import Store
from shared.clock import now
from tests.notifications.factories import REGISTRATION
from tests.notifications.test_actions import PROGRAMME, confirm, issue, know_edition, sent

SOON = timedelta(minutes=10)


async def waiting(store: Store, due: datetime, **changes: Any) -> str:
    """One mail that waited in the backup, after another that had left; its id."""
    await know_edition(store)
    await confirm(store)
    await issue(store)
    await sent(store)
    (told,) = await store.of_person(REGISTRATION)
    document = await store.database["deliveries"].find_one({"_id": told.id})
    changed = {"_id": "waits", "template": Template.PROGRAMME_CHANGED, "state": State.QUEUED, "due": due, "facts": 0}
    fresh = {"attempts": 0, "doubts": 0, "made_from": 0, "made_at": 0, "with_badge": None, "changed": now()}
    await store.database["deliveries"].insert_one({**document, **fresh, **changed, **changes})
    return "waits"


async def state(store: Store, id: str) -> tuple[State, bool]:
    delivery = await store.delivery(id)
    assert delivery
    return delivery.state, delivery.held


async def test_a_mail_whose_time_has_not_come_goes_on_waiting(store: Store):
    id = await waiting(store, due := now() + SOON)

    assert await hold_waiting(store, now()) == 1

    assert (await state(store, id), await store.held()) == ((State.QUEUED, False), 0)
    assert (await store.delivery(id)).due == due  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "changes",
    [
        {"due": now() - SOON},
        {"state": State.SENDING, "due": None},
        {"state": State.RETRY, "attempts": 1},
        {"state": State.UNKNOWN, "attempts": 1, "doubts": 1},
        {"template": Template.CONFIRMATION},
        {"changed": now() + timedelta(hours=1), "due": now() + timedelta(hours=1)},
    ],
    ids=["due", "sending", "asked-for", "unknown", "waits-for-its-badge", "clock-ahead"],
)
async def test_a_mail_that_may_have_left_since_the_backup_is_held(store: Store, changes: dict[str, Any]):
    id = await waiting(store, **{"due": now() + SOON, **changes})

    assert await hold_waiting(store, now()) == 0

    assert (await state(store, id), await store.held()) == ((State.UNKNOWN, True), 1)
    page = await store.page(held=True, limit=1)
    assert [one.id for one in page.deliveries] == [id]


async def test_a_mail_that_is_known_to_have_left_before_its_time_is_held(store: Store):
    id = await waiting(store, now() + SOON)

    assert await hold_waiting(store, now(), sent=[id]) == 0
    assert await state(store, id) == (State.UNKNOWN, True)


async def test_what_was_held_before_is_held_still_and_counted(store: Store):
    await waiting(store, now() - SOON)
    assert [await hold_waiting(store, now()) for _ in range(2)] == [0, 0]

    assert await store.held() == 1


@pytest.mark.parametrize(("doubts", "twice"), [(0, False), (1, True)])
async def test_a_held_mail_may_have_come_twice_only_after_an_unknown_outcome(store: Store, doubts: int, twice: bool):
    state = State.UNKNOWN if doubts else State.QUEUED
    id = await waiting(store, now() - SOON, state=state, doubts=doubts, made_at=doubts)
    await hold_waiting(store, now())

    assert (await store.delivery(id)).possibly_twice is twice  # type: ignore[union-attr]


async def test_a_held_mail_that_the_team_sends_is_written_whole_and_may_have_come_twice(store: Store):
    id = await waiting(store, now() - SOON, template=Template.BADGE_READY)
    await hold_waiting(store, now())

    await retrying.retry(store, id, "staff:a1")
    assert await sent(store) == [Template.BADGE_READY]

    delivery = await store.delivery(id)
    assert delivery
    assert (delivery.state, delivery.attempts, delivery.possibly_twice) == (State.SENT, 1, True)
    assert (delivery.with_badge, delivery.made_from) == (True, PROGRAMME.newest)


@pytest.mark.parametrize(
    ("first", "twice"), [(Verdict.REFUSED_FOR_NOW, False), (Verdict.HUNG_UP, False), (Verdict.UNKNOWN, True)]
)
async def test_a_mail_sent_again_may_have_come_twice_only_when_nobody_knows_of_the_first(
    store: Store, first: Verdict, twice: bool
):
    await know_edition(store)
    await confirm(store)
    await issue(store)
    await sent(store, first)
    (delivery,) = await store.of_person(REGISTRATION)
    assert not delivery.possibly_twice

    await sent(store, later=timedelta(minutes=1))

    (delivery,) = await store.of_person(REGISTRATION)
    assert (delivery.state, delivery.possibly_twice) == (State.SENT, twice)


async def test_a_held_mail_that_the_team_gives_up_is_held_no_more(store: Store):
    id = await waiting(store, now() - SOON)
    await hold_waiting(store, now())

    given_up = await retrying.abandon(store, id, "staff:a1")

    assert (given_up.state, given_up.stopped, await store.held()) == (State.UNKNOWN, True, 0)
