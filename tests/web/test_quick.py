"""What a crowd asks is answered before FastAPI: in the same words, and what is not plainly right goes to FastAPI."""

from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from shared.errors import Away, NotFound
from shared.web import Input, json_body, read_form
from shared.web.middleware import Bodies
from shared.web.problems import install
from shared.web.quick import Quickly


class Asked(Input):
    """A body."""

    name: str
    number: int = 1


def _application(seen: list[str]) -> FastAPI:
    app, router = FastAPI(), APIRouter()

    @router.post("/api/things")
    async def slowly(body: Asked) -> dict[str, Any]:
        seen.append("slowly")
        return body.model_dump()

    async def quickly(request: Request) -> Response | None:
        body = await json_body(request, Asked)
        if body is None:
            return None
        seen.append("quickly")
        if body.name in {"nobody", "away"}:
            raise NotFound if body.name == "nobody" else Away("MongoDB")
        return JSONResponse(body.model_dump())

    @router.post("/api/forms")
    async def form(request: Request) -> Response:
        seen.append("slowly" if "route" in request.scope else "quickly")
        return JSONResponse(dict(await read_form(request)))

    install(app)
    app.include_router(router)
    app.add_middleware(Quickly, owner=app, quick={"/api/things": quickly, "/api/forms": form})
    app.add_middleware(Bodies, owner=app)
    return app


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
async def client(seen: list[str]):
    transport = httpx.ASGITransport(_stated(_application(seen)))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as made:
        yield made


def _stated(app: FastAPI) -> Any:
    async def with_state(scope: Any, receive: Any, send: Any) -> None:
        scope.setdefault("state", {})  # as our outermost layer does
        await app(scope, receive, send)

    return with_state


async def test_what_is_plainly_right_is_answered_quickly_and_alike(client: httpx.AsyncClient, seen: list[str]):
    body = {"name": "Solène", "number": "7"}
    quick = await client.post("/api/things", json=body)
    slow = await client.post("/api/things", json=body, headers={"Content-Type": "application/other+json"})
    assert seen == ["quickly", "slowly"]
    assert (
        (quick.status_code, quick.json()) == (slow.status_code, slow.json()) == (200, {"name": "Solène", "number": 7})
    )
    assert quick.headers["content-type"] == slow.headers["content-type"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"name": 5}', b'{"name": "x", "more": 1}', b"\xff", b'{"name": "\\ud800"}' * 2],
)
async def test_what_is_wrong_is_told_by_fastapi(client: httpx.AsyncClient, seen: list[str], content: bytes):
    kinds = ("application/json", "application/other+json")
    told = [await client.post("/api/things", content=content, headers={"Content-Type": kind}) for kind in kinds]
    assert told[0].is_client_error
    assert (told[0].status_code, told[0].json()) == (told[1].status_code, told[1].json())
    assert seen == []


FIELDS = b"application/x-www-form-urlencoded"


async def test_a_form_is_read_quickly(client: httpx.AsyncClient, seen: list[str]):
    read = await client.post("/api/forms", data={"name": "Solène"})
    assert (read.status_code, read.json()) == (200, {"name": "Solène"})
    assert seen == ["quickly"]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (FIELDS, b"&".join(b"f%d=x" % n for n in range(10_000))),
        (b"multipart/form-data", b"x"),
        (b"multipart/form-data; boundary=a", b"--b\r\n\r\nx"),
        (b"multipart/form-data; boundary=a", b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--\r\n"),
    ],
    ids=["10,000 fields", "no boundary", "another boundary", "a part without a name"],
)
async def test_a_form_that_cannot_be_read_is_told_by_fastapi(
    client: httpx.AsyncClient, seen: list[str], kind: bytes, content: bytes
):
    told = await client.post("/api/forms", content=content, headers={b"Content-Type": kind})
    assert (told.status_code, told.json()["code"]) == (400, "unreadable")
    assert seen == ["quickly", "slowly"]


async def test_a_refusal_and_a_database_that_is_away_are_told_like_anywhere(client: httpx.AsyncClient):
    refused = await client.post("/api/things", json={"name": "nobody"})
    away = await client.post("/api/things", json={"name": "away"})
    assert [(one.status_code, one.json()["code"]) for one in (refused, away)] == [(404, "not-found"), (503, "away")]
    assert away.headers["retry-after"] == "10"


async def test_other_methods_of_the_same_address_go_on(client: httpx.AsyncClient, seen: list[str]):
    assert (await client.get("/api/things")).status_code == 405
    assert seen == []
