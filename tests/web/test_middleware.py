"""Limits, origins, the correlation id, the language cookie, and what the log keeps to itself."""

from collections.abc import AsyncIterator, Callable

import pytest
import structlog
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from shared.clock import now
from shared.errors import Away, Busy
from shared.logs import correlation
from shared.signing import Signer
from shared.web.middleware import Bodies
from tests.web.conftest import PUBLIC, claims, visit

Make = Callable[..., FastAPI]


def routes() -> APIRouter:
    router = APIRouter()

    @router.post("/envoi")
    async def post(request: Request) -> int:
        return len(await request.body())

    @router.post("/api/programme/v1/json")
    async def json(body: dict[str, object]) -> int:
        return len(body)

    @router.get("/mon-inscription/{token}")
    async def link(token: str) -> PlainTextResponse:
        return PlainTextResponse(correlation.get())

    @router.get("/busy")
    async def busy() -> None:
        raise Busy

    @router.get("/away")
    async def away() -> None:
        raise Away("MongoDB")

    @router.get("/broken")
    async def broken() -> None:
        raise KeyError("solene.kervadec@mairie.example")

    return router


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": PUBLIC}, 200),
        ({"origin": "null"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": PUBLIC, "sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://localhost:8080", "sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
    ],
)
async def test_other_sites_cannot_send_in_a_persons_name(make_app: Make, headers: dict[str, str], status: int) -> None:
    async with visit(make_app(routes())) as client:
        assert (await client.post("/envoi", headers=headers)).status_code == status


@pytest.mark.parametrize("origin", [{"origin": "null"}, {}], ids=["null", "none"])
async def test_unknown_origin_is_refused_where_a_staff_cookie_lends_it_power(
    make_app: Make, signer: Signer, origin: dict[str, str]
) -> None:
    async with visit(make_app(routes())) as client:
        headers = {**origin, "cookie": "lang=fr; rencontres_staff=" + signer.sign(claims("admin"))}
        assert (await client.post("/envoi", headers=headers)).status_code == 403


@pytest.mark.parametrize("name", ["rencontres_desk", "__Secure-rencontres_desk", "__Host-rencontres_staff"])
async def test_unknown_origin_is_refused_with_any_cookie_that_lends_power(make_app: Make, name: str) -> None:
    async with visit(make_app(routes())) as client:
        headers = {"origin": "null", "cookie": f"lang=fr; {name}=x"}
        assert (await client.post("/envoi", headers=headers)).status_code == 403


async def test_reading_is_allowed_from_everywhere(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
        assert (await client.get("/mon-inscription/x", headers=headers)).status_code == 200


async def test_body_of_a_megabyte_passes_and_one_byte_more_does_not(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        assert (await client.post("/envoi", content=b"x" * 1_000_000)).json() == 1_000_000
        assert (await client.post("/envoi", content=b"x" * 1_000_001)).status_code == 413


async def test_only_where_files_are_sent_a_body_may_weigh_more(make_app: Make, signer: Signer) -> None:
    app = make_app(routes(), bulky={"/envoi": 2_000_000})
    async with visit(app) as client:
        client.headers["origin"] = PUBLIC
        client.cookies.set("rencontres_staff", signer.sign(claims()))
        assert (await client.post("/envoi", content=b"x" * 2_000_000)).json() == 2_000_000
        refused = await client.post("/envoi", content=b"x" * 2_000_001)
        other = await client.post("/mon-inscription/x", content=b"x" * 1_000_001)
    assert (refused.status_code, "2 Mo au plus" in refused.text.replace("\xa0", " ")) == (413, True)
    assert (other.status_code, "1 Mo au plus" in other.text.replace("\xa0", " ")) == (413, True)


@pytest.mark.parametrize("word", ["", "forged", "old"])
async def test_from_strangers_no_file_is_read(make_app: Make, signer: Signer, word: str) -> None:
    app = make_app(routes(), bulky={"/envoi": 2_000_000})
    async with visit(app) as client:
        client.headers["origin"] = PUBLIC
        client.cookies.set("rencontres_staff", signer.sign(claims(exp=now())) if word == "old" else word)
        assert (await client.post("/envoi", content=b"x" * 1_000_000)).json() == 1_000_000
        refused = await client.post("/envoi", content=b"x" * 1_000_001)
    assert (refused.status_code, refused.headers["location"]) == (303, "/equipe/connexion?suite=/equipe")


async def test_body_that_breaks_off_reaches_nobody() -> None:
    reached: list[str] = []

    async def inner(scope: Scope, _receive: Receive, _send: Send) -> None:
        reached.append(scope["path"])

    async def tell(_message: Message) -> None:
        reached.append("answer")

    arriving: list[Message] = [
        {"type": "http.request", "body": b"given_name=Sol", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return arriving.pop(0)

    scope = {"type": "http", "method": "POST", "path": "/inscription", "headers": [(b"content-length", b"900")]}
    await Bodies(inner, FastAPI())(scope, receive, tell)
    assert reached == []


async def test_body_that_hides_its_length_is_measured(make_app: Make) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100_000

    async with visit(make_app(routes())) as client:
        assert (await client.post("/envoi", content=chunks())).status_code == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"a":' * 32 + "1" + "}" * 32, 200),
        ('{"a":' * 33 + "1" + "}" * 33, 400),
        ("[" * 100_000, 400),
        ('{"a":"' + "[" * 500 + '"}', 200),
        ('{"a":[' + "{}," * 500 + "{}]}", 200),
        ('{"a', 422),
    ],
)
async def test_json_is_read_to_a_limited_depth(make_app: Make, body: str, status: int) -> None:
    async with visit(make_app(routes())) as client:
        answer = await client.post("/api/programme/v1/json", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == status


async def test_correlation_id_of_the_caller_is_kept_if_harmless(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        path = "/mon-inscription/x"
        assert (await client.get(path, headers={"x-correlation-id": "abcdef-123456"})).text == "abcdef-123456"
        assert (await client.get(path, headers={"x-correlation-id": 'a"b\\c.d.e.f'})).text != 'a"b\\c.d.e.f'
        assert len((await client.get(path)).text) == 26


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({}, None),
        ({"cookie": "lang=fr"}, None),
        ({"cookie": "rencontres_staff=x"}, "no-store"),
        ({"authorization": "Bearer x"}, "no-store"),
    ],
)
async def test_no_cache_keeps_what_the_team_or_a_program_was_answered(
    make_app: Make, headers: dict[str, str], kept: str | None
) -> None:
    async with visit(make_app(routes())) as visitor:
        answer = await visitor.get("/mon-inscription/x", headers=headers)
    assert answer.headers.get("cache-control") == kept


async def test_log_knows_the_route_but_no_link_and_no_query(make_app: Make) -> None:
    with structlog.testing.capture_logs() as lines:
        async with visit(make_app(routes())) as client:
            await client.get("/mon-inscription/01k3x.1.secret?q=Kervadec")
    (line,) = lines
    assert line["route"] == "/mon-inscription/{token}"
    assert "secret" not in str(lines)
    assert "Kervadec" not in str(lines)


async def test_unexpected_error_is_logged_without_its_values(make_app: Make) -> None:
    with structlog.testing.capture_logs() as lines:
        async with visit(make_app(routes())) as client:
            answer = await client.get("/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert lines[0]["error"] == "KeyError"
    assert "kervadec" not in str(lines) + answer.text


@pytest.mark.parametrize(("path", "seconds"), [("/busy", "30"), ("/away", "10")])
async def test_overload_and_outage_say_when_to_come_back(make_app: Make, path: str, seconds: str) -> None:
    async with visit(make_app(routes())) as client:
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, seconds)


async def test_head_answers_like_get_without_a_body(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        answer = await client.head("/mon-inscription/x")
        assert (answer.status_code, answer.content) == (200, b"")


async def test_language_in_the_address_is_remembered(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        answer = await client.get("/mon-inscription/x?lang=es")
        assert answer.headers["set-cookie"].startswith("lang=es; Path=/; Max-Age=31536000; SameSite=Lax")
        assert "set-cookie" not in (await client.get("/mon-inscription/x?lang=de")).headers
