"""A rush that does not slow down when the answers do: requests leave by the clock, over a few hundred connections.

A person who comes at ten o'clock comes at ten o'clock, however many are there already: a client that waits for one
answer before it asks again would hide exactly what an overload does.
"""

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

CONNECTIONS = 400
PATIENCE = 20.0
"""Seconds after which an answer counts as missing."""


@dataclass
class Outcome:
    """What came of a rush. Latencies in seconds from the moment the request was due, by status."""

    sent: int = 0
    not_sent: int = 0
    """Due while all connections were waiting for an answer: the rush was stronger than this client."""
    unanswered: int = 0
    latencies: dict[int, list[float]] = field(default_factory=dict)
    without_retry_after: int = 0
    """Refusals for overload that do not say when to come back."""
    bodies: list[bytes] = field(default_factory=list)
    """Of answers below 300."""

    @property
    def statuses(self) -> Counter[int]:
        """How many of each status."""
        return Counter({status: len(found) for status, found in self.latencies.items()})

    def within(self, share: float, *statuses: int) -> float:
        """The latency that this share of the answers (with these statuses) kept, in seconds."""
        found = sorted(
            one for status, all_ in self.latencies.items() if not statuses or status in statuses for one in all_
        )
        return found[min(len(found) - 1, int(len(found) * share))] if found else 0.0


@dataclass(frozen=True)
class Rush:
    """So many requests in a second, for so many seconds, to one host and port."""

    port: int
    rate: float
    seconds: float
    connections: int = CONNECTIONS


Requests = Iterator[bytes]
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """One request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def run(rush: Rush, make: Callable[[Any], Requests], argument: Any) -> Outcome:
    """Carry out one rush in this process; `make(argument)` makes its requests."""
    return asyncio.run(_Client(rush, make(argument)).run())


def apart() -> ProcessPoolExecutor:
    """Processes of their own, so that one rush does not delay the clock of another."""
    return ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn"))


def begin(pool: ProcessPoolExecutor, rush: Rush, make: Callable[[Any], Requests], argument: Any) -> "Future[Outcome]":
    """Start one rush beside what goes on."""
    return pool.submit(run, rush, make, argument)


class _Client:
    def __init__(self, rush: Rush, requests: Requests) -> None:
        self._rush = rush
        self._requests = requests
        self._outcome = Outcome()
        self._idle: list[Pair] = []
        self._open = 0

    async def run(self) -> Outcome:
        begun, number = monotonic(), 0
        tasks: set[asyncio.Task[None]] = set()
        while (elapsed := monotonic() - begun) < self._rush.seconds:
            while number < elapsed * self._rush.rate:
                due = begun + number / self._rush.rate
                number += 1
                if not self._idle and self._open >= self._rush.connections:
                    self._outcome.not_sent += 1
                    continue
                pair = self._idle.pop() if self._idle else None
                self._open += pair is None
                task = asyncio.create_task(self._ask(pair, next(self._requests), due))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            await asyncio.sleep(0.002)
        await asyncio.gather(*tasks)
        for _, writer in self._idle:
            writer.close()
        return self._outcome

    async def _ask(self, pair: Pair | None, content: bytes, due: float) -> None:
        self._outcome.sent += 1
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = pair or await asyncio.open_connection("127.0.0.1", self._rush.port)
                writer.write(content)
                status, headers, body = await _answer(reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            self._outcome.unanswered += 1
            self._open -= 1
            return
        self._note(status, headers, body, monotonic() - due)
        if headers.get(b"connection", b"").lower() == b"close":
            writer.close()
            self._open -= 1
        else:
            self._idle.append((reader, writer))

    def _note(self, status: int, headers: dict[bytes, bytes], body: bytes, latency: float) -> None:
        self._outcome.latencies.setdefault(status, []).append(latency)
        if status in {429, 503} and b"retry-after" not in headers:
            self._outcome.without_retry_after += 1
        if status < 300:
            self._outcome.bodies.append(body)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[bytes, bytes], bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = {name.lower(): value.strip() for line in lines if line for name, _, value in [line.partition(b":")]}
    if headers.get(b"transfer-encoding") == b"chunked":
        return int(first.split()[1]), headers, await _chunks(reader)
    return int(first.split()[1]), headers, await reader.readexactly(int(headers.get(b"content-length", b"0")))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    found = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        found.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(found)
