"""What happens around every request, without Starlette's slower wrappers: limits, origin, language, log."""

import re
from collections.abc import Mapping
from time import perf_counter
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import metrics
from shared.errors import NotSignedIn, Refusal
from shared.ids import new_id
from shared.logs import bound, log
from shared.web import assets, languages
from shared.web.problems import CrossSite, TooLarge, Unreadable, answer, broken

SAFE = {"GET", "HEAD", "OPTIONS"}
BODY_LIMIT = 1_000_000
"""Bytes of a request's body."""
SPARE = 1_000_000
"""Bytes of a file that are read beyond what it may weigh.

The front door ends a body that is too large, and says so. An answer before that may be lost while the rest is sent.
"""
DEPTH_LIMIT = 32
"""Levels of nesting in a JSON body; ours need 6."""

POWER = b"rencontres_"
"""In the name of every cookie that lends power: the staff's, a desk's, whatever prefix HTTPS gives them."""

_ID = re.compile(rb"[A-Za-z0-9-]{8,64}")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_YEAR = 31_536_000


class Edge:
    """The outermost layer: assets, the correlation id, the language cookie, the log line, and the last net."""

    def __init__(self, app: ASGIApp, owner: FastAPI, https: bool) -> None:
        self._app = app
        self._owner = owner
        self._secure = b"; Secure" if https else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not (scope["path"].startswith(("/static/", "/favicon")) and await assets.serve(scope, receive, send)):
            with bound(_correlation(scope)):
                await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})
        begun, status = perf_counter(), 0
        chosen, lent = languages.asked(scope), _lends_power(scope)
        head = scope["method"] == "HEAD"
        if head:  # routes answer GET; the same headers, without the body, are right for HEAD (RFC 9110 §9.3.2)
            scope = {**scope, "method": "GET"}

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if lent and not any(name.lower() == b"cache-control" for name, _ in message["headers"]):
                    message["headers"] = [*message["headers"], (b"cache-control", b"no-store")]
                if chosen:
                    message["headers"] = [*message["headers"], (b"set-cookie", self._cookie(chosen))]
            await send({**message, "body": b""} if head and "body" in message else message)

        try:
            await self._app(scope, receive, note)
        except Exception as error:
            if status:
                raise
            scope["app"] = self._owner
            await broken(Request(scope), error)(scope, receive, note)
        finally:
            _log(scope, status, perf_counter() - begun)

    def _cookie(self, lang: str) -> bytes:
        cookie = f"{languages.COOKIE}={lang}; Path=/; Max-Age={_YEAR}; SameSite=Lax; HttpOnly"
        return cookie.encode() + self._secure


def _lends_power(scope: Scope) -> bool:
    """Whether somebody of the team or a program asks: the answer is for nobody else, and no cache keeps it."""
    return any(name == b"authorization" or (name == b"cookie" and POWER in value) for name, value in scope["headers"])


def _correlation(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-correlation-id" and _ID.fullmatch(value):
            return str(value.decode())
    return new_id()


def _log(scope: Scope, status: int, seconds: float) -> None:
    # The route's pattern, not the path: capability links and searched names stay out of the log.
    route: Any = scope.get("route")
    path = getattr(route, "path", None) or scope["state"].get("route")
    if path and path.startswith(("/health/", "/metrics")):
        return
    metrics.request(scope["method"], path or "none", status, seconds)
    log().info("request.answered", method=scope["method"], route=path, status=status, ms=round(seconds * 1000, 1))


class Origins:
    """Refuses what another site sends in a person's name (CSRF).

    Browsers say where an unsafe request comes from, in `Sec-Fetch-Site` or at least in `Origin`; what sends
    neither is no browser of today, and has no business with such a cookie. With our `Referrer-Policy: no-referrer`
    a browser without `Sec-Fetch-Site` writes `Origin: null` for our own forms too: good for the public form,
    refused where a cookie of the staff, or of a desk, would lend it power.
    """

    def __init__(self, app: ASGIApp, owner: FastAPI, public_url: str) -> None:
        self._app = app
        self._owner = owner
        self._origin = public_url.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["method"] not in SAFE and not self._welcome(scope):
            scope["app"] = self._owner
            await answer(Request(scope), CrossSite())(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _welcome(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
        if site is not None:
            return site in {b"same-origin", b"none"}
        if origin is None or origin == b"null":
            return POWER not in headers.get(b"cookie", b"")
        return bool(origin == self._origin)


class Bodies:
    """Reads a request's body whole, up to 1 MB, and refuses JSON nested deeper than any of ours.

    `bulky` are the addresses to which files are sent, with what they may weigh: from the team only, or strangers could
    fill the memory.
    """

    def __init__(self, app: ASGIApp, owner: FastAPI, bulky: Mapping[str, int] = MappingProxyType({})) -> None:
        self._app = app
        self._owner = owner
        self._bulky = bulky

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self._app(scope, receive, send)
            return
        try:
            bulky = scope["path"] in self._bulky
            stranger = bulky and not self._owner.state.gate.knows(Request(scope))
            limit = self._bulky[scope["path"]] if bulky and not stranger else BODY_LIMIT
            body = await _read(scope, receive, limit, SPARE if limit > BODY_LIMIT else 0)
        except ClientDisconnect:  # half a form is nobody's answer, and nobody is there to be told
            return
        if body is None or _too_deep(scope, body):
            scope["app"] = self._owner
            refusal = _too_large(limit, stranger=stranger) if body is None else Unreadable()
            await answer(Request(scope), refusal, {"Connection": "close"})(scope, receive, send)
            return
        await self._app(scope, replay(body, receive), send)


def _too_large(limit: int, *, stranger: bool) -> Refusal:
    return NotSignedIn() if stranger else TooLarge(most=limit // 1_000_000)


async def _read(scope: Scope, receive: Receive, limit: int, spare: int) -> bytes | None:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if not length.isdigit() or (int(length) > limit and not spare):
        return None
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit + spare:
            return None
        if not message.get("more_body"):
            return b"".join(chunks) if size <= limit else None


def replay(body: bytes, receive: Receive) -> Receive:
    """What gives this body again, then whatever comes after it."""
    unread = True

    async def again() -> Message:
        nonlocal unread
        if unread:
            unread = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return again


def _too_deep(scope: Scope, body: bytes) -> bool:
    if body.count(b"[") + body.count(b"{") <= DEPTH_LIMIT:
        return False
    if b"json" not in dict(scope["headers"]).get(b"content-type", b""):
        return False
    depth = 0
    for sign in _STRING.sub(b"", body):
        depth += (sign in b"[{") - (sign in b"]}")
        if depth > DEPTH_LIMIT:
            return True
    return False
