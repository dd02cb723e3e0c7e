"""A mailer that dies while it sends: nothing is lost, and a copy too many is flagged."""

import asyncio

import pytest

from services.notifications.domain.deliveries import State
from services.notifications.mailer import Mailer
from services.notifications.store import Store
from tests.notifications.test_actions import know_edition
from tests.notifications.test_mailer import a_mailer, only, register, running, until


def one_that_finds_no_orphans(store: Store, url: str) -> Mailer:
    mailer = a_mailer(store, url)
    mailer._looked_for_orphans = float("inf")
    return mailer


@pytest.mark.parametrize(("place", "copies"), [("mail-before-data", 1), ("mail-after-data", 2)])
async def test_a_crash_while_sending_loses_nothing_and_is_flagged(store, mail_server, monkeypatch, place, copies):
    await know_edition(store)
    await register(store)
    crashed = asyncio.Event()

    def crash(name: str) -> None:
        if name == place and not crashed.is_set():
            crashed.set()
            raise asyncio.CancelledError

    monkeypatch.setattr("services.notifications.smtp.reach", crash)
    async with running(one_that_finds_no_orphans(store, mail_server.url)):
        await crashed.wait()
    assert (await only(store)).state is State.SENDING
    async with running(a_mailer(store, mail_server.url)):

        async def sent() -> bool:
            return (await only(store)).state is State.SENT

        await until(sent)
    assert (await only(store)).doubts == 1
    assert len(mail_server.held) == copies
    assert len({message["Message-ID"] for message in mail_server.messages}) == 1


async def test_without_the_stored_claim_a_crash_would_mail_twice_unflagged(store, mail_server, monkeypatch):
    """The negative control of the test above."""
    await know_edition(store)
    await register(store)
    crashed = asyncio.Event()
    before = await only(store)

    def crash(name: str) -> None:
        if name == "mail-after-data" and not crashed.is_set():
            crashed.set()
            raise asyncio.CancelledError

    monkeypatch.setattr("services.notifications.smtp.reach", crash)
    async with running(one_that_finds_no_orphans(store, mail_server.url)):
        await crashed.wait()
    unclaimed = {"state": before.state, "due": before.due, "sender": ""}
    await store.database["deliveries"].update_one({"_id": before.id}, {"$set": unclaimed})
    async with running(a_mailer(store, mail_server.url)):

        async def sent() -> bool:
            return (await only(store)).state is State.SENT

        await until(sent)
    assert (len(mail_server.held), (await only(store)).doubts) == (2, 0)
