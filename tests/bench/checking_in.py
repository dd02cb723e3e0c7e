"""Check-ins over HTTP through Caddy, each of another badge while there are enough."""

import json
from collections.abc import Sequence
from itertools import cycle, islice
from uuid import uuid4

from tests.bench import load
from tests.bench.figures import Part
from tests.bench.ground import Ground, taken
from tests.bench.load import Outcome
from tests.bench.registering import burst, by_api, expect
from tests.overload.rush import request

COUNTS = {1: 200, 8: 600, 32: 1200}
ROUNDS = 3
WANTED = 1500
"""Badges to show."""


def scans(ground: Ground, badges: Sequence[str], count: int) -> list[bytes]:
    """So many questions at the door, each its own."""
    shown = islice(cycle(badges), count)
    bodies = [json.dumps({"token": one, "gate": "Iéna", "nonce": uuid4().hex}).encode() for one in shown]
    headers = {"Content_Type": "application/json", "Authorization": f"Bearer {ground.house.token}"}
    return [request("POST", "/api/badges/v1/check-ins", body, **headers) for body in bodies]


def badges(ground: Ground, wanted: int = WANTED) -> list[str]:
    """So many badges, made now if there are not enough."""
    found = ground.badges(wanted)
    if len(found) < wanted:
        burst(ground, by_api, wanted - len(found), 32)
        found = ground.badges(wanted)
    return found


def check_in(ground: Ground, tokens: Sequence[str], clients: int) -> Outcome:
    """One round."""
    outcome = load.ask(ground.port, scans(ground, tokens, COUNTS[clients]), clients=clients)
    expect(outcome, {200})
    ground.await_facts()
    return outcome


def measure(ground: Ground) -> Part:
    """The figures of the door."""
    part, tokens = Part(), badges(ground)
    check_in(ground, tokens[-200:], 8)  # everything warm
    before = ground.processor()
    for clients in COUNTS:
        turned = [tokens[turn * 600 :] + tokens[: turn * 600] for turn in range(ROUNDS)]
        outcomes = [check_in(ground, turn, clients) for turn in turned]
        many = clients == 32
        what = f"check-in, {clients} client{'s' * (clients > 1)}"
        part.add(what, "/s", [one.rate for one in outcomes], **({"least": 600} if many else {}))
        half = {"most": 10} if clients == 1 else {}
        part.add(f"{what}, half within", "ms", [one.within(0.5) * 1000 for one in outcomes], **half)
        slow = {"most": 80} if many else {}
        part.add(f"{what}, 99 % within", "ms", [one.within(0.99) * 1000 for one in outcomes], **slow)
    total = ROUNDS * sum(COUNTS.values())
    costs = [f"{name} {spent / total * 1000:.2f}" for name, spent in taken(before, ground.processor()).items()]
    part.notes.append(f"Milliseconds of processor for a check-in, by program: {', '.join(costs[:6])}.")
    return part
