"""A mail server that only looks: it notes when each message was over, to whom, and what was attached.

The sink of `make run` keeps every message safely on disk, and is done with about 180 in a second: measured with it, the
figure would be the sink's. This one takes them from memory to nowhere.
"""

import argparse
import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path

_SAYS = {
    b"EHLO": b"250-localhost\r\n250-SIZE 33554432\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Session(asyncio.Protocol):
    """One connection: enough of RFC 5321 for a client that waits for each answer."""

    def __init__(self, log: int) -> None:
        self._log = log
        self._received = bytearray()
        self._recipient = b""
        self._in_text = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._transport.write(b"220 localhost\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer each line, and the end of each text."""
        self._received += data
        while self._step():
            pass

    def _step(self) -> bool:
        end = self._received.find(b"\r\n.\r\n" if self._in_text else b"\r\n")
        if end < 0:
            return False
        piece = bytes(self._received[:end])
        del self._received[: end + (5 if self._in_text else 2)]
        if self._in_text:
            self._in_text = False
            self._note(piece)
            self._transport.write(b"250 looked at\r\n")
        else:
            self._answer(piece)
        return True

    def _answer(self, line: bytes) -> None:
        word = line[:4].upper()
        if word == b"RCPT":
            self._recipient = line[line.find(b"<") + 1 : line.rfind(b">")]
        self._in_text = word == b"DATA"
        self._transport.write(_SAYS.get(word, b"250 fine\r\n"))

    def _note(self, text: bytes) -> None:
        badge, calendar = b"application/pdf" in text, b"text/calendar" in text
        line = f"{time.monotonic()} {len(text)} {badge:d} {calendar:d} {self._recipient.decode()}\n"
        os.write(self._log, line.encode())


@dataclass(frozen=True)
class Arrival:
    """One message that arrived. `at` is the machine's monotonic clock."""

    at: float
    size: int
    badge: bool
    calendar: bool
    recipient: str


class Notes:
    """What the server has noted, read on from where one stopped."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._read = 0
        self._found: list[Arrival] = []

    def read(self) -> list[Arrival]:
        """Everything so far."""
        with self._log.open("rb") as file:
            file.seek(self._read)
            whole, _, _ = file.read().rpartition(b"\n")
        if whole:
            self._read += len(whole) + 1
            self._found += map(_arrival, whole.decode().split("\n"))
        return self._found


def _arrival(line: str) -> Arrival:
    at, size, badge, calendar, recipient = line.split(" ", 4)
    return Arrival(float(at), int(size), badge == "1", calendar == "1", recipient)


async def serve(port: int, log: Path) -> None:
    """Accept mail until the process ends."""
    number = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    server = await asyncio.get_running_loop().create_server(lambda: Session(number), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.log))
