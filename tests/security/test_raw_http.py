"""Bytes that are no honest HTTP, at the front door and at a service: refused or answered, never a failure."""

import asyncio

import pytest

from tests.house import House
from tests.security.doors import FORM, JSON, Keys
from tests.security.judging import POLICY
from tests.security.wire import CLOSED, Answer, Wire, request
from tests.security.wrong_bodies import BODIES
from tests.security.wrong_http import NOT_HTTP, STRANGE


def _judge(answer: Answer, name: str) -> list[str]:
    """What is wrong: a failure of ours, or a page without its policy. What is no HTTP gets a few fixed words."""
    short = len(answer.body) < 100 and b"evil" not in answer.body
    if short and answer.status in {CLOSED.status, 200, 400, 431, 501, 505}:
        return []
    wrong = [] if 200 <= answer.status < 500 else [f"{name}: {answer.status}"]
    if [header for header in POLICY if len(answer.all(header)) != 1]:
        wrong.append(f"{name}: no policy on {answer.status}")
    if b"evil.example" in answer.body or "evil" in answer.header("location") or b"secret" in answer.body:
        wrong.append(f"{name}: says what it was told")
    return wrong


async def _all(port: int, asked: dict[str, str]) -> dict[str, Answer]:
    found = {}
    for name, said in asked.items():
        async with Wire(port) as wire:
            found[name] = await wire.ask(said.encode("latin-1"))
    return found


def test_what_is_no_http_is_refused(besieged: House):
    answers = asyncio.run(_all(besieged.ports["public"], NOT_HTTP))

    assert [fault for name, answer in answers.items() for fault in _judge(answer, name)] == []
    assert [
        name
        for name, answer in answers.items()
        if answer.status in {200, 303} and name not in {"no version", "header folded"}
    ] == []


def test_strange_requests_are_answered_in_order(besieged: House):
    answers = asyncio.run(_all(besieged.ports["public"], STRANGE))

    assert [fault for name, answer in answers.items() for fault in _judge(answer, name)] == []


@pytest.mark.parametrize("service", ["registration", "programme"])
def test_service_without_the_front_door_has_no_failure_either(besieged: House, service: str):
    answers = asyncio.run(_all(besieged.ports[service], {**NOT_HTTP, **STRANGE}))

    assert [(name, answer.status) for name, answer in answers.items() if answer.status >= 500] == []


def test_slow_head_is_cut_off(besieged: House):
    """Slowloris: one sign a second keeps a connection for some seconds, not for ever."""

    async def ask() -> tuple[bytes, int]:
        reader, writer = await asyncio.open_connection("127.0.0.1", besieged.ports["public"])
        writer.write(b"GET /programme HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        async with asyncio.timeout(20):
            said = await reader.read()
        writer.close()
        async with Wire(besieged.ports["public"]) as wire:
            return said, (await wire.ask(request("GET", "/programme"))).status

    said, status = asyncio.run(ask())

    assert b" 200 " not in said
    assert status == 200


def test_no_request_hides_inside_another(besieged: House):
    """Smuggling: one question gets one answer; what follows it on the line is never another one's beginning."""
    hidden = "GET /hidden HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    first_of_two = NOT_HTTP["length and chunks"]

    async def ask() -> list[int]:
        async with Wire(besieged.ports["public"]) as wire:
            first = await wire.ask((first_of_two + hidden).encode())
            second = await wire.ask(request("GET", "/programme"))
        return [first.status, second.status]

    first, second = asyncio.run(ask())

    assert 400 <= first < 500
    assert second in {
        200,
        404,
        0,
    }  # 404: the rest, taken for a question of its own on this same line, of this same client


@pytest.mark.parametrize("port", ["public", "registration"])
def test_bodies_that_are_none_are_refused(besieged: House, port: str):
    async def ask() -> dict[str, Answer]:
        found = {}
        for name, (said, _) in BODIES.items():
            async with Wire(besieged.ports[port]) as wire:
                found[name] = await wire.ask(said)
        return found

    answers = asyncio.run(ask())

    assert {name: answer.status for name, answer in answers.items() if answer.status not in BODIES[name][1]} == {}
    kinds = {name: answer.header("content-type") for name, answer in answers.items() if answer is not CLOSED}
    assert {
        kind for name, kind in kinds.items() if BODIES[name][0].startswith(b"POST /api") and answers[name].status >= 400
    } == {"application/problem+json"}


def test_another_site_can_send_nothing_with_the_cookie_of_the_team(besieged: House, keys: Keys):
    """Forms, JSON as text, and requests without an origin: each needs the cookie, none gets in."""
    bodies = (
        (FORM, b"email=x"),
        ("text/plain", b'{"note": {}}'),
        (JSON, b"{}"),
        ("multipart/form-data; boundary=a", b"--a--"),
    )

    async def ask() -> set[int]:
        found = set()
        async with Wire(besieged.ports["public"]) as wire:
            for origin in ("https://evil.example", "null", f"{keys.origin}.evil.example", keys.origin.upper() + "/"):
                for kind, body in bodies:
                    headers = {"Content-Type": kind, "Cookie": keys.cookie, "Origin": origin}
                    found.add((await wire.ask(request("POST", "/equipe/programme/publier", headers, body))).status)
                    found.add((await wire.ask(request("POST", "/api/programme/v1/releases", headers, body))).status)
        return found

    assert asyncio.run(ask()) == {403}
