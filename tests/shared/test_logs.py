"""Lines are JSON, name their service, and quote nobody."""

import asyncio
import json
import subprocess
import sys

import structlog

from shared.logs import failure
from shared.loops import Loop
from tests.shared.conftest import Wire, until
from tests.shared.test_broker import Recorder

PROGRAM = """
import logging
from shared import logs
logs.configure("badges")
logs.log().info("badge.issued")
try:
    raise KeyError("solene@mairie.example")
except KeyError:
    logging.getLogger("asyncio").exception('a "quoted" word\\nsolene@mairie.example')
"""


def test_every_line_is_json_of_its_service_ours_or_a_librarys():
    printed = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
    ours, library = [json.loads(line) for line in printed.splitlines()]
    assert (ours["service"], ours["event"]) == ("badges", "badge.issued")
    assert (library["service"], library["logger"], library["error"]) == ("badges", "asyncio", "KeyError")
    assert "solene" not in printed


def test_an_error_is_told_by_its_kind_and_place():
    try:
        raise ValueError("solene@mairie.example")
    except ValueError as error:
        told = failure(error)
    assert told["error"] == "ValueError"
    assert told["frames"][-1].rpartition(":")[0] == __file__


async def test_a_failing_fact_is_logged_without_its_words(wire: Wire):
    with structlog.testing.capture_logs() as lines:
        async with wire.reading(Recorder(RuntimeError("solene@mairie.example"))):
            await wire.publish_fact()
            await until(wire.settled)
    assert "RuntimeError" in str(lines)
    assert "solene" not in str(lines)


async def test_a_failing_loop_is_logged_without_the_words_of_its_error():
    async def step() -> bool:
        raise RuntimeError("solene@mairie.example")

    with structlog.testing.capture_logs() as lines:
        task = asyncio.create_task(Loop("test", step, every=0.01).run())

        async def told() -> bool:
            return bool(lines)

        await until(told)
        task.cancel()
    assert lines[0]["error"] == "RuntimeError"
    assert "solene" not in str(lines)
