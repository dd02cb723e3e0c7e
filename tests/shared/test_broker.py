"""Each trap of the stack's defaults, on the real server: an upgrade that changes one fails one of these."""

import asyncio
import threading

import pytest

from deploy.provision import stream_config
from shared import broker, guard
from shared.broker import Bus
from shared.errors import Away
from shared.events import Envelope
from shared.events.badges import CheckedIn, Issued
from shared.outbox import STREAM
from tests.shared.conftest import Wire, until


class Recorder:
    """A consumer that fails or waits as told, then goes well."""

    def __init__(self, *failures: Exception | float | asyncio.Event) -> None:
        self.failures = list(failures)
        self.calls: list[str] = []
        self.done: list[str] = []

    def __call__(self, bus: Bus) -> None:
        bus.on(CheckedIn)(self.consume)

    async def consume(self, _fact: CheckedIn, envelope: Envelope) -> None:
        self.calls.append(envelope.id)
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, Exception):
                raise failure
            await (failure.wait() if isinstance(failure, asyncio.Event) else asyncio.sleep(failure))
        self.done.append(envelope.id)


async def test_a_handler_that_raises_gets_the_fact_again(wire: Wire):
    recorder = Recorder(RuntimeError("once"))
    async with wire.reading(recorder):
        await wire.publish_fact()
        await until(wire.settled)
    assert recorder.done == ["f1"]
    assert len(recorder.calls) == 2


async def test_a_bell_is_heard_by_the_other_replica_and_once_by_the_one_that_rings(wire: Wire):
    rings: dict[str, int] = {"mine": 0, "theirs": 0}

    def hear(who: str) -> None:
        rings[who] += 1

    async with (
        wire.reading(lambda bus: bus.on_bell(lambda: hear("theirs"))),
        wire.reading(lambda bus: bus.on_bell(lambda: hear("mine"))) as mine,
    ):
        for _ in range(3):
            await mine.ring()

        async def heard() -> bool:
            return rings["theirs"] == 3

        await until(heard)
        await asyncio.sleep(0.1)  # an echo would have come back by now
    assert rings == {"mine": 3, "theirs": 3}


async def test_no_thread_is_taken_to_choose_a_handler(wire: Wire):
    """FastStream gives one to each filter that is no coroutine: four for a fact with five possible handlers."""
    handled_in: set[str] = set()

    async def consume(_fact: object, _envelope: Envelope) -> None:
        handled_in.update(thread.name for thread in threading.enumerate())

    def subscribe(bus: Bus) -> None:
        bus.on(Issued)(consume)
        bus.on(CheckedIn)(consume)

    before = {thread.name for thread in threading.enumerate()}
    async with wire.reading(subscribe):
        await wire.publish_fact()
        await until(wire.settled)
    assert not [name for name in handled_in - before if "AnyIO" in name]


async def test_retries_are_paced_not_a_storm(wire: Wire):
    recorder = Recorder(*[RuntimeError("again")] * 1000)
    async with wire.reading(recorder):
        await wire.publish_fact()
        await asyncio.sleep(1.5)
    assert 2 <= len(recorder.calls) <= 5


async def test_the_pause_doubles_from_a_fifth_of_a_second_to_thirty():
    assert [round(guard.pause(n) / (0.2 * 2 ** (n - 1)), 0) for n in (1, 2, 5)] == [1, 1, 1]
    assert 24 <= guard.pause(40) <= 36


@pytest.mark.parametrize("body", [b"not json", b"", b"[]", b"\xff\xfe", b'{"registration": 5}'])
async def test_an_unreadable_body_is_parked_at_once_with_its_bytes(wire: Wire, body: bytes):
    recorder = Recorder()
    async with wire.reading(recorder):
        await wire.publish(body)
        await until(wire.settled)
    (letter,) = await wire.letters.parked()
    assert letter["body"] == body
    assert letter["attempts"] == 1
    assert recorder.calls == []


async def test_a_message_that_is_no_fact_at_all_is_counted_and_acknowledged(wire: Wire):
    async with wire.reading(Recorder()) as bus:
        await wire.publish(b"{}", fact_id=None)
        await until(wire.settled)
    assert bus.unknown_types == {"": 1}


async def test_a_type_nobody_here_knows_is_counted_and_acknowledged(wire: Wire):
    async with wire.reading(Recorder()) as bus:
        await wire.publish(b"{}", kind="rencontres.badges.polished.v7")
        await until(wire.settled)
    assert bus.unknown_types == {"rencontres.badges.polished.v7": 1}
    assert await wire.letters.count() == 0


async def test_a_hanging_handler_is_cut_and_the_fact_comes_again(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard, "HANDLER_SECONDS", 0.2)
    recorder = Recorder(60.0)
    async with wire.reading(recorder):
        await wire.publish_fact()
        await until(wire.settled)
    assert recorder.done == ["f1"]


async def test_a_slow_handler_is_given_more_time_and_nothing_is_parked(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard, "HANDLER_SECONDS", 0.2)
    recorder = Recorder(0.5, 0.5, 0.5)
    async with wire.reading(recorder):
        await wire.publish_fact()
        await until(wire.settled)
    assert (recorder.calls, recorder.done) == (["f1"] * 3, ["f1"])
    assert await wire.letters.count() == 0


async def test_an_attempt_longer_than_the_ack_wait_is_not_begun_twice(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard, "allowed", lambda _attempt: guard.HANDLER_MOST)
    ack_wait = (await wire.consumer()).config.ack_wait or 0.0
    recorder = Recorder(ack_wait + 1)
    async with wire.reading(recorder):
        await wire.publish_fact()
        await until(wire.settled, ack_wait + 10)
    assert (recorder.calls, recorder.done) == (["f1"], ["f1"])


async def test_the_handler_limit_is_shorter_than_the_ack_wait(wire: Wire):
    consumer = await wire.consumer()
    assert consumer.config.ack_wait is not None
    assert consumer.config.ack_wait > guard.HANDLER_SECONDS


async def test_poison_is_parked_at_the_tenth_attempt_and_blocks_nobody(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard, "pause", lambda _attempt: 0.01)
    healthy: list[str] = []

    class Picky(Recorder):
        async def consume(self, _fact: CheckedIn, envelope: Envelope) -> None:
            self.calls.append(envelope.id)
            if envelope.id == "poison":
                raise RuntimeError("never")
            healthy.append(envelope.id)

    recorder = Picky()
    async with wire.reading(recorder):
        await wire.publish_fact("poison")
        for n in range(20):
            await wire.publish_fact(f"ok{n}")
        await until(wire.settled)
    (letter,) = await wire.letters.parked()
    assert (letter["attempts"], letter["headers"]["ce-id"]) == (10, "poison")
    assert recorder.calls.count("poison") == 10
    assert len(healthy) == 20


async def test_a_fact_that_kills_the_process_is_parked_before_its_next_attempt(wire: Wire):
    recorder = Recorder(RuntimeError("first"))
    for _ in range(guard.ATTEMPTS):
        await wire.letters.count_attempt("registration_badges:f1")
    async with wire.reading(recorder):
        await wire.publish_fact()
        await until(wire.settled)
    (letter,) = await wire.letters.parked()
    assert letter["reason"] == "no attempt came to an end"
    assert len(recorder.calls) == 1


async def test_a_parked_fact_that_is_told_again_and_goes_through_no_longer_waits_for_a_person(wire: Wire):
    for _ in range(guard.ATTEMPTS):
        await wire.letters.count_attempt("registration_badges:f1")
    recorder = Recorder(RuntimeError("first"))
    async with wire.reading(recorder):
        await wire.publish_fact()
        await until(wire.settled)
        assert await wire.letters.count() == 1
        await wire.publish_fact()
        await until(wire.settled)
    assert recorder.done == ["f1"]
    assert await wire.letters.count() == 0


async def test_while_the_world_is_away_nothing_is_counted_and_nothing_lost(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard, "PROBE_SECONDS", 0.05)
    wire.alive[0] = False
    recorder = Recorder(*[Away("MongoDB")] * 30)
    async with wire.reading(recorder):
        await wire.publish_fact()
        await until(lambda: _true(len(recorder.calls) == 1))
        await asyncio.sleep(0.3)
        assert len(recorder.calls) == 1, "held, not tried again, while the probe fails"
        wire.alive[0] = True
        await until(wire.settled)
    assert recorder.done == ["f1"]
    assert await wire.database["attempts"].count_documents({}) == 0
    assert await wire.letters.count() == 0


async def test_a_handler_that_waits_for_a_frozen_database_is_not_blamed(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard, "PROBE_SECONDS", 0.05)
    monkeypatch.setattr(guard, "HANDLER_SECONDS", 0.2)
    wire.alive[0] = False
    recorder = Recorder(60.0)
    async with wire.reading(recorder):
        await wire.publish_fact()
        await asyncio.sleep(0.6)
        wire.alive[0] = True
        await until(wire.settled)
    assert recorder.done == ["f1"]
    assert (await wire.consumer()).num_redelivered == 0
    assert await wire.database["attempts"].count_documents({}) == 0


async def test_a_reply_to_header_is_not_answered(wire: Wire, nats_url: str):
    answers: list[bytes] = []
    spy = await wire.stream._nc.subscribe("answers")
    async with wire.reading(Recorder()):
        await wire.publish_fact("f1", **{"reply_to": "answers", "Reply-To": "answers"})
        await until(wire.settled)
        await asyncio.sleep(0.2)
    while spy.pending_msgs:
        answers.append((await spy.next_msg()).data)
    assert answers == []


async def test_one_durable_has_one_subscriber_however_many_facts_it_reads(wire: Wire):
    def subscribe(bus: Bus) -> None:
        async def ignore(_fact: object, _envelope: Envelope) -> None: ...

        bus.on(CheckedIn)(ignore)
        bus.on(Issued)(ignore)

    async with wire.reading(subscribe) as bus:
        assert bus.durables == ["registration_badges"]
        assert len(bus._broker.subscribers) == 1


async def test_a_service_does_not_rewrite_the_streams_settings(wire: Wire):
    before = (await wire.stream.stream_info(STREAM)).config
    async with wire.reading(Recorder()):
        after = (await wire.stream.stream_info(STREAM)).config
    assert after == before
    assert after.duplicate_window == stream_config().duplicate_window == 600


async def test_a_duplicate_on_the_wire_is_dropped_by_the_server(wire: Wire):
    for _ in range(3):
        await wire.publish_fact("f1", **{"Nats-Msg-Id": "f1"})
    assert (await wire.stream.stream_info(STREAM)).state.messages == 1


async def test_a_lone_fact_does_not_wait_for_company(wire: Wire):
    recorder = Recorder()
    loop = asyncio.get_running_loop()
    async with wire.reading(recorder):
        await asyncio.sleep(0.3)
        began = loop.time()
        await wire.publish_fact()
        await until(lambda: _true(bool(recorder.done)))
    assert loop.time() - began < 1, "a pull must not sit out a long wait with a fact in hand"


@pytest.mark.parametrize("patient", [True, False])
async def test_an_idle_consumer_asks_once_a_second(wire: Wire, monkeypatch: pytest.MonkeyPatch, patient: bool):
    """Without `Pull` the client asks as often as a fact in hand waits for company."""
    if not patient:
        monkeypatch.setattr(broker, "Pull", lambda inner: inner)
    async with wire.reading(Recorder()) as bus:
        await asyncio.sleep(0.3)
        assert bus._client
        before = bus._client.stats["out_msgs"]
        await asyncio.sleep(1.5)
        asked = bus._client.stats["out_msgs"] - before
    assert (asked <= 4) == patient


async def _true(value: bool) -> bool:
    return value
