"""The traps of the stack's defaults with our guard taken away: each bites, or its test beside it proves nothing."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from faststream import BaseMiddleware
from faststream.nats import JStream, NatsBroker
from faststream.nats.prometheus import NatsPrometheusMiddleware
from prometheus_client import CollectorRegistry, generate_latest

from shared import broker, guard, mongo
from shared.broker import Bus, durable
from shared.deadletters import DeadLetters
from shared.errors import Unreadable
from shared.events.badges import Issued
from shared.health import Health
from shared.outbox import STREAM, Relay
from shared.store import Store, Unit
from shared.web.health_page import exposition
from tests.shared.conftest import PUBLISHER, READER, Wire, a_check_in, until
from tests.shared.test_broker import Recorder


class Bare(NatsBroker):
    """The broker as it comes: what we set for each subscriber is left out."""

    LEFT_OUT: tuple[str, ...] = ()

    def subscriber(self, *subjects: Any, **options: Any) -> Any:
        kept = {name: value for name, value in options.items() if name not in self.LEFT_OUT}
        return super().subscriber(*subjects, **kept)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Leave these settings out of every subscriber."""

    def leave_out(*names: str) -> None:
        monkeypatch.setattr(broker, "NatsBroker", type("Made", (Bare,), {"LEFT_OUT": names}))

    return leave_out


async def settled(wire: Wire) -> None:
    await until(wire.settled)


async def test_without_guard_and_policy_a_fact_that_fails_once_is_lost(
    wire: Wire, bare: Callable[..., None], monkeypatch: pytest.MonkeyPatch
):
    bare("ack_policy")
    monkeypatch.setattr(broker, "guarded", lambda _guard: BaseMiddleware)
    recorder = Recorder(RuntimeError("once"))
    async with wire.reading(recorder):
        await wire.publish_fact()
        await settled(wire)
    assert (recorder.calls, recorder.done) == (["f1"], [])


async def test_without_the_guard_a_nack_comes_back_as_a_storm(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(broker, "guarded", lambda _guard: BaseMiddleware)
    recorder = Recorder(*[RuntimeError("again")] * 500)
    async with wire.reading(recorder):
        await wire.publish_fact()
        await until(lambda: _true(len(recorder.calls) > 100))


async def test_without_its_own_rule_an_unreadable_body_is_tried_again(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard, "Unreadable", type("Another", (Unreadable,), {}))
    monkeypatch.setattr(guard, "pause", lambda _attempt: 0.01)
    async with wire.reading(Recorder()):
        await wire.publish(b"not json")
        await settled(wire)
    (letter,) = await wire.letters.parked()
    assert letter["attempts"] == guard.ATTEMPTS


async def test_without_a_limit_a_hanging_handler_hangs(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard, "allowed", lambda _attempt: None)
    end = asyncio.Event()
    recorder = Recorder(end)
    async with wire.reading(recorder):
        await wire.publish_fact()
        await until(lambda: _true(bool(recorder.calls)))
        with pytest.raises(TimeoutError):
            await until(wire.settled, 1)
        end.set()


async def test_without_a_default_handler_an_unknown_type_comes_again(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    seen: list[str] = []

    class Spy(BaseMiddleware):
        """Counts what the broker hands over."""

        async def consume_scope(self, call_next: Any, msg: Any) -> Any:
            seen.append("again")
            return await call_next(msg)

    monkeypatch.setattr(broker, "guarded", lambda _guard: Spy)
    monkeypatch.setattr(Bus, "_skip", property(lambda _bus: _unwanted))
    async with wire.reading(Recorder()):
        await wire.publish(b"{}", kind="rencontres.badges.polished.v7")
        await until(lambda: _true(len(seen) > 1))


async def test_with_two_subscribers_on_one_durable_facts_go_to_the_wrong_handler(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
):
    made = Bus._subscriber

    def another(bus: Bus, publisher: str) -> Any:
        bus._subscribers.pop(publisher, None)
        return made(bus, publisher)

    monkeypatch.setattr(Bus, "_subscriber", another)
    recorder = Recorder()

    def subscribe(bus: Bus) -> None:
        recorder(bus)
        bus.on(Issued)(recorder.consume)  # type: ignore[arg-type]

    async with wire.reading(subscribe) as bus:
        for number in range(40):
            await wire.publish_fact(f"f{number}")
        await until(lambda: _true(bool(bus.unknown_types)))
    assert len(recorder.done) < 40


async def _unwanted(_message: object) -> None:
    raise AssertionError("nobody asked for it")


async def test_without_stream_and_acknowledgement_a_fact_counts_as_told_that_nobody_kept(store: Store, wire: Wire):
    class Careless:
        """Publishes as a plain client does."""

        async def publish(self, subject: str, body: bytes, **_waited_for: Any) -> None:
            await wire.stream._nc.publish(subject, body)

    await store.commit(lambda unit: unit.record(a_check_in(), 1))
    await wire.stream.delete_stream(STREAM)
    assert await Relay(wire.database, Careless).step()  # type: ignore[arg-type]
    assert await wire.database.outbox.count_documents({"pending": True}) == 0


async def test_with_declare_a_service_rewrites_the_streams_settings(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(broker, "JStream", lambda name, **_declare: JStream(name))
    async with wire.reading(Recorder()):
        after = (await wire.stream.stream_info(STREAM)).config
    assert after.duplicate_window != 600


async def test_without_no_reply_a_reply_to_header_is_answered(wire: Wire, bare: Callable[..., None]):
    bare("no_reply")
    spy = await wire.stream._nc.subscribe("answers")
    async with wire.reading(Recorder()):
        await wire.publish_fact("f1", **{"reply_to": "answers", "Reply-To": "answers"})
        assert await spy.next_msg(5)


async def test_a_connection_that_stands_says_nothing_of_a_deleted_consumer(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    async def not_asked(_health: Health) -> dict[str, int | None]:
        return {}

    monkeypatch.setattr(Health, "_lag", not_asked)
    async with wire.reading(Recorder()) as bus:
        await wire.stream.delete_consumer(STREAM, durable(READER, PUBLISHER))
        assert (await Health("registration", wire.database, bus, wire.letters).report()).ready


async def test_metrics_name_no_subject_and_the_brokers_own_would(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    registry = CollectorRegistry()
    middleware = NatsPrometheusMiddleware(registry=registry)
    made = broker.NatsBroker
    monkeypatch.setattr(
        broker,
        "NatsBroker",
        lambda *words, middlewares, **options: made(*words, middlewares=[*middlewares, middleware], **options),
    )
    async with wire.reading(Recorder()) as bus:
        await wire.publish_fact("f1", registration="r1")
        await settled(wire)
        ours = exposition(await Health("registration", wire.database, bus, wire.letters).report(), {})
    assert b"r1" not in ours
    assert b"v1.r1" in generate_latest(registry)


async def test_without_counting_beforehand_a_fact_that_kills_comes_again(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    for _ in range(guard.ATTEMPTS):
        await wire.letters.count_attempt(f"{durable(READER, PUBLISHER)}:f1")

    async def not_counted(_letters: DeadLetters, _id: str) -> int:
        return 0

    monkeypatch.setattr(DeadLetters, "count_attempt", not_counted)
    recorder = Recorder(RuntimeError("first"), RuntimeError("again"))
    async with wire.reading(recorder):
        await wire.publish_fact()
        await settled(wire)
    assert len(recorder.calls) == 3, "it was tried again and again, where it would have ended the process each time"


async def test_a_running_service_leaves_a_consumer_changed_by_hand_as_it_is(wire: Wire):
    """Why provision updates: the settings in our code are ignored once the consumer exists."""
    changed = (await wire.consumer()).config
    await wire.stream.add_consumer(STREAM, changed.evolve(max_ack_pending=7))
    async with wire.reading(Recorder()):
        await wire.publish_fact()
        await settled(wire)
    assert (await wire.consumer()).config.max_ack_pending == 7


async def test_without_a_transaction_a_failed_write_leaves_a_fact_of_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    async def at_once(_client: object, work: Callable[[Any], Any]) -> Any:
        return await work(SimpleNamespace(delegate=None))

    def decide(unit: Unit) -> None:
        unit.add("things", {"_id": "r1"})
        unit.record(a_check_in(), 1)

    await store.database.outbox.insert_one({"_id": "badges:r1:1"})  # the fact cannot be written
    with pytest.raises(Exception, match="duplicate"):
        await store.commit(decide)
    assert await store.database.things.count_documents({}) == 0
    monkeypatch.setattr(mongo, "transact", at_once)
    with pytest.raises(Exception, match="duplicate"):
        await store.commit(decide)
    assert await store.database.things.count_documents({}) == 1


async def _true(value: bool) -> bool:
    return value
