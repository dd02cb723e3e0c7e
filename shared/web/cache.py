"""Public pages kept as finished bytes: one look-up and one answer, until somebody rings.

A route builds its page once and hands it to `Shelf.keep`; the middleware answers everybody else from the shelf,
by path and language, compressed, with a strong ETag. `Shelf.clear` (after a commit, or on the doorbell) empties it.
"""

import gzip
from dataclasses import dataclass
from hashlib import sha256

from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web import languages

ROOM = 2000
"""Answers kept at most: 600 session pages in three languages, and the rest."""
SMALL = 256
"""Bytes below which compressing gains nothing."""

_KEPT = {b"content-type", b"content-language", b"content-disposition"}


@dataclass(frozen=True)
class _Answer:
    plain: bytes
    zipped: bytes | None
    etag: bytes
    headers: list[tuple[bytes, bytes]]


class Shelf:
    """The finished answers of one service."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], _Answer] = {}
        self._turn = 0

    def clear(self) -> None:
        """Forget every answer: what they showed has changed."""
        self._turn += 1
        self._answers.clear()

    def keep(self, request: Request, response: Response) -> Response:
        """Keep this GET answer for everyone who asks for the same path in the same language, and return it.

        Not kept: what has a query of its own (filters), errors, and what was begun before the last `clear`.
        """
        fresh = request.scope["state"].get("shelf_turn") == self._turn
        if fresh and response.status_code == 200 and _plain_query(request.scope) and request.method == "GET":
            if len(self._answers) >= ROOM:
                self._answers.clear()
            self._answers[request.url.path, languages.language(request)] = _answer(response)
        return response

    def find(self, scope: Scope) -> _Answer | None:
        """The kept answer for this request; notes the turn, so that `keep` can tell whether it came too late."""
        scope.setdefault("state", {})["shelf_turn"] = self._turn
        if not self._answers or scope["method"] not in {"GET", "HEAD"} or not _plain_query(scope):
            return None
        return self._answers.get((scope["path"], languages.of(scope)))


def _plain_query(scope: Scope) -> bool:
    query: bytes = scope["query_string"]
    return not query or (query.startswith(b"lang=") and b"&" not in query)


def _answer(response: Response) -> _Answer:
    body = bytes(response.body)
    headers = [pair for pair in response.raw_headers if pair[0] in _KEPT]
    headers += [(b"cache-control", b"no-cache"), (b"vary", b"Accept-Language, Cookie, Accept-Encoding")]
    zipped = gzip.compress(body, 9, mtime=0) if len(body) >= SMALL else None
    return _Answer(body, zipped, sha256(body).hexdigest()[:32].encode(), headers)


class Shelved:
    """Answers from the shelf what is there, and passes on the rest."""

    def __init__(self, app: ASGIApp, shelf: Shelf) -> None:
        self._app = app
        self._shelf = shelf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        answer = self._shelf.find(scope) if scope["type"] == "http" else None
        if answer is None:
            await self._app(scope, receive, send)
        else:
            scope["state"]["route"] = "kept page"
            await _send(answer, scope, send)


async def _send(answer: _Answer, scope: Scope, send: Send) -> None:
    accepts = known = b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepts = value
        elif name == b"if-none-match":
            known = value
    zipped = answer.zipped if b"gzip" in accepts else None
    etag = b'"' + answer.etag + (b'-gz"' if zipped else b'"')
    headers = [*answer.headers, (b"etag", etag)]
    if etag in known:
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    body = zipped or answer.plain
    if zipped:
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
