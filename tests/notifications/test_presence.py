"""Two processes that could both send: one of them frozen, or the database, and still each mail leaves once."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifications.domain.deliveries import State
from services.notifications.mailer import Mailer
from services.notifications.presence import SILENCE, Presence
from services.notifications.store import Store
from shared.leases import COLLECTION
from tests.notifications.mail_server import MailServer
from tests.notifications.test_actions import know_edition
from tests.notifications.test_mailer import a_mailer, only, register, running, until


class Hesitant(MailServer):
    """Asks the first client to wait before it may hand over its message."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.welcome = asyncio.Event()

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, _o: list) -> str:  # noqa: N802
        self.asked += 1
        if self.asked == 1:
            await self.welcome.wait()
        return await super().handle_RCPT(server, session, envelope, address, _o)


@pytest.fixture
async def hesitant() -> AsyncIterator[Hesitant]:
    server = Hesitant()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def short_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the mail server is not the first to lose patience."""
    monkeypatch.setattr("services.notifications.presence.SILENCE", 0.1)


async def expire_leases(store: Store) -> None:
    """What is left in the database after a freeze: nobody could renew."""
    await store.database[COLLECTION].update_many({}, [{"$set": {"until": {"$subtract": ["$$NOW", 1]}}}])


async def lose_touch(mailer: Mailer, store: Store) -> None:
    """As if the process were frozen for long: it renews nothing, and its lease has run out."""
    presence = mailer._presence
    presence._saying.cancel()
    await asyncio.gather(presence._saying, return_exceptions=True)
    await store.database[COLLECTION].insert_one({"_id": presence._lease.name, "holder": presence._lease._holder})
    presence._lease._sure_until = 0.0
    await expire_leases(store)


@asynccontextmanager
async def a_mail_on_its_way(store: Store, server: MailServer) -> AsyncIterator[Mailer]:
    """The text is handed over, the server has not answered, and the database has just come back from a freeze."""
    await know_edition(store)
    await register(store)
    server.gate.clear()
    mailer = a_mailer(store, server.url)
    async with running(mailer) as loop:

        async def on_its_way() -> bool:
            return server.busiest == 1

        await until(on_its_way)
        loop._step = nothing_to_do  # the lease on taking what is due has passed on
        await expire_leases(store)
        yield mailer
        server.gate.set()


async def watched(other: Mailer, store: Store) -> None:
    """The other process looks for as long as it takes to find somebody gone."""
    began = time.monotonic()

    async def looked_for_long() -> bool:
        return time.monotonic() - began > SILENCE + 1.5 or (await only(store)).sender != first

    first = (await only(store)).sender
    async with running(other):
        await until(looked_for_long)


async def all_settled(store: Store) -> bool:
    return (await only(store)).state is State.SENT


async def test_a_frozen_database_makes_nobody_take_over_what_another_is_sending(store, mail_server):
    async with a_mail_on_its_way(store, mail_server) as mailer:
        await watched(a_mailer(store, mail_server.url), store)
        assert (await only(store)).sender == mailer._me
    delivery = await only(store)
    assert (delivery.state, delivery.doubts, len(mail_server.held)) == (State.SENT, 0, 1)


async def test_without_watching_a_frozen_database_mails_twice(store, mail_server, monkeypatch):
    """The negative control of the test above: whose lease has run out counts as gone at once."""

    async def everybody(_self: Presence, senders: set[str]) -> set[str]:
        return set(senders)

    monkeypatch.setattr(Presence, "gone", everybody)
    other = a_mailer(store, mail_server.url)
    async with a_mail_on_its_way(store, mail_server), running(other):

        async def taken_over() -> bool:
            return (await only(store)).sender == other._me

        await until(taken_over)
        mail_server.gate.set()
        await until(lambda: all_settled(store))
    assert len(mail_server.held) == 2


async def a_mailer_that_wakes_up_late(store: Store, server: Hesitant) -> None:
    """Frozen before the text was handed over; meanwhile the other process took over and sent it."""
    await know_edition(store)
    await register(store)
    mailer = a_mailer(store, server.url)
    async with running(mailer) as loop:

        async def asked() -> bool:
            return server.asked == 1

        await until(asked)
        loop._step = nothing_to_do
        await lose_touch(mailer, store)
        async with running(a_mailer(store, server.url)):
            await until(lambda: all_settled(store))
            await mailer._presence._lease.hold()  # awake again, and here again
            server.welcome.set()

            async def awake() -> bool:
                return not mailer._running

            await until(awake)


async def test_who_wakes_up_late_hands_nothing_over(store, hesitant, short_silence):
    await a_mailer_that_wakes_up_late(store, hesitant)
    assert (len(hesitant.held), (await only(store)).doubts) == (1, 1)


async def test_without_asking_at_the_last_moment_who_wakes_up_late_mails_twice(
    store, hesitant, short_silence, monkeypatch
):
    """The negative control of the test above."""
    monkeypatch.setattr("shared.leases.Lease.unbroken", lambda *_: True)
    await a_mailer_that_wakes_up_late(store, hesitant)
    assert len(hesitant.held) == 2


async def test_what_was_taken_without_knowing_leaves_though_another_has_the_lease(store, mail_server):
    """The answer to the taking was lost: only the process itself knows that it sends nothing of the kind."""
    await know_edition(store)
    await register(store, "r1")
    await register(store, "r2")
    mail_server.gate.clear()
    mailer = a_mailer(store, mail_server.url, connections=1)
    async with running(mailer) as loop:

        async def on_its_way() -> bool:
            return mail_server.busiest == 1

        await until(on_its_way)
        loop._step = nothing_to_do
        await store.database["deliveries"].update_many(
            {"state": State.QUEUED}, {"$set": {"state": State.SENDING, "sender": mailer._me, "due": None}}
        )

        async def reclaimed() -> bool:
            return (await only(store, "r2")).state is State.UNKNOWN

        await until(reclaimed)
        mail_server.gate.set()
    assert (await only(store, "r1")).doubts == 0


async def nothing_to_do() -> bool:
    return False
