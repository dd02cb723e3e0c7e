"""The house that is measured: every real part, started here, with a mail server that only looks."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from pymongo import MongoClient

from deploy.administration import Administration
from deploy.children import await_until, free_ports, kill, listening, spawn, stop
from deploy.layout import Layout
from deploy.sample_edition import SAMPLE
from tests.bench.sink import Arrival, Notes
from tests.house import ROOT, SERVICES, House, start

EDITION = "raict-2026"
SESSIONS = 60
WORKSHOP = "2026-02"
"""The session that everybody who registers here takes."""
PLACES = 100_000

SETTINGS = {
    # Everybody comes from one address here.
    "REGISTRATIONS_PER_ADDRESS": "100000000",
    "HASTY_PER_ADDRESS": "100000000",
    # Changes are told at once, or every round would wait ten minutes.
    "CHANGE_QUIET_SECONDS": "0",
}
SLOWEST_FIRST = ("notifications", "badges", "registration", "programme")
"""Whoever still has something to do is asked first: to ask takes from what is measured."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Ground:
    """A running house, and what its programs have done so far."""

    def __init__(self, house: House, log: Path, sink: int) -> None:
        self.house = house
        self.port = int(house.base_url.rpartition(":")[2])
        self.api = house.program()
        layout = Layout.running({**os.environ, "VAR": str(house.var)})
        self.mongo: MongoClient[dict[str, Any]] = MongoClient(Administration.of(layout).mongo_url, tz_aware=True)
        self._sink = sink
        self._notes = Notes(log)

    def arrivals(self) -> list[Arrival]:
        """Every mail so far."""
        return self._notes.read()

    def await_mails(self, wanted: Callable[[Sequence[Arrival]], bool], limit: float = 180.0) -> None:
        """Wait until what has arrived in all is as `wanted`."""
        await_until(lambda: _slowly(wanted(self.arrivals())), "the mails", limit=limit)

    def await_facts(self, limit: float = 180.0) -> None:
        """Wait until every service has taken in every fact there is."""
        await_until(lambda: _slowly(self._is_level()), "every fact in every service", limit=limit)

    def _is_level(self) -> bool:
        told = not any(self.mongo[service].outbox.count_documents({"pending": True}, limit=1) for service in SERVICES)
        try:
            return told and not any(self.house.lag(service) for service in SLOWEST_FIRST)
        except httpx.HTTPError:  # too busy to say
            return False

    def pids(self) -> dict[str, int]:
        """Every program of the house, and the mail server beside it."""
        files = (self.house.var / "run").glob("*.pid")
        return {**{file.stem: int(file.read_text()) for file in files}, "mail server": self._sink}

    def processor(self) -> dict[str, float]:
        """Seconds of processor each program has taken."""
        return {name: processor(pid) for name, pid in self.pids().items()}

    def badges(self, count: int) -> list[str]:
        """The texts of so many badges' QR codes; fewer if there are fewer."""
        found: list[str] = []
        asked: dict[str, Any] = {"limit": 500}
        while len(found) < count:
            page = self.api.get("/api/badges/v1/badges", params=asked).raise_for_status().json()
            found += [one["token"] for one in page["items"]]
            if page["next"] is None:
                break
            asked["cursor"] = page["next"]
        return found[:count]


def _slowly(done: bool) -> bool:
    """Who is asked all the time does nothing else."""
    if not done:
        time.sleep(0.2)
    return done


def processor(pid: int) -> float:
    """Seconds of processor that a process and its threads have taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory(pid: int) -> float:
    """MiB of memory of a process, what it shares with others by halves, thirds… (PSS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def taken(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Seconds of processor each program took in between, most first."""
    by = {name: after[name] - before.get(name, 0.0) for name in after}
    return dict(sorted(by.items(), key=lambda one: -one[1]))


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """Start a house in `folder`, with room for everybody and a programme of sixty sessions; stop it afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        sink, port, log = start_sink(folder)
        stack.callback(kill, sink)
        child = start(folder / "var", SMTP_URL=f"smtp://127.0.0.1:{port}", **SETTINGS)
        stack.callback(stop, child, patience=30)
        found = Ground(House(folder / "var", folder), log, sink.pid)
        stack.callback(found.api.close)
        stack.callback(found.mongo.close)
        furnish(found)
        yield found


def start_sink(folder: Path) -> tuple[subprocess.Popen[bytes], int, Path]:
    """The mail server, its port and its notes."""
    (port,) = free_ports(1)
    log = folder / "mails.txt"
    command: Sequence[str | Path] = [sys.executable, "-m", "tests.bench.sink", "--port", str(port), "--log", log]
    child = spawn(command, log=folder / "sink.log", environment={**os.environ, "PYTHONPATH": str(ROOT)})
    await_until(lambda: listening(port), "the mail server", child=child, log=folder / "sink.log")
    return child, port, log


def furnish(ground: Ground) -> None:
    """No limit for the edition, and sixty sessions with room for everybody."""
    unlimited = {**json.loads(SAMPLE.read_text())["registration"], "quota": None}
    ground.api.put(f"/api/registration/v1/editions/{EDITION}", json=unlimited).raise_for_status()
    draft = ground.api.get(f"/api/programme/v1/editions/{EDITION}/draft").json()
    draft["sessions"] = _sixty(draft["sessions"])
    release(ground, draft)
    await_until(lambda: _slowly(_has_room(ground)), "the sixty sessions at the form")
    ground.await_facts()


def _has_room(ground: Ground) -> bool:
    sessions = ground.api.get("/api/registration/v1/form").json()["sessions"]
    return any(one["id"] == WORKSHOP and one["places_left"] for one in sessions)


def _sixty(sessions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    made = [{**one, "capacity": PLACES} if one["access"] == "sign-up" else one for one in sessions]
    for number in range(len(made), SESSIONS):
        made.append({**made[number % len(sessions)], "id": f"copy-{number}"})
    return made


def release(ground: Ground, draft: dict[str, Any]) -> None:
    """Publish this draft."""
    ground.api.put(f"/api/programme/v1/editions/{EDITION}", json=draft).raise_for_status()
    ground.api.post("/api/programme/v1/releases", json={"edition": EDITION}).raise_for_status()


def people(count: int, session: str = WORKSHOP) -> list[dict[str, Any]]:
    """So many applications of different people, as a program sends them."""
    made = []
    for _ in range(count):
        mark = uuid4().hex[:12]
        made.append(
            {
                "category": "elu",
                "given_name": "Solène",
                "family_name": f"Kervadec {mark[:6]}",
                "email": f"solene-{mark}@mairie.example",
                "language": "fr",
                "function": "Adjointe au maire, déléguée aux coopérations internationales et à la solidarité",
                "organisation": {"name": "Montreuil", "kind": "commune", "code": "93048", "country": "FR"},
                "phone": "",
                "sessions": [session],
                "needs": ["vegetarian"],
                "consents": {"privacy": True, "image": False, "participants_list": True},
            }
        )
    return made
