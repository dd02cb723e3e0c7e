"""The servers that every other test stands on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from deploy.children import await_until, free_ports, listening
from shared.mongo import transact

ROOT = Path(__file__).parents[2]


async def test_mongod_runs_transactions(database):
    async def work(tx):
        await database.things.insert_one({"_id": "a"}, session=tx)

    await transact(database.client, work)

    assert await database.things.count_documents({}) == 1


async def test_mongod_frees_an_orphaned_transaction_after_five_seconds(database):
    answer = await database.client.admin.command({"getParameter": 1, "transactionLifetimeLimitSeconds": 1})

    assert answer["transactionLifetimeLimitSeconds"] == 5


async def test_mongod_writes_no_slow_operation_with_its_values_into_its_log(database):
    answer = await database.client.admin.command({"profile": -1})

    assert answer["sampleRate"] == 0


async def test_oplog_is_as_small_everywhere_as_the_documents_say(database):
    """What was erased stays in it until newer writes have filled it."""
    oplog = await database.client.local.command({"collStats": "oplog.rs"})

    assert oplog["maxSize"] == 512 * 1024**2
    for file in ("docker-compose.yml", "deploy/kubernetes/mongo.yaml"):
        assert "--oplogSize 512 " in (ROOT / file).read_text().replace("\n", " "), file


def test_nats_keeps_streams_on_disk(nats_url):
    assert listening(int(nats_url.rsplit(":", 1)[1]))


def test_servers_end_with_a_killed_parent(tmp_path: Path):
    (port,) = free_ports(1)
    program = (
        "import sys, time; from pathlib import Path; from deploy.servers import start_nats;"
        f"start_nats({port}, Path({str(tmp_path)!r})); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[2])
    await_until(lambda: listening(port), "nats-server")

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()

    await_until(lambda: not listening(port), "the end of nats-server", limit=5)
