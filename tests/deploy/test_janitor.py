"""What was erased leaves NATS and its disk; what others still have to read stays; nothing else is allowed."""

import asyncio
import os
import signal
import sys
from contextlib import contextmanager

import nats
import pytest
from nats.errors import TimeoutError as NatsTimeout
from nats.js.errors import NotFoundError

from deploy import local
from deploy.children import await_until, kill, spawn
from deploy.supervisor import Supervisor
from shared.outbox import STREAM
from tests.deploy.test_provision import admin  # noqa: F401 - a fixture

ID, OTHER = "01jz4y9m3k7q2v8n5x1c6b0d4f", "01jz4y9m3k7q2v8n5x1c6b0d4g"
ERASED = f"rencontres.registration.erased.v1.{ID}"


@contextmanager
def janitor(layout):
    """The process as `make run` starts it; answers it once it reads."""
    program = local.janitor(layout)
    log = layout.var / "log/janitor.log"
    child = spawn(program.command, log=log, environment=program.environment)
    try:
        await_until(program.ready, "the janitor", child=child, log=log)
        yield child
    finally:
        kill(child)


async def subjects(admin, of=ID):  # noqa: F811
    """What the stream holds of this key, in order."""
    found = await admin.stream_info(STREAM, subjects_filter=f"rencontres.*.*.*.{of}")
    return sorted(found.state.subjects or {})


def on_disk(layout, id) -> int:
    """How many of somebody's messages can still be read in the files of NATS."""
    files = (file for file in (layout.var / "nats").rglob("*") if file.is_file())
    return sum(file.read_bytes().count(b"kanari of " + id.encode()) for file in files)


async def until(condition, limit=10.0):
    async with asyncio.timeout(limit):
        while not await condition():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.05)


async def lives(admin):  # noqa: F811
    """Somebody's history in the stream, and somebody else's."""
    await admin.purge_stream(STREAM)
    for id in (ID, OTHER):
        for subject in ("registration.confirmed", "badges.issued", "notifications.email-sent", "registration.amended"):
            await admin.publish(f"rencontres.{subject}.v1.{id}", b"kanari of " + id.encode())


async def test_everything_before_an_erasure_goes_and_the_erasure_stays(provisioned, admin):  # noqa: F811
    await lives(admin)
    with janitor(provisioned):
        await admin.publish(ERASED, b"{}")

        async def done():
            return await subjects(admin) == [ERASED]

        await until(done)
        await admin.publish(f"rencontres.badges.revoked.v1.{ID}", b"{}")
        await admin.publish(f"rencontres.notifications.email-sent.v1.{ID}", b"{}")
        here = f"rencontres.badges.erased-here.v1.{ID}"
        await admin.publish(here, b"{}")

        async def done_here():
            return await subjects(admin) == sorted([ERASED, here])

        await until(done_here)
    assert on_disk(provisioned, ID) == 0
    assert on_disk(provisioned, OTHER) == 4
    assert len(await subjects(admin, OTHER)) == 4


async def test_an_erasure_while_it_was_away_is_purged_when_it_comes(provisioned, admin):  # noqa: F811
    await lives(admin)
    await admin.publish(ERASED, b"{}")
    assert len(await subjects(admin)) == 5
    assert on_disk(provisioned, ID) == 4
    with janitor(provisioned):

        async def done():
            return await subjects(admin) == [ERASED]

        await until(done)


async def test_it_may_only_hear_erasures_and_delete(provisioned):
    forbidden = []

    async def note(error):
        forbidden.append(str(error).lower())

    client = await nats.connect(provisioned.nats_janitor_url, inbox_prefix=b"_INBOX_janitor", error_cb=note)
    stream = client.jetstream(timeout=0.3)
    for attempt in (
        lambda: stream.delete_stream(STREAM),
        lambda: stream.purge_stream(STREAM),
        lambda: stream.stream_info(STREAM),
        lambda: stream.publish(ERASED, b"{}", timeout=0.3),
    ):
        with pytest.raises((NatsTimeout, NotFoundError)):
            await attempt()
    await client.subscribe("rencontres.>")
    await until(lambda: _enough(forbidden, 5))
    assert all("permissions violation" in error for error in forbidden)
    await client.close()


async def _enough(found, count):
    return len(found) >= count


async def test_it_is_seen_when_it_ends_or_hears_nothing(provisioned):
    said = []
    supervisor = Supervisor(provisioned.var, say=said.append)
    program = local.janitor(provisioned)
    try:
        supervisor.start(program)
        first = program.child.pid
        os.kill(first, signal.SIGKILL)
        supervisor.watch(lambda: program.child is None or program.child.pid == first)
        assert "janitor ended (signal 9): starting it again" in said[0]
    finally:
        program.child and kill(program.child)
    assert program.command[0] == sys.executable


async def test_it_ends_by_itself_when_asked(provisioned):
    """Else a container, whose first process it is, waits until it is killed."""
    with janitor(provisioned) as child:
        child.terminate()
        assert await asyncio.to_thread(child.wait, 8) == 0
