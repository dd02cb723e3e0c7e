"""The mail server is away, busy, rude or slow: nothing is lost, nothing leaves twice, nobody waits for another."""

import asyncio
import time
from collections import Counter
from datetime import timedelta

import pytest

from services.notifications.domain import attempts
from services.notifications.domain.deliveries import State
from services.notifications.smtp import PostOffice, Route
from services.notifications.store import Store
from tests.notifications.mail_server import MailServer
from tests.notifications.test_actions import know_edition
from tests.notifications.test_mailer import a_mailer, only, register, running, until

PEOPLE = 200
SHORT = timedelta(milliseconds=100)


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hours and more, in seconds: the schedule is the same, its minutes are shorter."""
    monkeypatch.setattr(attempts, "PAUSES", tuple(SHORT for _ in attempts.PAUSES))
    monkeypatch.setattr(attempts, "INTERRUPTION", SHORT)


async def test_a_mail_server_down_for_long_loses_nothing_and_sends_nothing_twice(
    store: Store, mail_server: MailServer, short_pauses: None
):
    await know_edition(store)
    url = mail_server.url
    await mail_server.stop()
    for start in range(0, PEOPLE, 50):
        await asyncio.gather(*(register(store, f"r{n}", email=f"p{n}@a.example") for n in range(start, start + 50)))

    async def settled(*states: State) -> int:
        counts = await store.counts()
        return sum(counts[state] for state in states)

    async with running(a_mailer(store, url, connections=4, at_once=20)):
        await asyncio.sleep(0.5)  # nothing answers: what must not happen is that anything is counted
        assert await settled(State.QUEUED) == PEOPLE

        mail_server.fault = "rcpt-hang-up"
        await mail_server.start()

        async def some_blamed() -> bool:
            return await settled(State.RETRY) > 10

        await until(some_blamed, 60)
        mail_server.fault = "data451"

        async def all_greylisted() -> bool:
            return await settled(State.RETRY) == PEOPLE

        await until(all_greylisted, 60)
        mail_server.hang_up()
        mail_server.fault = ""

        async def all_sent() -> bool:
            return await settled(State.SENT) == PEOPLE

        await until(all_sent, 60)
    arrived = Counter(mail_server.recipients)
    assert arrived == Counter({f"p{n}@a.example": 1 for n in range(PEOPLE)})
    assert len({message["Message-ID"] for message in mail_server.messages}) == PEOPLE
    assert await store.database["deliveries"].count_documents({"facts": 1, "doubts": 0}) == PEOPLE


async def test_a_message_the_server_hangs_up_on_is_counted_in_the_end_and_holds_up_nobody(
    store: Store, mail_server: MailServer, short_pauses: None
):
    await know_edition(store)
    mail_server.hated = {"rude@a.example"}
    await register(store, "r1", email="rude@a.example")
    await register(store, "r2")
    async with running(a_mailer(store, mail_server.url, connections=1)):

        async def ended() -> bool:
            return (await only(store)).state is State.REFUSED

        await until(ended, 30)
    rude, other = await only(store), await only(store, "r2")
    assert (rude.attempts, rude.reason) == (12, "SMTPServerDisconnected")
    assert rude.hang_ups == attempts.HANG_UPS - 1 + 12
    assert (other.state, other.attempts) == (State.SENT, 1)


async def test_the_pause_after_each_hang_up_is_longer(store: Store, mail_server: MailServer):
    await know_edition(store)
    mail_server.fault = "rcpt-hang-up"
    await register(store)
    async with running(a_mailer(store, mail_server.url)):

        async def twice() -> bool:
            return (await only(store)).hang_ups == 2

        await until(twice)
    delivery = await only(store)
    assert (delivery.state, delivery.attempts) == (State.QUEUED, 0)
    assert delivery.due - delivery.changed == 2 * attempts.INTERRUPTION


async def test_two_who_look_for_the_server_at_once_share_one_connection(mail_server: MailServer):
    office = PostOffice(Route(mail_server.url, "a@b.example", "b.example", 2.0, 5.0), 2)
    await asyncio.gather(office.ready(), office.ready())
    await office.ready()
    await office.close()
    assert mail_server.connections == 1


async def test_nobody_waits_two_seconds_behind_slow_messages(store: Store, mail_server: MailServer):
    await know_edition(store)
    slow = {f"slow{n}@a.example" for n in range(2)}
    mail_server.slow_for = slow
    mail_server.gate.clear()
    for number, address in enumerate(sorted(slow)):
        await register(store, f"s{number}", email=address)
    async with running(a_mailer(store, mail_server.url, connections=2, at_once=10)):

        async def both_stuck() -> bool:
            return mail_server.busiest == 2

        await until(both_stuck)
        began = time.monotonic()
        await register(store, "r1")

        async def quick_sent() -> bool:
            return (await only(store)).state is State.SENT

        await until(quick_sent, 5)
        waited = time.monotonic() - began
        mail_server.gate.set()

        async def all_sent() -> bool:
            return (await store.counts())[State.SENT] == 3

        await until(all_sent)
    assert waited < 2
