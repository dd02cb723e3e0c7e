"""Whole registrations over HTTP through Caddy, by the API and by the form, with everything consuming beside them."""

import json
import time
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from shared.ids import new_id
from tests.bench import load
from tests.bench.figures import Part, table
from tests.bench.ground import Ground, people, taken
from tests.bench.load import Outcome, share_of
from tests.bench.sink import Arrival
from tests.overload.rush import request

BURSTS = {"API": (1000, 3), "form": (500, 3)}
"""How many are sent by 32 clients at a time, and how often."""
FEW = {1: 60, 8: 200}
"""How many are sent by fewer clients."""
TARGETS = {"API": 400.0, "form": 250.0}
LONGEST = 180.0
Application = dict[str, Any]
Make = Callable[[Application], bytes]


@dataclass(frozen=True)
class Burst:
    """One burst of registrations, and what followed. Seconds; `mails` from each request to its confirmation."""

    outcome: Outcome
    level_after: float
    """From the last answer until every service had taken in every fact, those that followed included."""
    mails: tuple[float, ...]
    during: dict[str, float]
    """Seconds of processor by program until the last answer."""
    whole: dict[str, float]
    """The same until the last confirmation."""


def by_api(application: Application) -> bytes:
    """As a program registers somebody."""
    body = json.dumps(application).encode()
    return request(
        "POST", "/api/registration/v1/registrations", body, Content_Type="application/json", Accept="application/json"
    )


def by_form(application: Application) -> bytes:
    """As a browser sends the form."""
    organisation, consents = application["organisation"], application["consents"]
    fields = {name: value for name, value in application.items() if name not in {"organisation", "consents"}}
    fields |= {f"organisation_{name}": value for name, value in organisation.items()}
    fields |= {name: "yes" for name, said in consents.items() if said}
    body = urlencode({**fields, "form_key": new_id()}, doseq=True).encode()
    browser = {"Accept": "text/html", "Accept_Language": "fr", "Accept_Encoding": "gzip"}
    return request("POST", "/inscription", body, Content_Type="application/x-www-form-urlencoded", **browser)


def burst(ground: Ground, make: Make, count: int, clients: int, session: str | None = None) -> Burst:
    """Send so many registrations of different people, and wait for all that follows from them."""
    crowd = people(count, *([session] if session else []))
    requests = [make(one) for one in crowd]
    before, mails_before = ground.processor(), len(ground.arrivals())
    outcome = load.ask(ground.port, requests, clients=clients)
    answered, during = time.monotonic(), ground.processor()
    expect(outcome, {201, 303})
    ground.await_facts(LONGEST)
    level = time.monotonic() - answered
    sent = {one["email"]: at for one, at in zip(crowd, outcome.sent, strict=True)}
    ground.await_mails(lambda all_: len(_badges(all_[mails_before:], sent)) == count, LONGEST)
    ground.await_facts(LONGEST)
    arrived = _badges(ground.arrivals()[mails_before:], sent)
    waits = tuple(arrived[address] - at for address, at in sent.items())
    client = {"this client": outcome.processor}
    return Burst(
        outcome,
        level,
        waits,
        {**taken(before, during), **client},
        {**taken(before, ground.processor()), **client},
    )


def _badges(mails: Sequence[Arrival], wanted: Container[str]) -> dict[str, float]:
    """When each of these people had their badge in the mailbox: with the confirmation, or in a mail after it."""
    return {one.recipient: one.at for one in mails if one.badge and one.recipient in wanted}


def expect(outcome: Outcome, wanted: set[int]) -> None:
    """A figure counts only when every answer was the wanted one."""
    if set(outcome.statuses) - wanted:
        raise AssertionError(f"not only {wanted}: {dict(outcome.statuses)}")


def measure(ground: Ground) -> Part:
    """The figures of registering."""
    part = Part()
    burst(ground, by_api, 200, 8)  # everything warm
    idle = [share_of(_one_by_one(ground, 20), 0.95)]
    for name, make in (("API", by_api), ("form", by_form)):
        _few(part, ground, name, make)
        count, rounds = BURSTS[name]
        bursts = [burst(ground, make, count, 32) for _ in range(rounds)]
        _add(part, name, bursts)
        part.notes.append(_costs(name, bursts))
    part.add("form → confirmation with badge and calendar, one at a time, 95 %", "s", idle, most=1)
    return part


def _few(part: Part, ground: Ground, name: str, make: Make) -> None:
    for clients, count in FEW.items():
        outcomes = [burst(ground, make, count, clients).outcome for _ in range(2)]
        part.add(f"registration, {name}, {_clients(clients)}", "/s", [one.rate for one in outcomes])
        asked = {"most": 10.0} if clients == 1 and name == "API" else {}
        halves = [one.within(0.5) * 1000 for one in outcomes]
        part.add(f"registration, {name}, {_clients(clients)}, half within", "ms", halves, **asked)


def _add(part: Part, name: str, bursts: Sequence[Burst]) -> None:
    what = f"registration, {name}, 32 clients"
    outcomes = [one.outcome for one in bursts]
    part.add(what, "/s", [one.rate for one in outcomes], least=TARGETS[name])
    part.add(f"{what}, half within", "ms", [one.within(0.5) * 1000 for one in outcomes])
    part.add(f"{what}, 99 % within", "ms", [one.within(0.99) * 1000 for one in outcomes], most=100)
    part.add(f"{what}, every consumer level after", "s", [one.level_after for one in bursts], most=10)
    part.add(f"{what}, 95 % of confirmations within", "s", [share_of(one.mails, 0.95) for one in bursts], most=10)


def _costs(name: str, bursts: Sequence[Burst]) -> str:
    """What each program took of the processor for a registration."""
    total = sum(len(one.mails) for one in bursts)
    rows = []
    for program in bursts[0].whole:
        during, whole = (sum(one[program] for one in kept) / total * 1000 for kept in (_during(bursts), _whole(bursts)))
        rows.append((whole, (program, f"{during:.2f}", f"{whole:.2f}")))
    ordered = [row for _, row in sorted(rows, reverse=True)]
    heads = (f"by program ({name})", "ms of processor each, until answered", "until the last confirmation")
    return table(heads, ordered)


def _during(bursts: Sequence[Burst]) -> list[dict[str, float]]:
    return [one.during for one in bursts]


def _whole(bursts: Sequence[Burst]) -> list[dict[str, float]]:
    return [one.whole for one in bursts]


def _one_by_one(ground: Ground, count: int) -> list[float]:
    """From the form sent to its confirmation, with nothing else to do."""
    waits: list[float] = []
    for _ in range(count):
        waits += burst(ground, by_form, 1, 1).mails
    return waits


def _clients(count: int) -> str:
    return f"{count} client{'s' * (count > 1)}"
