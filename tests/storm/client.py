"""How people and programs ask: again and again while nobody answers, and everything is written down."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.house import House
from tests.storm.history import History, Operation

SAME_AGAIN = {
    "register",
    "register-again",
    "other-body",
    "cancel",
    "erase",
    "approve",
    "refuse",
    "rules",
    "release",
    "scan",
    "undo",
}
"""What may be sent twice and is answered alike: a refusal after a lost answer is the truth about both."""

PATIENCE = 75.0
"""Seconds until somebody who is not answered gives up: longer than any fault lasts, and than the house may take."""


@dataclass
class Client:
    """One client program that many people share. While the gate is closed nobody begins anything new."""

    house: House
    history: History
    random: Random
    http: httpx.AsyncClient
    doors: list[str] = field(default_factory=list)
    """Second processes of the registration service: some requests go straight to them."""
    asking: int = 0
    closed: bool = False
    ended: bool = False

    async def ask(self, kind: str, about: dict[str, Any], method: str, path: str, **request: Any) -> Operation:
        """Ask until there is an answer, and note what it was."""
        await self.gate()
        operation = self.history.invoke(kind, about)
        self.asking += 1
        try:
            answer = await self._patiently(operation, method, path, request)
        finally:
            self.asking -= 1
        self._note(operation, answer)
        return operation

    async def look(self, path: str, **request: Any) -> httpx.Response | None:
        """Read something; None when nobody answers or it is not there. Nothing is noted: reading changes nothing."""
        await self.gate()
        with self._counted():
            answer = await self._once("GET", path, {"headers": self.right, **request})
        return answer if answer is not None and answer.is_success else None

    async def gate(self) -> None:
        """Wait while the house is being looked at."""
        while self.closed and not self.ended:  # noqa: ASYNC110 - another thread closes it
            await asyncio.sleep(0.05)
        if self.ended:
            raise asyncio.CancelledError

    async def rest(self, least: float, most: float) -> None:
        """Think for a while."""
        await asyncio.sleep(self.random.uniform(least, most))

    @property
    def right(self) -> dict[str, str]:
        """What a program with a token sends."""
        return {"Authorization": f"Bearer {self.house.token}", "Accept": "application/json"}

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self.asking += 1
        try:
            yield
        finally:
            self.asking -= 1

    async def _patiently(
        self, operation: Operation, method: str, path: str, request: dict[str, Any]
    ) -> httpx.Response | None:
        until = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < until:
            answer = await self._once(method, path, request)
            if answer is not None:
                return answer
            operation.unanswered += 1
            await self.rest(0.2, 0.8)
        return None

    async def _once(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response | None:
        """The answer, or None for everything that leaves open what became of the request."""
        try:
            answer = await self.http.request(method, self._door(path) + path, **request)
        except httpx.HTTPError:
            return None
        return None if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS else answer

    def _door(self, path: str) -> str:
        if self.doors and path.startswith(("/api/registration", "/mon-inscription")) and self.random.random() < 0.4:
            return self.random.choice(self.doors)
        return self.house.base_url

    def _note(self, operation: Operation, answer: httpx.Response | None) -> None:
        if answer is None:
            self.history.end(operation, "unknown")
            return
        said = said_in(answer)
        if not answer.is_error:
            self.history.end(operation, "ok", answer=said)
            return
        fields = "".join(f" {one['field']}:{one['code']}" for one in said.get("errors", []))
        code = f"{said.get('code') or answer.status_code}{fields}"
        sure = operation.kind in SAME_AGAIN or not operation.unanswered
        self.history.end(operation, "refused" if sure else "unknown", code)


def said_in(answer: httpx.Response) -> dict[str, Any]:
    """The JSON of an answer, if it is any."""
    if not answer.content or "json" not in answer.headers.get("content-type", ""):
        return {}
    said = answer.json()
    return said if isinstance(said, dict) else {}
