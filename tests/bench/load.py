"""A client that costs little beside what it measures: so many connections, each asking again once it was answered.

One thread, one poll. Requests are made beforehand, and of an answer only its status and its end are looked for. What it
takes of the processor is measured too, since it shares the cores with the house.
"""

import re
import select
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

PATIENCE = 30.0
"""Seconds without any answer after which a measurement is given up."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


@dataclass
class Outcome:
    """What came of the requests. Latencies in seconds, each from its first byte sent to its last byte received."""

    seconds: float = 0.0
    processor: float = 0.0
    """Seconds of processor that this client took."""
    sent: list[float] = field(default_factory=list)
    """When each request was sent, in their order, by the machine's monotonic clock."""
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    sizes: Counter[int] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)
    """The answers whole, if they were to be kept."""

    @property
    def rate(self) -> float:
        """Answers in a second."""
        return len(self.latencies) / self.seconds

    def within(self, share: float) -> float:
        """The latency that this share of the answers kept."""
        return share_of(self.latencies, share)


def share_of(values: Iterable[float], share: float) -> float:
    """The value that this share of all is not above; 0 for none."""
    found = sorted(values)
    return found[min(len(found) - 1, int(len(found) * share))] if found else 0.0


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun = 0.0
        self._received = bytearray()
        self._end = -1
        """Where the answer ends; -1 while its head is not there, -2 when chunks say where."""

    def ask(self, request: bytes) -> None:
        """Send one request; the answer before it has come."""
        self._received.clear()
        self._end = -1
        self.begun = time.monotonic()
        self.socket.sendall(request)

    def read(self) -> bytes | None:
        """The answer, once all of it is there. Raises `OSError` when the server hung up in its middle."""
        some = self.socket.recv(1 << 18)
        if not some:
            raise ConnectionResetError("hung up before the answer was over")
        self._received += some
        if self._end == -1:
            self._find_end()
        if self._end == -2:
            return bytes(self._received) if self._received.endswith(b"\r\n0\r\n\r\n") else None
        return bytes(self._received) if 0 <= self._end <= len(self._received) else None

    def _find_end(self) -> None:
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        if length := _LENGTH.search(self._received, 0, head):
            self._end = head + 4 + int(length[1])
        else:
            self._end = -2 if _CHUNKED.search(self._received, 0, head) else head + 4


def ask(
    port: int, requests: Iterable[bytes], *, clients: int, seconds: float = PATIENCE, keep: bool = False
) -> Outcome:
    """Send these requests over `clients` connections, until there are no more or the time is over."""
    return _Asking(port, iter(requests), clients, keep).run(seconds)


class _Asking:
    def __init__(self, port: int, requests: Iterator[bytes], clients: int, keep: bool) -> None:
        self._requests = requests
        self._keep = keep
        self._outcome = Outcome()
        self._connections = [_Connection(port) for _ in range(clients)]
        self._until = 0.0

    def run(self, seconds: float) -> Outcome:
        outcome, processor, begun = self._outcome, time.process_time(), time.monotonic()
        self._until = begun + seconds
        waiting = {one.socket.fileno(): one for one in self._connections if self._next(one)}
        poll = select.epoll()
        for number in waiting:
            poll.register(number, select.EPOLLIN)
        while waiting:
            ready = poll.poll(PATIENCE)
            if not ready:
                raise TimeoutError(f"{len(waiting)} requests were not answered within {PATIENCE:.0f} s")
            for number, _ in ready:
                if not self._go_on(waiting[number]):
                    del waiting[number]
        outcome.seconds = time.monotonic() - begun
        outcome.processor = time.process_time() - processor
        poll.close()
        for one in self._connections:
            one.socket.close()
        return outcome

    def _go_on(self, connection: _Connection) -> bool:
        answer = connection.read()
        if answer is None:
            return True
        outcome = self._outcome
        outcome.latencies.append(time.monotonic() - connection.begun)
        outcome.statuses[int(answer[9:12])] += 1
        outcome.sizes[len(answer)] += 1
        if self._keep:
            outcome.bodies.append(answer.partition(b"\r\n\r\n")[2])
        return self._next(connection)

    def _next(self, connection: _Connection) -> bool:
        request = next(self._requests, None) if time.monotonic() < self._until else None
        if request is not None:
            connection.ask(request)
            self._outcome.sent.append(connection.begun)
        return request is not None
