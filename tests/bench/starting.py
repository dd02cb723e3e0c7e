"""From the command to the first page, and the memory of all processes at rest."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from deploy.children import await_until, free_ports, stop
from tests.bench.figures import Part
from tests.bench.ground import memory
from tests.house import ROOT, launch

ROUNDS = 3
REST = 8.0
"""Seconds after which a house is at rest."""


@contextmanager
def started(var: Path) -> Iterator[tuple[float, int]]:
    """A house that begins, stopped afterwards: seconds until its first page, and the process that started it."""
    (port,) = free_ports(1)
    begun = time.monotonic()
    child, log = launch(var, PORT=str(port))
    try:
        await_until(lambda: _answers(port), "the first page", child=child, log=log, limit=90)
        yield time.monotonic() - begun, child.pid
    finally:
        stop(child, patience=30)


def _answers(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=2)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and "<h1" in answer.text


def family(pid: int) -> list[int]:
    """A process and all that came from it."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def measure() -> Part:
    """The figures of starting."""
    part, firsts, agains, memories = Part(), [], [], []
    folder = ROOT / "var/bench/start"
    for _ in range(ROUNDS):
        shutil.rmtree(folder, ignore_errors=True)
        with started(folder / "var") as (seconds, _pid):
            firsts.append(seconds)
            time.sleep(REST)
        with started(folder / "var") as (seconds, pid):
            agains.append(seconds)
            time.sleep(REST)
            memories.append({one: memory(one) for one in family(pid)})
    part.add("start to first page, installed", "s", agains, most=6)
    part.add("the very first start, which makes keys, users, stream and the sample edition", "s", firsts)
    part.add("memory of all processes at rest (PSS)", "MiB", [sum(one.values()) for one in memories], most=600)
    return part
