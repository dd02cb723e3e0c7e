"""A race for the last places between several processes: `race()`, and the program that each of them runs.

The program says `ready`, waits for a line, registers its people as fast as it can, and says how many got a place and
how many were told that there is none.
"""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase

from services.registration import actions
from services.registration.domain.refusals import EditionFull
from services.registration.domain.registrations import Application, Organisation, Person
from services.registration.store import Store
from shared.errors import Away, Busy
from shared.ids import new_id
from shared.mongo import connect

ROOT = Path(__file__).parents[2]
EDITION = "raict-2026"
AT_ONCE = 400
"""Requests one process has in hand at a time: below what its queue takes."""


async def race(database: AsyncIOMotorDatabase, url: str, *, requests: int, processes: int = 4) -> Counter[str]:
    """So many people at once, from real processes, in the open edition of `database`; what they were answered."""
    each = requests // processes
    command = [sys.executable, "-m", "tests.registration.last_places", url, database.name, str(each)]
    children = [
        subprocess.Popen([*command, f"p{number}"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(processes)
    ]
    try:
        return await asyncio.to_thread(_answers, children)
    finally:
        for child in children:
            child.kill()
            child.wait()
            for end in (child.stdin, child.stdout):
                if end:
                    end.close()


def _answers(children: list[subprocess.Popen[str]]) -> Counter[str]:
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    total: Counter[str] = Counter()
    for child in children:
        assert child.stdout is not None
        total.update(json.loads(child.stdout.readline()))
    return total


def _somebody(email: str) -> Application:
    person = Person("Solène", "Kervadec-Diallo", email, "fr", "Adjointe au maire")
    return Application(EDITION, "elu", person, Organisation("Montreuil", "commune", "FR", "93048"))


async def _register(store: Store, application: Application) -> str:
    """What one of them was answered; whoever finds no room in the queue, or no database, asks again."""
    key = actions.Key(f"key-{application.person.email}", "body")
    while True:
        try:
            await actions.register(
                store,
                application,
                id=new_id(),
                key=key,
                manage_url=lambda id, generation: f"https://x/{id}.{generation}",
            )
        except EditionFull:
            return "full"
        except (Busy, Away):
            await asyncio.sleep(0.1)
        else:
            return "placed"


async def _visitors(url: str, database: str, people: int, name: str) -> Counter[str]:
    client = connect(url)
    store = Store(client[database])
    room = asyncio.Semaphore(AT_ONCE)
    somebody = _somebody("")

    async def one(number: int) -> str:
        async with room:
            person = replace(somebody.person, email=f"{name}-{number}@x.example")
            return await _register(store, replace(somebody, person=person))

    _say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    answers: list[Any] = await asyncio.gather(*(one(number) for number in range(people)))
    await store.close()
    client.close()
    return Counter(answers)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _url, _database, _people, _name = sys.argv[1:]
    _say(json.dumps(asyncio.run(_visitors(_url, _database, int(_people), _name))))
