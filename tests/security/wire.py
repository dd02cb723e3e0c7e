"""A client that says exactly the bytes it is told, and reads whatever comes back: libraries are too polite."""

import asyncio
from dataclasses import dataclass
from typing import Self

LIMIT = 10.0
"""Seconds for one answer; ours take milliseconds."""


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 when the connection was closed without a word."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for header, value in self.headers if header == name]

    def header(self, name: str) -> str:
        return ", ".join(self.all(name))

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


CLOSED = Answer(0)


class Wire:
    """One connection, opened again whenever the other side has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._writer:
            self._writer.close()
        self._reader = self._writer = None

    async def ask(self, request: bytes, *, limit: float = LIMIT) -> Answer:
        """Send these bytes and read one answer. Raises `TimeoutError` when none comes."""
        async with asyncio.timeout(limit):
            if self._reader is None or self._reader.at_eof():
                await self.close()
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**21)
            assert self._writer is not None
            try:
                self._writer.write(request)
                await self._writer.drain()
            except ConnectionError:
                pass  # refused before all was said: the answer is there
            return await self.read(head=request.startswith(b"HEAD "))

    async def read(self, *, head: bool = False) -> Answer:
        """The next answer on this connection."""
        assert self._reader is not None
        try:
            start = await self._reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            return CLOSED
        first, *rest = start.decode("latin-1").rstrip("\r\n").split("\r\n")
        pairs = [line.partition(":") for line in rest]
        answer = Answer(int(first.split(" ")[1]), tuple((name.lower(), value.strip()) for name, _, value in pairs))
        if head or answer.status in {204, 304}:
            return answer
        body = await self._body(answer)
        if answer.header("connection").lower() == "close":
            await self.close()
        return Answer(answer.status, answer.headers, body)

    async def _body(self, answer: Answer) -> bytes:
        assert self._reader is not None
        if answer.header("transfer-encoding") == "chunked":
            whole = bytearray()
            while size := int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16):
                whole += await self._reader.readexactly(size)
                await self._reader.readexactly(2)
            await self._reader.readuntil(b"\r\n")
            return bytes(whole)
        length = answer.header("content-length")
        return await (self._reader.readexactly(int(length)) if length else self._reader.read())


def request(method: str, target: str, headers: dict[str, str | bytes] | None = None, body: bytes = b"") -> bytes:
    """A request in order, but for what is put into it."""
    given: dict[str, str | bytes] = {"Host": "127.0.0.1", **(headers or {})}
    if body or method in {"POST", "PUT", "PATCH"}:
        given["Content-Length"] = str(len(body))
    told = [
        name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) for name, value in given.items()
    ]
    return b"\r\n".join((f"{method} {target} HTTP/1.1".encode(), *told, b"", body))
