"""Mail leaves through a real SMTP server, whatever that server does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import shared.clock
from services.notifications.actions import learning, sending
from services.notifications.composing import Composer
from services.notifications.domain.deliveries import Delivery, State
from services.notifications.domain.reviews import Programme
from services.notifications.mailer import Mailer
from services.notifications.mime import Sender
from services.notifications.smtp import PostOffice, Route
from services.notifications.store import Store
from services.notifications.writing import Writer
from shared.clock import now
from shared.loops import Loop
from shared.web.pages import Pages
from tests.notifications.factories import PATIENCE, PDF, a_cancelled, a_confirmed, an_envelope, an_issued
from tests.notifications.mail_server import MailServer
from tests.notifications.test_actions import know_edition

PAGES = Pages("notifications", Path(__file__).parents[2] / "services" / "notifications")


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - nothing in the house rings when a mail arrives
            await asyncio.sleep(0.01)


def a_mailer(store: Store, url: str, *, connections: int = 4, at_once: int = 0, data_timeout: float = 5.0) -> Mailer:
    route = Route(url, "rencontres@rencontres.example", "rencontres.example", 2.0, data_timeout)
    writer = Writer(store, Composer(PAGES, "https://rencontres.example"))
    sender = Sender.read("Rencontres <rencontres@rencontres.example>")
    return Mailer(store, writer, PostOffice(route, connections), sender, at_once=max(connections, at_once))


@asynccontextmanager
async def running(mailer: Mailer) -> AsyncIterator[Loop]:
    loop = Loop("mailer", mailer.step, every=0.05)
    task = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        await mailer.drain(2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def register(store: Store, registration: str = "r1", **changes) -> None:
    fact, badge = a_confirmed(registration=registration, **changes), an_issued(registration=registration)
    await learning.registration(store, an_envelope(fact), fact, PATIENCE)
    await learning.issued(store, an_envelope(badge), badge)


async def only(store: Store, registration: str = "r1") -> Delivery:
    (delivery,) = await store.of_person(registration)
    return delivery


def tried(store: Store) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        delivery = await only(store)
        return delivery.state is not State.QUEUED and delivery.state is not State.SENDING

    return condition


async def test_a_confirmation_arrives_with_its_files(store: Store, mail_server: MailServer):
    await know_edition(store)
    async with running(a_mailer(store, mail_server.url)):
        await register(store)
        await until(tried(store))
    delivery = await only(store)
    assert (delivery.state, delivery.attempts, delivery.doubts) == (State.SENT, 1, 0)
    (message,) = mail_server.messages
    assert mail_server.recipients == ["solene.kervadec@mairie.example"]
    assert message["Message-ID"] == f"<{delivery.id}@rencontres.example>"
    assert next(message.iter_attachments()).get_content() == PDF
    kept = await store.content(delivery.id)
    assert kept.title == message["Subject"]
    assert [file.name for file in kept.files] == ["badge-raict-2026.pdf", "raict-2026.ics"]


@pytest.mark.parametrize("before", ["sent", "nothing"])
async def test_what_another_process_noted_of_the_mail_server_is_taken_back_though_nothing_waits(
    store: Store, mail_server: MailServer, before: str
):
    """It found the server away, and then ended or lost its turn, or the settings name another server now."""
    await know_edition(store)
    async with running(a_mailer(store, mail_server.url)):
        if before == "sent":
            await register(store)
            await until(tried(store))
        await store.mail_server_refuses("", now())

        async def taken_back() -> bool:
            return await store.mail_server() is None

        await until(taken_back)


async def test_a_mail_put_off_by_a_clock_that_was_ahead_leaves_at_once(
    store: Store, mail_server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ahead = tmp_path / "ahead"
    ahead.write_text("600")
    monkeypatch.setattr(shared.clock, "_AHEAD", str(ahead))
    await know_edition(store)
    await register(store)
    ahead.write_text("0")
    async with running(a_mailer(store, mail_server.url)):
        await until(tried(store))
    assert (await only(store)).state is State.SENT


async def test_a_mail_that_is_to_wait_is_not_hurried_by_clocks(store: Store, mail_server: MailServer):
    await know_edition(store)
    fact = a_confirmed(registration="r1")
    await learning.registration(store, an_envelope(fact), fact, PATIENCE)
    waiting = await only(store)
    async with running(a_mailer(store, mail_server.url)):
        await register(store, "r2")
        await until(lambda: sent(store, "r2"))
    assert await only(store) == waiting


async def sent(store: Store, registration: str) -> bool:
    return (await only(store, registration)).state is State.SENT


@pytest.mark.parametrize(("language", "said"), [("es", "es"), ("de", "fr")])
async def test_a_mail_says_which_language_it_is_in(store: Store, mail_server: MailServer, language: str, said: str):
    await know_edition(store)
    await register(store, language=language)
    async with running(a_mailer(store, mail_server.url)):
        await until(tried(store))
    (message,) = mail_server.messages
    assert message["Content-Language"] == said
    assert f'<html lang="{said}"' in message.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    ("fault", "state", "reason", "held"),
    [
        ("rcpt450", State.RETRY, "450 4.2.1 try later", 0),
        ("rcpt550", State.REFUSED, "550 5.1.1 no such user", 0),
        ("data451", State.RETRY, "451 4.3.0 greylisted", 0),
        ("data554", State.REFUSED, "554 5.7.1 spam", 0),
        ("mail550", State.RETRY, "550 5.7.1 sender not allowed", 0),
        ("dropped", State.UNKNOWN, "SMTPServerDisconnected", 1),
        ("slow", State.UNKNOWN, "SMTPReadTimeoutError", 1),
    ],
)
async def test_each_fault_of_the_mail_server_has_its_state(store, mail_server, fault, state, reason, held):
    await know_edition(store)
    await register(store)
    mail_server.fault = fault
    async with running(a_mailer(store, mail_server.url, data_timeout=0.3)):
        await until(tried(store))
    delivery = await only(store)
    assert (delivery.state, delivery.reason, delivery.attempts) == (state, reason, 1)
    assert len(mail_server.held) == held
    assert (delivery.due is None) == (state is State.REFUSED)


async def test_an_unknown_outcome_is_sent_again_with_the_same_message_id(store, mail_server):
    await know_edition(store)
    await register(store)
    mail_server.faults = ["dropped"]
    mailer = a_mailer(store, mail_server.url)

    async def sent() -> bool:
        await store.database["deliveries"].update_one(
            {"state": "unknown"}, {"$set": {"due": now()}, "$inc": {"rev": 1}}
        )
        return (await only(store)).state is State.SENT

    async with running(mailer):
        await until(sent)
    first, second = mail_server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_body(("plain",)).get_content() == second.get_body(("plain",)).get_content()
    delivery = await only(store)
    assert (delivery.attempts, delivery.doubts) == (2, 1)


async def test_a_refusal_of_one_leaves_the_connection_to_the_next(store, mail_server):
    await know_edition(store)
    mail_server.faults = ["rcpt550"]
    await register(store, "r1")
    await register(store, "r2")
    async with running(a_mailer(store, mail_server.url, connections=1)):
        await until(tried(store))

        async def second_sent() -> bool:
            return (await only(store, "r2")).state is State.SENT

        await until(second_sent)
    assert mail_server.connections == 1


async def test_a_mail_server_that_is_away_is_waited_for_and_nothing_is_counted(store, mail_server):
    await know_edition(store)
    url = mail_server.url
    await mail_server.stop()
    await register(store)
    mailer = a_mailer(store, url)
    async with running(mailer):
        with pytest.raises(TimeoutError):
            await until(tried(store), 0.5)
        assert (await only(store)).state is State.QUEUED
        await mail_server.start()
        await until(tried(store))
    delivery = await only(store)
    assert (delivery.state, delivery.attempts, delivery.doubts) == (State.SENT, 1, 0)


async def test_a_mail_server_that_closes_before_the_message_is_tried_again_and_nothing_is_counted(store, mail_server):
    await know_edition(store)
    await register(store)
    mail_server.fault = "rcpt421"
    async with running(a_mailer(store, mail_server.url)):

        async def interrupted() -> bool:
            return (await only(store)).reason != ""

        await until(interrupted)
        waiting = await only(store)
        mail_server.fault = ""
        await until(tried(store))
    assert (waiting.state, waiting.attempts) == (State.QUEUED, 0)
    assert ((await only(store)).state, len(mail_server.held)) == (State.SENT, 1)


async def test_a_connection_the_server_dropped_while_idle_costs_nothing(store, mail_server):
    await know_edition(store)
    await register(store, "r1")
    async with running(a_mailer(store, mail_server.url, connections=1)):
        await until(tried(store))
        mail_server.hang_up()
        await register(store, "r2")

        async def second_sent() -> bool:
            return (await only(store, "r2")).state is State.SENT

        await until(second_sent)
    assert (await only(store, "r2")).attempts == 1
    assert mail_server.connections == 2


async def test_a_delivery_left_by_a_dead_process_is_found_and_flagged(store, mail_server):
    await know_edition(store)
    await register(store)
    await sending.take(store, await only(store), "dead", Programme({}))
    async with running(a_mailer(store, mail_server.url)):

        async def sent() -> bool:
            return (await only(store)).state is State.SENT

        await until(sent)
    assert (await only(store)).doubts == 1


async def test_an_address_no_server_takes_is_refused_and_the_others_leave(store, mail_server):
    await know_edition(store)
    await register(store, "r1", email="not an address")
    await register(store, "r2")
    async with running(a_mailer(store, mail_server.url)):
        await until(tried(store))

        async def other_sent() -> bool:
            return (await only(store, "r2")).state is State.SENT

        await until(other_sent)
    delivery = await only(store)
    assert (delivery.state, delivery.reason) == (State.REFUSED, "address")


async def test_an_address_with_accents_is_handed_over_as_it_is(store, mail_server):
    await know_edition(store)
    await register(store, email="élue@région.example")
    async with running(a_mailer(store, mail_server.url)):
        await until(tried(store))
    assert mail_server.recipients == ["élue@xn--rgion-bsa.example"]


async def test_messages_leave_on_several_connections_at_once_and_no_more(store, mail_server):
    await know_edition(store)
    await asyncio.gather(*(register(store, f"r{i}") for i in range(12)))
    mail_server.gate.clear()
    async with running(a_mailer(store, mail_server.url, connections=3)):

        async def full() -> bool:
            return mail_server.busiest == 3

        await until(full)
        assert len(await store.being_sent()) == 3
        mail_server.gate.set()

        async def all_sent() -> bool:
            return (await store.counts())[State.SENT] == 12

        await until(all_sent)
    assert mail_server.busiest == 3
    assert len({message["Message-ID"] for message in mail_server.messages}) == 12


async def test_a_mailer_that_is_stopped_lets_what_it_sends_arrive(store, mail_server):
    await know_edition(store)
    await register(store)
    mail_server.gate.clear()
    async with running(a_mailer(store, mail_server.url)):

        async def being_sent() -> bool:
            return mail_server.busiest == 1

        await until(being_sent)
        asyncio.get_running_loop().call_later(0.1, mail_server.gate.set)
    assert (await only(store)).state is State.SENT


async def test_a_cancellation_brings_its_calendar_only_after_a_confirmation(store, mail_server):
    await know_edition(store)
    cancelled = a_cancelled(registration="r1")
    async with running(a_mailer(store, mail_server.url)):
        await register(store)
        await until(tried(store))
        await learning.registration(store, an_envelope(cancelled, 2), cancelled, PATIENCE)

        async def both_sent() -> bool:
            return (await store.counts())[State.SENT] == 2

        await until(both_sent)
    (calendar,) = mail_server.messages[1].iter_attachments()
    assert calendar.get_param("method") == "CANCEL"
