"""Starting, stopping and losing a house beside another one."""

import json
import os
import signal
import stat
from pathlib import Path

import httpx
import pytest

from deploy.children import await_until
from tests.house import House, start


def running(pid: int) -> bool:
    """Whether the process runs: a zombie nobody collects does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def programs(var: Path) -> dict[str, int]:
    """The pid of every program of a house."""
    return {file.stem: int(file.read_text()) for file in (var / "run").glob("*.pid")}


def listeners(var: Path, protocol: str) -> list[str]:
    """The addresses on which the programs of a house accept connections."""
    files = [file for pid in programs(var).values() for file in Path(f"/proc/{pid}/fd").iterdir()]
    sockets = {str(file.readlink()) for file in files if file.is_symlink()}
    rows = [line.split() for line in Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]]
    return [row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]


def access(var: Path) -> dict[str, str]:
    return json.loads((var / "access.json").read_text())


@pytest.fixture(scope="module")
def var(scratch):
    (scratch / "another").mkdir()
    return scratch / "another/var"


def test_house_keeps_its_data_from_one_start_to_the_next(house, var):
    first = start(var)
    said, began = access(var), programs(var)
    edition = httpx.get(f"{said['base_url']}/programme/schedule.json").json()
    os.kill(first.pid, signal.SIGINT)

    assert first.wait(30) == 0
    assert [name for name, pid in began.items() if running(pid)] == []

    second = start(var, PORT=said["base_url"].rsplit(":", 1)[1])
    assert access(var) == said
    assert httpx.get(f"{said['base_url']}/programme/schedule.json").json() == edition

    pids = programs(var)
    second.kill()
    second.wait()
    await_until(lambda: not any(running(pid) for pid in pids.values()), "the end of every program", limit=5)
    assert sorted(began) == sorted(pids)


def test_access_is_for_its_owner_alone(house):
    assert stat.S_IMODE((house.var / "access.json").stat().st_mode) == 0o600


def test_house_listens_on_loopback_only(house):
    """`0100007F` is 127.0.0.1 as the kernel writes it."""
    assert len(listeners(house.var, "tcp")) >= 8
    assert set(listeners(house.var, "tcp")) == {"0100007F"}
    assert listeners(house.var, "tcp6") == []


def test_stopped_service_is_said_to_be_away_and_the_others_answer(house: House):
    with house.without("badges"), house.visitor() as visitor:
        away = visitor.get("/accueil")
        there = visitor.get("/programme")

    assert (away.status_code, there.status_code) == (503, 200)
    assert "arrêtée pour le moment" in away.text
    assert "rencontres.css" in away.text
