"""More than two thousand hostile texts through every door of a house: it answers, keeps its form, and stands."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import MongoClient

from deploy.children import await_until
from deploy.layout import Layout
from tests.house import SERVICES, House
from tests.security.doors import CANARY, READING, SPOKEN, WRITING, Keys, Visit, visits
from tests.security.judging import _WORKED_OUT, faults, injected
from tests.security.texts import KINDS, all_texts
from tests.security.wire import Answer, Wire

CONNECTIONS = 6


@dataclass(frozen=True)
class Siege:
    """What was answered to whom, and which processes answered before."""

    answers: list[tuple[Visit, Answer]]
    processes: dict[str, int]


@pytest.fixture(scope="module")
def siege(besieged: House, keys: Keys) -> Siege:
    """Every text sent, over a few connections that stay open."""
    processes = {name: besieged.pid(name) for name in ("caddy", *SERVICES)}
    waiting = iter([*visits(all_texts(), keys, writing=4)])
    answers: list[tuple[Visit, Answer]] = []

    async def send() -> None:
        async with Wire(besieged.ports["public"]) as wire:
            for visit in waiting:
                answers.append((visit, await wire.ask(visit.raw)))  # noqa: PERF401 - six of these share the list

    async def all_of_it() -> None:
        await asyncio.gather(*(send() for _ in range(CONNECTIONS)))

    asyncio.run(all_of_it())
    return Siege(answers, processes)


def test_corpus_has_two_thousand_distinct_texts_for_every_door():
    texts = all_texts()
    distinct = {text for listed in texts.values() for text in listed}
    sent = [*visits(texts, Keys("http://127.0.0.1:1", "", ""), writing=4)]

    assert len(distinct) == sum(map(len, texts.values())) >= 2000
    assert set(texts) == set(KINDS)
    assert {visit.text for visit in sent} == distinct
    assert {visit.door for visit in sent} == {*WRITING, *READING}


def test_every_text_gets_an_answer_in_order(siege: Siege, besieged: House):
    wrong = [
        f"{visit}: {fault}" for visit, answer in siege.answers for fault in faults(visit, answer, besieged.base_url)
    ]

    assert wrong == []


def test_many_texts_are_kept_and_many_refused(siege: Siege):
    """Otherwise the siege would show nothing: a house that refuses everything is safe."""
    statuses = [answer.status for visit, answer in siege.answers if visit.door in WRITING]

    assert sum(status in {201, 303} for status in statuses) > 50
    assert sum(status == 422 for status in statuses) > 200


def test_refusals_of_a_field_name_it_in_the_language_of_the_person(siege: Siege):
    refused = [
        (answer.header("content-language"), json.loads(answer.body))
        for _, answer in siege.answers
        if answer.status == 422 and answer.header("content-type") == "application/problem+json"
    ]
    named = [error for _, one in refused for error in one.get("errors", [])]

    assert {lang for lang, _ in refused} == {SPOKEN}
    assert [one for _, one in refused if not one["detail"]] == []
    assert len(named) > 200
    assert [error for error in named if not (error["field"] and error["detail"])] == []


def test_no_service_was_hurt(siege: Siege, besieged: House):
    besieged.await_ready()

    assert {name: besieged.pid(name) for name in siege.processes} == siege.processes


def test_no_failure_and_nobody_is_in_a_log(siege: Siege, besieged: House):
    told = {file.name: file.read_text(errors="replace") for file in (besieged.var / "log").iterdir()}

    assert {*SERVICES} <= {name.removesuffix(".log") for name in told}
    for trace in ("Traceback", '"request.failed"', '"fact.parked"', CANARY, CANARY.replace("@", "%40")):
        assert [name for name, lines in told.items() if trace in lines] == []


def test_no_operator_became_a_key_of_the_databases(siege: Siege, besieged: House):
    layout = Layout.running({"VAR": str(besieged.var)})
    found = []
    for service in SERVICES:
        url = layout.service_environment(service)["MONGO_URL"]
        with MongoClient[dict[str, Any]](url) as client:
            database = client[service]
            for name in database.list_collection_names():
                found += [key for one in database[name].find() for key in keys_of(one) if key.startswith("$")]

    assert found == []


def keys_of(value: object) -> Iterator[str]:
    """Every key in a document, however deep."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield key
            yield from keys_of(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from keys_of(inside)


def test_mails_of_the_siege_carry_no_line_or_markup_of_their_own(siege: Siege, besieged: House):
    besieged.await_mails(CANARY)
    await_until(lambda: _settled(besieged), "the mail of the siege", limit=60)
    for mail in besieged.mails(""):
        assert len(mail.get_all("To", [])) == 1
        assert not {"bcc", "cc", "location", "set-cookie"} & {name.lower() for name in mail}
        page = mail.get_body(("html",))
        assert page is not None
        assert [*_foreign(page.get_content())] == []


def _settled(house: House) -> bool:
    """Whether nothing waits to be sent."""
    with house.program() as program:
        return all(
            not program.get(f"/api/notifications/v1/deliveries?state={state}").json()["items"]
            for state in ("queued", "sending", "retry")
        )


def _foreign(page: str) -> Iterator[str]:
    """What runs or leads astray in a mail; its own styles are meant."""
    return (fault for fault in injected(page) if "style" not in fault)


@pytest.mark.parametrize(
    "page",
    [
        "<p><script>alert(1)</script>",
        "<p><img src=x onerror=alert(1)>",
        '<a href="jAvascript:alert(1)">x</a>',
        '<input value="" autofocus onfocus=alert(1) x="">',
        "<base href=//evil.example>",
    ],
)
def test_judge_sees_what_was_injected(page: str):
    assert [*injected(f"<!DOCTYPE html><html><body>{page}</body></html>")] != []


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("<td>Solène 49 Kervadec</td>", True),
        ("<td>" + "49" * 7 + "</td>", True),
        ("<td>" + "49 " * 7 + "</td>", True),
        ("<td>49</td><td>Solène {{7*7}} Kervadec</td>", False),
    ],
)
def test_judge_sees_what_was_worked_out(page: str, found: bool):
    assert bool(_WORKED_OUT.search(page)) is found
