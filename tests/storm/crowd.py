"""Everybody who uses the house during a storm, in a thread of their own beside the faults."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from json import loads
from random import Random
from typing import Any

import httpx

from deploy.sample_edition import SAMPLE
from tests.house import House
from tests.storm.client import Client
from tests.storm.history import History, Operation
from tests.storm.people import SLOTS, Met, keep_coming
from tests.storm.team import EDITION, Door, Team

QUOTA, SESSION_PLACES, EXHIBITORS = 45, 14, 6
"""Places at the beginning: few, so that people wait from the first minute on."""


class Crowd:
    """Start it, close its gate while the house is being looked at, and end it."""

    def __init__(self, house: House, history: History, seed: int, visitors: int) -> None:
        self._house = house
        self._history = history
        self._random = Random(seed)  # noqa: S311 - dice, no secret
        self._visitors = visitors
        self._client: Client | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._everybody()), name="crowd", daemon=True)
        self.doors: list[str] = []
        self.failures: list[str] = []

    def start(self) -> None:
        """Let them in."""
        self._thread.start()

    @property
    def operations(self) -> list[Operation]:
        """What they did so far."""
        return self._history.operations

    def asking(self) -> int:
        """How many wait for an answer."""
        return self._client.asking if self._client else 0

    def close_gate(self, closed: bool) -> None:
        """Nobody begins anything new until the gate is open again."""
        assert self._client
        self._client.closed = closed

    def end(self) -> None:
        """Everybody goes home; what was asked is answered first."""
        assert self._client
        self._client.ended = True
        self._thread.join(120)
        self._history.close()

    async def _everybody(self) -> None:
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20)
        async with httpx.AsyncClient(timeout=15, limits=limits) as http:
            client = self._client = Client(self._house, self._history, self._random, http, self.doors)
            met = Met()
            lives: list[Callable[[], Awaitable[None]]] = [lambda: keep_coming(client, met)] * self._visitors
            lives += [Team(client, rules(QUOTA)).work, Door(client, met).work, Door(client, met).work]
            await asyncio.gather(*(self._live(life) for life in lives))

    async def _live(self, life: Callable[[], Awaitable[None]]) -> None:
        """A client that stumbles is a fault of the storm, and is shown as one."""
        try:
            await life()
        except asyncio.CancelledError:
            return
        except Exception as error:  # noqa: BLE001 - the others go on
            self.failures.append(repr(error))


def rules(quota: int) -> dict[str, Any]:
    """The sample's, with few places, and a category that the team approves one by one."""
    given = loads(SAMPLE.read_text())["registration"]
    own: dict[str, dict[str, Any]] = {"presse": {"approval": True}, "exposant": {"quota": EXHIBITORS}}
    categories = [{**one, **own.get(one["id"], {})} for one in given["categories"]]
    return {**given, "quota": quota, "categories": categories, "offer_hours": 12}


def prepare(house: House) -> None:
    """Few places everywhere, before anybody comes."""
    with house.program() as api:
        draft = api.get(f"/api/programme/v1/editions/{EDITION}/draft").raise_for_status().json()
        few = {id for slot in SLOTS for id in slot}
        for session in draft["sessions"]:
            session["capacity"] = SESSION_PLACES if session["id"] in few else session["capacity"]
        api.put(f"/api/programme/v1/editions/{EDITION}", json=draft).raise_for_status()
        api.post("/api/programme/v1/releases", json={"edition": EDITION}).raise_for_status()
        api.put(f"/api/registration/v1/editions/{EDITION}", json=rules(QUOTA)).raise_for_status()
