"""Dead letters and pauses on real servers: a row of poison stops one consumer; nothing is lost or done twice."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase
from structlog.testing import capture_logs

from shared import deadletters, guard, letters, pauses
from shared.broker import Bus, durable
from shared.deadletters import DeadLetters
from shared.errors import Away, NotFound
from shared.events import Envelope
from shared.events.badges import CheckedIn
from shared.events.programme import EditionChanged
from shared.outbox import STREAM
from shared.store import Store
from tests.shared.conftest import PUBLISHER, READER, Wire, a_check_in, until
from tests.shared.test_broker import Recorder

CONSUMER = durable(READER, PUBLISHER)
WHO = "staff:claire"
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def desk(database: AsyncIOMotorDatabase) -> AsyncIterator[Store]:
    made = Store(database, READER)
    yield made
    await made.close()


async def yes() -> bool:
    return True


async def a_letter(wire: Wire, body: bytes | None = None, id: str = "f1") -> str:
    """A parked check-in; its reference."""
    fact = a_check_in()
    envelope = Envelope(id, fact.type(), "/test", fact.at, fact.key, 1, "c1")
    await wire.letters.park(
        f"{CONSUMER}:{id}",
        subject=envelope.subject,
        headers=envelope.headers(),
        body=fact.model_dump_json().encode() if body is None else body,
        reason="RuntimeError",
        attempts=10,
    )
    return deadletters.reference(f"{CONSUMER}:{id}")


async def replayed(wire: Wire, bus: Bus) -> None:
    """Until nobody waits for a replay."""
    replaying = letters.Replaying(wire.letters, bus, yes)
    while await replaying.step():
        pass


async def the_letter(wire: Wire, ref: str) -> deadletters.DeadLetter:
    document: Any = await wire.database[deadletters.COLLECTION].find_one({"ref": ref})
    return deadletters.letter(document)


async def test_a_replayed_letter_goes_through_its_handler_and_waits_no_more(wire: Wire, desk: Store):
    recorder = Recorder()
    ref = await a_letter(wire)
    async with wire.reading(recorder) as bus:
        await letters.replay(desk, ref, WHO)
        await replayed(wire, bus)
    assert recorder.done == ["f1"]
    assert (await the_letter(wire, ref)).waiting is False
    assert await wire.letters.count() == 0
    (entry,) = await wire.database["audit"].find({}).to_list(None)
    assert (entry["actor"], entry["action"], entry["subject"]) == (WHO, "replay-letter", ref)


async def test_a_letter_that_fails_again_is_kept_with_its_bytes_and_the_new_reason(wire: Wire, desk: Store):
    ref = await a_letter(wire)
    async with wire.reading(Recorder(KeyError("still"))) as bus:
        await letters.replay(desk, ref, WHO)
        await replayed(wire, bus)
    (letter,) = await wire.letters.parked()
    assert (letter["reason"], letter["attempts"]) == ("KeyError", 11)
    assert CheckedIn.model_validate_json(letter["body"]).registration == "r1"
    await letters.replay(desk, ref, WHO)  # a person may ask again


async def test_a_letter_no_handler_reads_any_more_is_kept(wire: Wire, desk: Store):
    ref = await a_letter(wire)

    def other(bus: Bus) -> None:
        async def ignore(_fact: EditionChanged, _envelope: Envelope) -> None: ...

        bus.on(EditionChanged)(ignore)

    async with wire.reading(other) as bus:
        await letters.replay(desk, ref, WHO)
        await replayed(wire, bus)
    assert (await the_letter(wire, ref)).reason == "nobody here reads this fact"
    assert await wire.letters.count() == 1


async def test_a_replay_while_the_database_is_away_counts_nothing_and_is_made_later(wire: Wire, desk: Store):
    ref = await a_letter(wire)
    recorder = Recorder(Away("MongoDB"))
    async with wire.reading(recorder) as bus:
        await letters.replay(desk, ref, WHO)
        with pytest.raises(Away):
            await replayed(wire, bus)
        assert (await the_letter(wire, ref)).waiting
        await replayed(wire, bus)
    assert recorder.done == ["f1"]


async def test_a_replay_that_is_cut_often_while_the_database_is_away_is_made_in_the_end(wire: Wire, desk: Store):
    """What counts is what ended the process: the same process is still there."""
    ref = await a_letter(wire)
    recorder = Recorder(*[Away("MongoDB")] * (deadletters.REPLAYS + 1))
    async with wire.reading(recorder) as bus:
        await letters.replay(desk, ref, WHO)
        replaying = letters.Replaying(wire.letters, bus, yes)
        for _ in range(deadletters.REPLAYS + 1):
            with pytest.raises(Away):
                await replaying.step()
        assert await replaying.step()
    assert recorder.done == ["f1"]
    assert not (await the_letter(wire, ref)).waiting


async def test_a_letter_that_was_erased_while_it_was_replayed_is_not_called_replayed(wire: Wire, desk: Store):
    ref = await a_letter(wire)

    def forgetting(bus: Bus) -> None:
        async def forget(_fact: CheckedIn, _envelope: Envelope) -> None:
            await wire.database[deadletters.COLLECTION].delete_many({})

        bus.on(CheckedIn)(forget)

    async with wire.reading(forgetting) as bus:
        await letters.replay(desk, ref, WHO)
        with capture_logs() as said:
            await replayed(wire, bus)
    assert [one["event"] for one in said] == ["letter.gone"]
    assert await wire.database[deadletters.COLLECTION].count_documents({}) == 0


async def test_a_letter_is_dismissed_with_a_reason_and_kept(wire: Wire, desk: Store):
    ref = await a_letter(wire)
    with pytest.raises(letters.ReasonMissing):
        await letters.dismiss(desk, ref, WHO, "  ")
    await letters.dismiss(desk, ref, WHO, " Un essai\n du 3 mars ")
    assert await wire.letters.count() == 0
    (settled,) = await wire.letters.settled()
    assert (settled.ref, settled.why) == (ref, "Un essai du 3 mars")
    assert (await wire.database[deadletters.COLLECTION].find_one({}))["body"]
    with pytest.raises(letters.NotWaiting):
        await letters.replay(desk, ref, WHO)
    with pytest.raises(NotFound):
        await letters.dismiss(desk, "0" * 16, WHO, "why")
    assert [one["action"] for one in await wire.database["audit"].find({}).to_list(None)] == ["dismiss-letter"]


async def test_a_dismissed_letter_stays_dismissed_when_its_fact_is_told_again(wire: Wire, desk: Store):
    ref = await a_letter(wire, b"garbage", "f1")
    await letters.dismiss(desk, ref, WHO, "garbage")
    async with wire.reading(Recorder()):
        await wire.publish(b"garbage", "f1")
        await until(wire.settled)
    assert await wire.letters.count() == 0


async def poison(wire: Wire, count: int, begin: int = 0) -> None:
    for n in range(begin, begin + count):
        await wire.publish(b"poison", f"p{n}")


async def test_five_parked_in_a_row_pause_the_consumer_and_the_rest_is_held(wire: Wire):
    async with wire.reading(Recorder()):
        await poison(wire, 40)
        await until(lambda: paused(wire))
        await asyncio.sleep(1)
        assert await wire.letters.count() == pauses.ROW
        consumer = await wire.consumer()
        assert consumer.num_pending + consumer.num_ack_pending == 40 - pauses.ROW


async def test_without_the_pause_a_stream_of_poison_parks_everything(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pauses, "ROW", 10**6)
    async with wire.reading(Recorder()):
        await poison(wire, 40)
        await until(wire.settled)
    assert await wire.letters.count() == 40


async def test_healthy_facts_between_them_make_no_row(wire: Wire):
    async with wire.reading(Recorder()):
        for n in range(2 * pauses.ROW):
            await poison(wire, 1, n)
            await wire.publish_fact(f"ok{n}")
            await until(wire.settled)
    assert await wire.letters.count() == 2 * pauses.ROW
    assert not await paused(wire)


async def test_another_consumer_of_the_same_service_goes_on(wire: Wire):
    recorder, edition = Recorder(), EditionChanged.model_construct()
    others: list[str] = []

    def both(bus: Bus) -> None:
        recorder(bus)
        _count_editions(bus, others)

    async with wire.reading(both):
        await poison(wire, 20)
        await until(lambda: paused(wire))
        envelope = Envelope("e1", edition.type(), "/test", a_check_in().at, "e", 1, "c1")
        body = json.dumps(AN_EDITION).encode()
        await wire.stream.publish(envelope.subject, body, stream=STREAM, headers=envelope.headers())
        await until(lambda: _true(bool(others)))
        assert await paused(wire)


AN_EDITION = json.loads((ROOT / "tests/contracts/rencontres.programme.edition-changed.v1.json").read_text())


def _count_editions(bus: Bus, others: list[str]) -> None:
    async def count(_fact: EditionChanged, envelope: Envelope) -> None:
        others.append(envelope.id)

    bus.on(EditionChanged)(count)


async def test_a_pause_outlives_the_process_and_ends_when_somebody_says_so(wire: Wire, desk: Store):
    async with wire.reading(Recorder()):
        await poison(wire, 7)
        await until(lambda: paused(wire))
    again = Wire(wire.stream, wire.database, wire.url, DeadLetters(wire.database))
    async with again.reading(Recorder()):
        await asyncio.sleep(1)
        assert await wire.letters.count() == pauses.ROW
        await letters.resume(desk, CONSUMER, WHO)
        await until(wire.settled, 15)
    assert await wire.letters.count() == 7
    assert not await paused(wire)
    with pytest.raises(letters.NotPaused):
        await letters.resume(desk, CONSUMER, WHO)


async def test_a_pause_ends_by_itself_once_a_held_message_goes_through(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pauses, "FIRST_TRY", 0.3)
    monkeypatch.setattr(guard, "PROBE_SECONDS", 0.1)
    recorder = Recorder()
    async with wire.reading(recorder):
        await poison(wire, pauses.ROW + 2)
        await until(lambda: paused(wire))
        await wire.publish_fact("ok")
        await until(wire.settled, 15)
    assert recorder.done == ["ok"]
    assert await wire.letters.count() == pauses.ROW + 2
    assert not await paused(wire)


async def test_what_a_process_was_trying_when_it_died_is_not_tried_again(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pauses, "FIRST_TRY", 0.1)
    deadly = f"{CONSUMER}:deadly"
    await wire.database[pauses.COLLECTION].insert_one(
        {"_id": CONSUMER, "since": a_check_in().at, "row": [], "trying": deadly}
    )
    known = pauses.Pauses(wire.database)
    assert await known.since(CONSUMER)
    tried: set[str] = set()
    for _ in range(10):
        for id in (deadly, f"{CONSUMER}:sound"):
            if await known.may_try(CONSUMER, id):
                tried.add(id)
                await known.failed_again(CONSUMER)
        await asyncio.sleep(0.05)
    assert tried == {f"{CONSUMER}:sound"}


DYING = """
import asyncio, sys
from shared.broker import Bus
from shared.deadletters import DeadLetters
from shared.events.badges import CheckedIn
from shared.letters import Replaying
from shared.mongo import connect
from shared.store import Store

async def alive():
    return True

async def main():
    database = connect(sys.argv[1])[sys.argv[2]]
    store, kept = Store(database, "registration"), DeadLetters(database)
    bus = Bus("registration", "nats://127.0.0.1:9", kept, alive)

    @bus.on(CheckedIn)
    async def count(fact, envelope):
        def decide(unit):
            known = unit.get("things", "count") or {"_id": "count", "n": 0}
            unit.put("things", {**known, "n": known["n"] + 1})
        await store.consume(envelope, decide)

    while await Replaying(kept, bus, alive).step():
        pass
    await store.close()

asyncio.run(main())
"""


async def test_a_replay_cut_by_kill_9_is_made_again_and_acts_once(
    wire: Wire, desk: Store, mongo_url: str, tmp_path: Path
):
    ref = await a_letter(wire)
    await letters.replay(desk, ref, WHO)
    (tmp_path / "registration.before-replayed").touch()
    environment = {**os.environ, "FAILPOINTS": str(tmp_path), "SERVICE": "registration"}
    command = [sys.executable, "-c", DYING, mongo_url, wire.database.name]
    codes = [subprocess.run(command, cwd=ROOT, env=environment, timeout=30, check=False).returncode for _ in range(2)]
    assert codes == [-signal.SIGKILL, 0]
    assert (await wire.database["things"].find_one({}))["n"] == 1
    assert not (await the_letter(wire, ref)).waiting


async def test_a_letter_that_ends_the_process_each_time_waits_for_a_person_again(wire: Wire, desk: Store):
    ref = await a_letter(wire)
    await letters.replay(desk, ref, WHO)
    for _ in range(deadletters.REPLAYS):
        await wire.letters.begin_replay()  # and the process dies
    recorder = Recorder()
    async with wire.reading(recorder) as bus:
        await replayed(wire, bus)
    assert recorder.calls == []
    assert (await the_letter(wire, ref)).reason == "no replay came to an end"
    assert await wire.letters.count() == 1


async def paused(wire: Wire) -> bool:
    return CONSUMER in await wire.letters.pauses.all()


async def _true(value: bool) -> bool:
    return value
