"""What cannot be lived with ends the process, so that the supervisor starts a sound one."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.children import await_until, free_ports, kill, listening, spawn
from deploy.programs import find

ROOT = Path(__file__).parents[2]

CLIENT = """
import asyncio, sys
from shared.broker import Bus

async def alive():
    return True

async def main():
    bus = Bus("registration", sys.argv[1], None, alive)
    await bus.start(consume=False)
    if sys.argv[2] == "close":
        await bus._client.close()
    else:
        await bus._client.publish("rencontres.badges.issued.v1.r1", b"forged")
    await asyncio.sleep(20)

asyncio.run(main())
"""

RESTRICTED = """
listen: 127.0.0.1:{port}
authorization {{ users: [ {{ user: registration, password: p, permissions: {{
  publish: {{ allow: ["rencontres.registration.>", "bell.>"] }}, subscribe: {{ allow: [">"] }} }} }} ] }}
"""


@pytest.fixture
def restricted(tmp_path: Path) -> Iterator[str]:
    (port,) = free_ports(1)
    config = tmp_path / "nats.conf"
    config.write_text(RESTRICTED.format(port=port))
    server = spawn([find("nats-server"), "--config", config], log=tmp_path / "nats.log", environment=os.environ)
    await_until(lambda: listening(port), "nats", child=server)
    yield f"nats://registration:p@127.0.0.1:{port}"
    kill(server)


@pytest.mark.parametrize(
    ("act", "code", "said"), [("close", 70, "nats.closed"), ("forge", 71, "Permissions Violation")]
)
def test_process_ends_when_its_nats_client(restricted: str, act: str, code: int, said: str):
    ended = subprocess.run(
        [sys.executable, "-c", CLIENT, restricted, act],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    assert ended.returncode == code
    assert said.lower() in ended.stdout.lower()


@pytest.mark.parametrize(("act", "guard"), [("close", "Bus._closed"), ("forge", "_report")])
def test_without_its_guard_a_process_lives_on_though_its_nats_client_is_of_no_use(
    restricted: str, act: str, guard: str
):
    deaf = f"import shared.broker\nasync def deaf(*_): print('deaf', flush=True)\nshared.broker.{guard} = deaf\n"
    program = deaf + CLIENT.replace("asyncio.sleep(20)", "asyncio.sleep(1)")
    lived = subprocess.run(
        [sys.executable, "-c", program, restricted, act], cwd=ROOT, capture_output=True, timeout=15, check=False
    )
    assert lived.returncode == 0
    assert b"deaf" in lived.stdout


def test_motor_has_threads_enough_for_a_frozen_mongod():
    program = "import shared.mongo, motor.frameworks.asyncio as f; print(f._EXECUTOR._max_workers)"
    environment = {name: value for name, value in os.environ.items() if name != "MOTOR_MAX_WORKERS"}
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "64"


@pytest.mark.parametrize("always", [True, False], ids=["as configured", "without the setting"])
def test_nats_writes_to_disk_before_it_acknowledges(tmp_path: Path, always: bool):
    """A server asked by its monitoring page: what it says is what it does, and by default it waits two minutes."""
    port, page = free_ports(2)
    config = tmp_path / "nats.conf"
    ours = (ROOT / "deploy/nats.conf").read_text()
    config.write_text(ours.replace("" if always else "sync_interval: always", ""))
    passwords = dict.fromkeys(re.findall(r"NATS_PASSWORD_\w+", ours), "p")
    own = {"NATS_HOST": "127.0.0.1", "NATS_PORT": str(port), "NATS_STORE": str(tmp_path / "store")}
    command = [find("nats-server"), "--config", config, "--http_port", str(page)]
    server = spawn(command, log=tmp_path / "nats.log", environment={**os.environ, **passwords, **own})
    await_until(lambda: listening(page), "nats", child=server)
    said = httpx.get(f"http://127.0.0.1:{page}/varz").json()["jetstream"]["config"]
    kill(server)
    assert bool(said.get("sync_always")) is always
