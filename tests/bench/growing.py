"""The same work with a thousand registrations and with a hundred thousand: how much slower it gets."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import median

import httpx

from tests.bench import copying
from tests.bench.checking_in import check_in
from tests.bench.figures import Part
from tests.bench.ground import Ground
from tests.bench.registering import burst, by_api

FEW, MANY = 1000, 100_000
ROUNDS = 3
ASKED = 40
"""Times each list is asked for, one after the other."""
LISTS = (
    "/equipe/inscriptions",
    "/equipe/inscriptions?q=kerv",
    "/equipe/messages",
    "/equipe/badges",
    "/api/registration/v1/registrations",
    "/api/badges/v1/badges",
    "/api/notifications/v1/deliveries",
)
SLOWER = 20.0
"""Per cent that many may be slower than few."""


def measure(ground: Ground) -> Part:
    """The figures of growth."""
    burst(ground, by_api, FEW, 32)
    badges = ground.badges(FEW)
    with _team(ground) as browser:
        few = _work(ground, badges, browser)
        before = time.monotonic()
        one = ground.mongo.registration.registrations.find_one({}, {"_id": 1})
        assert one
        copying.copy(ground.mongo, one["_id"], MANY)
        ground.mongo.admin.command({"fsync": 1})
        copied = time.monotonic() - before
        _work(ground, badges, browser)  # what is asked for is in memory again, as it is on any other day
        many = _work(ground, badges, browser)
    count = ground.mongo.registration.registrations.estimated_document_count()
    part = Part()
    for work, seconds in few.items():
        part.add(f"{work}: slower by", "%", [100 * (many[work] / seconds - 1)], most=SLOWER)
    part.notes.append(_said(few, many, count, copied))
    return part


def _work(ground: Ground, badges: list[str], browser: httpx.Client) -> dict[str, float]:
    """Seconds for one of each."""
    bursts = [burst(ground, by_api, FEW // 2, 32).outcome for _ in range(ROUNDS)]
    scans = [check_in(ground, badges, 32) for _ in range(ROUNDS)]
    lists = {f"`{path}`": _list(browser, path) for path in LISTS}
    return {
        "registration, API, 32 clients": median(1 / one.rate for one in bursts),
        "check-in, 32 clients": median(1 / one.rate for one in scans),
        **lists,
    }


def _list(browser: httpx.Client, path: str) -> float:
    taken = []
    for _ in range(ASKED):
        begun = time.monotonic()
        answer = browser.get(path)
        taken.append(time.monotonic() - begun)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return median(taken)


@contextmanager
def _team(ground: Ground) -> Iterator[httpx.Client]:
    """Somebody of the team, signed in."""
    house = ground.house
    with house.visitor() as browser:
        browser.headers["Authorization"] = f"Bearer {house.token}"  # for the lists of the API
        answer = browser.post("/equipe/connexion", data={"email": house.staff_email, "password": house.staff_password})
        assert answer.is_success
        yield browser


def _said(few: Mapping[str, float], many: Mapping[str, float], count: int, copied: float) -> str:
    pairs = [f"{work} {few[work] * 1000:.1f} and {many[work] * 1000:.1f} ms" for work in few]
    return f"With {count:,} registrations (copied in {copied:.0f} s) after {FEW:,}: {'; '.join(pairs)}."
