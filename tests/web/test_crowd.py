"""More come than can be answered: so many at a time, a short line, a clear word to the rest, the door before all."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from itertools import count

import httpx
import lxml.html
import pytest
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from shared.web import crowd, read_form
from tests.web.conftest import PUBLIC, visit

Make = Callable[..., FastAPI]


class Place:
    """A page that answers when it is told to."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self.open = asyncio.Event()
        self._came = asyncio.Event()
        self.forms: list[dict[str, str]] = []

    async def stay(self) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self._came.set()
        await self.open.wait()
        self.inside -= 1

    async def holds(self, count: int) -> None:
        """Wait until so many are inside."""
        while self.inside < count:
            self._came.clear()
            await asyncio.wait_for(self._came.wait(), 5)


def routes(place: Place) -> APIRouter:
    router = APIRouter()

    @router.get("/page")
    @router.get("/accueil/qui")
    @router.get("/api/registration/v1/form")
    async def page() -> PlainTextResponse:
        await place.stay()
        return PlainTextResponse("fait")

    @router.post("/inscription")
    @router.post("/equipe/connexion")
    async def form(request: Request) -> PlainTextResponse:
        place.forms.append(dict(await read_form(request)))
        await place.stay()
        return PlainTextResponse("fait")

    @router.get("/health/live")
    async def live() -> PlainTextResponse:
        return PlainTextResponse("live")

    return router


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
async def crowded(place: Place, make_app: Make, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """Two inside, who stay; nobody may wait."""
    monkeypatch.setattr(crowd, "ROOM", 2)
    monkeypatch.setattr(crowd, "LONGEST_LINE", 0.0)
    async with visit(make_app(routes(place), favoured=("/accueil",))) as http:
        inside = [asyncio.create_task(http.get("/page")) for _ in range(2)]
        await place.holds(2)
        yield http
        place.open.set()
        assert {answer.status_code for answer in await asyncio.gather(*inside)} == {200}
        assert (await http.get("/page")).text == "fait"  # there is room again


async def test_page_says_when_to_come_back(crowded: httpx.AsyncClient):
    answer = await crowded.get("/page", headers={"Accept-Language": "es"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "Hay mucha gente ahora" in answer.text


async def test_program_gets_a_problem(crowded: httpx.AsyncClient):
    answer = await crowded.get("/api/registration/v1/form")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert answer.json()["code"] == "busy"


async def test_form_that_finds_no_room_keeps_every_answer_and_sends_it_again(
    crowded: httpx.AsyncClient, place: Place, monkeypatch: pytest.MonkeyPatch
):
    typed = [
        ("given_name", "Jo <b>&\"'"),
        ("sessions", "2026-02"),
        ("sessions", "2026-03"),
        ("phone", ""),
        ("key", "k"),
    ]
    refused = await crowded.post("/inscription?lang=fr", data=_fields(typed), headers={"Origin": PUBLIC})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
    assert "no-store" in refused.headers["cache-control"]
    (form,) = lxml.html.fromstring(refused.text).xpath("//main//form")
    kept = [(one.get("name"), one.get("value")) for one in form.xpath(".//input[@type='hidden']")]
    assert kept == typed
    assert (form.get("action"), form.get("method")) == ("/inscription?lang=fr", "post")
    monkeypatch.setattr(crowd, "LONGEST_LINE", 2.0)
    place.open.set()
    again = await crowded.post(form.get("action"), data=_fields(kept), headers={"Origin": PUBLIC})
    assert (again.status_code, place.forms) == (200, [dict(typed)])


async def test_no_page_repeats_a_password(crowded: httpx.AsyncClient):
    answer = await crowded.post(
        "/equipe/connexion", data={"email": "a@cuf.example", "password": "caché"}, headers={"Origin": PUBLIC}
    )
    assert answer.status_code == 503
    assert "caché" not in answer.text


async def test_the_door_does_not_stand_in_the_line(crowded: httpx.AsyncClient, place: Place):
    scan = asyncio.create_task(crowded.get("/accueil/qui"))
    await place.holds(3)
    place.open.set()
    assert (await scan).status_code == 200


async def test_the_door_is_called_before_all_others(place: Place, make_app: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crowd, "ROOM", 2)
    monkeypatch.setattr(crowd, "FAVOURED_ROOM", 3)
    async with visit(make_app(routes(place), favoured=("/accueil",))) as http:
        inside = [asyncio.create_task(http.get(path)) for path in ("/page", "/page", "/accueil/qui")]
        await place.holds(3)
        answered: list[str] = []

        async def ask(path: str) -> None:
            await http.get(path)
            answered.append(path)

        waiting = [asyncio.create_task(ask(path)) for path in ("/page", "/accueil/qui")]
        await asyncio.sleep(0.05)
        place.open.set()
        await asyncio.gather(*inside, *waiting)
        assert answered == ["/accueil/qui", "/page"]


async def test_without_its_own_room_the_door_is_refused_like_everybody(
    place: Place, make_app: Make, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(crowd, "ROOM", 2)
    monkeypatch.setattr(crowd, "LONGEST_LINE", 0.0)
    async with visit(make_app(routes(place))) as http:
        inside = [asyncio.create_task(http.get("/page")) for _ in range(2)]
        await place.holds(2)
        assert (await http.get("/accueil/qui")).status_code == 503
        place.open.set()
        await asyncio.gather(*inside)


async def test_without_the_gate_everybody_is_let_in_at_once(
    place: Place, make_app: Make, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(crowd, "ROOM", 10**6)
    async with visit(make_app(routes(place))) as http:
        inside = [asyncio.create_task(http.get("/page")) for _ in range(300)]
        await place.holds(300)
        place.open.set()
        await asyncio.gather(*inside)


async def test_health_is_answered_in_any_crowd(crowded: httpx.AsyncClient):
    assert (await crowded.get("/health/live")).text == "live"


async def test_a_short_line_is_served_in_its_order(place: Place, make_app: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crowd, "ROOM", 2)
    place.open.set()
    async with visit(make_app(routes(place))) as http:
        answers = await asyncio.gather(*(http.get("/page") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert place.most <= 2


async def test_a_line_that_moves_slowly_is_refused_earlier(place: Place, monkeypatch: pytest.MonkeyPatch):
    """How many may wait follows from how fast they leave: 400 at 5 ms each, four at 0.6 s each.

    Nobody stands in the line longer than two seconds, however slow this machine: the application is bare, so that all
    of the crowd is there after one turn.
    """
    monkeypatch.setattr(crowd, "ROOM", 1)
    monkeypatch.setattr(crowd, "monotonic", count(step=0.6).__next__)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await place.stay()
        await PlainTextResponse("fait")(scope, receive, send)

    line = crowd.Crowd(app, FastAPI())
    assert await come(line, place, 600) == {200: 401, 503: 199}
    assert await come(line, place, 600) == {200: 5, 503: 595}


async def come(line: crowd.Crowd, place: Place, people: int) -> Counter[int]:
    """So many at once, before anybody inside may leave: how many got which answer."""
    said: Counter[int] = Counter()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            said[message["status"]] += 1

    place.open.clear()
    headers: list[tuple[bytes, bytes]] = []
    scope = {"type": "http", "path": "/api/page", "method": "GET", "query_string": b"", "headers": headers}
    coming = [asyncio.create_task(line(dict(scope), receive, send)) for _ in range(people)]
    await asyncio.sleep(0)
    assert set(said) <= {503}
    place.open.set()
    await asyncio.gather(*coming)
    return said


async def receive() -> Message:
    return {"type": "http.request"}


async def test_nobody_stands_in_the_line_longer_than_said(
    place: Place, make_app: Make, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(crowd, "ROOM", 1)
    monkeypatch.setattr(crowd, "LONGEST_LINE", 0.1)
    async with visit(make_app(routes(place))) as http:
        inside = asyncio.create_task(http.get("/page"))
        await place.holds(1)
        assert [(await http.get("/page")).status_code for _ in range(2)] == [503, 503]
        place.open.set()
        assert (await inside).status_code == 200
        assert (await http.get("/page")).status_code == 200


async def test_whoever_gives_up_in_the_line_leaves_it(place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crowd, "ROOM", 1)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await place.stay()

    line = crowd.Crowd(app, FastAPI())
    scope = {"type": "http", "path": "/page", "method": "GET", "headers": []}
    inside, gone, called, last = (asyncio.create_task(line(scope, None, None)) for _ in range(4))
    await asyncio.sleep(0)  # one turn: the first is inside, three stand in the line
    gone.cancel()
    place.open.set()
    await inside
    called.cancel()  # called in at this moment
    await asyncio.wait_for(last, 5)
    assert place.most == 1


def _fields(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields
