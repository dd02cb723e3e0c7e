"""When more people come than one process can answer: so many at a time, a short line, the rest told when to come back.

What a refused form held stays on the page that refuses it, ready to be sent again.
"""

import asyncio
from collections import deque
from time import monotonic
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import Busy
from shared.web.problems import answer, is_api

ROOM = 64
"""Requests answered at the same time: enough for full batches, few enough to be quick."""
FAVOURED_ROOM = 4 * ROOM
LONGEST_LINE = 2.0
"""Seconds one may wait; whoever is expected to wait longer is told so at once."""
ALWAYS = ("/health/", "/metrics")
"""Whoever asks how the service is gets an answer above all when it is crowded."""

FIELDS = 200
SECRET = {"password", "pin"}
"""Fields no page repeats."""


class Crowd:
    """Innermost layer: admits, lets wait, or refuses with 503 and `Retry-After`.

    `favoured` are beginnings of paths with four times the room: the door, where somebody waits in person, stands in
    line only beyond it, in one of its own that is called first.
    """

    def __init__(self, app: ASGIApp, owner: FastAPI, favoured: tuple[str, ...] = ()) -> None:
        self._app = app
        self._owner = owner
        self._favoured = favoured
        self._inside = 0
        self._lines: dict[bool, deque[asyncio.Future[None]]] = {True: deque(), False: deque()}
        """Who waits: the favoured, who are called first, and all others."""
        self._pace = 0.005
        self._left_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"].startswith(ALWAYS):
            await self._app(scope, receive, send)
        elif await self._enter(favoured=scope["path"].startswith(self._favoured)):
            try:
                await self._app(scope, receive, send)
            finally:
                self._leave()
        else:
            await self._refuse(scope, receive, send)

    async def _enter(self, *, favoured: bool) -> bool:
        if self._inside < _room(favoured):
            self._inside += 1
            return True
        line = self._lines[favoured]
        if len(line) * self._pace >= LONGEST_LINE:
            return False
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(place)
        try:
            async with asyncio.timeout(LONGEST_LINE):
                await place
        except (TimeoutError, asyncio.CancelledError) as gone:
            if place.done() and not place.cancelled():  # called in, and gone at the same moment
                self._leave()
            if isinstance(gone, TimeoutError):
                return False
            raise
        return True

    def _leave(self) -> None:
        """Call the next one in. How fast people leave says how long the line lasts."""
        now = monotonic()
        if any(self._lines.values()):
            self._pace += 0.05 * (min(now - self._left_at, 1.0) - self._pace)
        self._left_at = now
        for favoured, line in self._lines.items():
            while line and self._inside <= _room(favoured):
                place = line.popleft()
                if not place.done():
                    place.set_result(None)
                    return
        self._inside -= 1

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self._owner
        request = Request(scope, receive)
        fields = await _typed(request)
        if fields is None:
            await answer(request, Busy())(scope, receive, send)
            return
        address = scope["path"] + (f"?{request.url.query}" if request.url.query else "")
        headers = {"Cache-Control": "no-store", "Retry-After": str(Busy.retry_after)}
        pages = self._owner.state.pages
        page = pages.render(
            request,
            "crowded.html",
            Busy.status,
            headers=headers,
            address=address,
            fields=fields,
            after=Busy.retry_after,
        )
        await page(scope, receive, send)


def _room(favoured: bool) -> int:
    return FAVOURED_ROOM if favoured else ROOM


async def _typed(request: Request) -> list[tuple[str, str]] | None:
    """What a page's form held, if it may be repeated; None for anything else."""
    kind = request.headers.get("content-type", "")
    if request.method != "POST" or is_api(request) or not kind.startswith("application/x-www-form-urlencoded"):
        return None
    try:
        body = (await request.body()).decode()
        fields = parse_qsl(body, keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except ValueError:
        return None
    if "hx-request" in request.headers or SECRET.intersection(name for name, _ in fields):
        return None
    return fields
