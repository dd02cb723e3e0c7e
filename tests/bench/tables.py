"""How long lists take to go out and to come in, through the front door: `python -m tests.bench.tables`; MANY=100000.

Prints seconds and rows, one line for each file. Of the long ones also what the service's memory grew to, and how long
somebody else waited meanwhile, at most.
"""

import csv
import io
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient

from deploy.layout import Layout
from shared.ids import new_id
from tests.house import House, running_house
from tests.journeys.story import eventually

LINES = 1500
HEADINGS = ("Nom", "Prénom", "Fonction", "Structure", "Catégorie", "Adresse électronique", "Référence externe")
IMPORT, EXPORT = "/equipe/inscriptions/importer", "/equipe/inscriptions/exporter"


@dataclass(frozen=True)
class Measured:
    """One file: how many rows, how many seconds, and what else was seen."""

    what: str
    rows: int
    seconds: float
    seen: str = ""

    def __str__(self) -> str:
        rate = f"{self.rows / self.seconds:,.0f} rows/s"
        return f"{self.what}: {self.rows:,} rows in {self.seconds:.2f} s, {rate}{self.seen}"


def main() -> int:
    """Measure in a house of its own."""
    many = int(os.environ.get("MANY", "100000"))
    with tempfile.TemporaryDirectory() as folder, running_house(Path(folder)) as house:
        for one in measure(house, many):
            sys.stdout.write(f"{one}\n")
            sys.stdout.flush()
    return 0


def measure(house: House, many: int) -> Iterator[Measured]:
    """A list of 1,500 people in, the same out, then `many` out; `registering` has what calls of the API take."""
    with house.visitor() as team:
        team.timeout = httpx.Timeout(600)
        team.post("/equipe/connexion", data={"email": house.staff_email, "password": house.staff_password})
        yield from _brought_in(team)
        for kind in ("csv", "xlsx"):
            yield _out(team, kind, LINES)
        _fill(house, many)
        for kind in ("csv", "xlsx"):
            with _watched(house) as seen:
                one = _out(team, kind, many)
            yield Measured(
                one.what, one.rows, one.seconds, f", {seen['memory']:.0f} MiB at most, {seen['wait']:.0f} ms"
            )


def _brought_in(team: httpx.Client) -> Iterator[Measured]:
    content = _a_list()
    began = time.monotonic()
    sent = team.post(IMPORT, files={"file": ("liste.csv", content)}, follow_redirects=False)
    page = sent.headers["location"]
    yield Measured("checked", LINES, time.monotonic() - began)
    began = time.monotonic()
    team.post(page, data={"mails": "no", "informed": "yes", "full": "beyond"})
    eventually(lambda: "refresh" not in team.get(page).headers, "the list carried out", seconds=120)
    yield Measured("imported", LINES, time.monotonic() - began)


def _a_list() -> bytes:
    file = io.StringIO()
    rows = csv.writer(file, delimiter=";")
    rows.writerow(HEADINGS)
    for n in range(LINES):
        name, address = f"Nom{n:05}", f"nom{n:05}@mairie.example"
        rows.writerow([name, "Ana", "Maire", "Association (fictive)", "equipe", address, f"bench-{n}"])
    return file.getvalue().encode()


def _out(team: httpx.Client, kind: str, rows: int) -> Measured:
    began, size = time.monotonic(), 0
    with team.stream("POST", EXPORT, data={"format": kind}) as answer:
        answer.raise_for_status()
        for piece in answer.iter_bytes():
            size += len(piece)
    return Measured(f"{kind} of {size / 1e6:.1f} MB", rows, time.monotonic() - began)


def _fill(house: House, many: int) -> None:
    """So many registrations altogether, straight into the database: how they came is not measured here."""
    address = Layout.running({"VAR": str(house.var)}).service_environment("registration")["MONGO_URL"]
    with MongoClient[dict[str, Any]](address) as client:
        people = client["registration"]["registrations"]
        one, there = people.find_one({}), people.count_documents({})
        assert one
        for start in range(there, many, 5000):
            people.insert_many([{**one, "_id": new_id()} for _ in range(start, min(start + 5000, many))])


@contextmanager
def _watched(house: House) -> Iterator[dict[str, float]]:
    """The service's greatest memory, and the longest wait for a public page, until the block ends."""
    seen, over = {"memory": 0.0, "wait": 0.0}, threading.Event()

    def watch() -> None:
        with house.visitor() as visitor:
            while not over.wait(0.05):
                began = time.monotonic()
                visitor.get("/api/registration/v1/form")
                seen["wait"] = max(seen["wait"], 1000 * (time.monotonic() - began))
                seen["memory"] = max(seen["memory"], _memory(house.pid("registration")))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield seen
    finally:
        over.set()
        watching.join()


def _memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
