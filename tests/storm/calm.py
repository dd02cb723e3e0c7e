"""After the faults: how long until nothing is under way any more, and what is still missing until then."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pymongo.errors import PyMongoError

from deploy.children import await_until
from deploy.layout import Layout
from tests.house import House
from tests.storm.databases import Databases
from tests.storm.schedule import SERVICES

LIMIT = 30.0
"""Seconds within which everything must have converged."""

GIVE_UP = 120.0
"""Seconds after which the storm ends with what was still missing."""

UNDER_WAY = {"$in": ["queued", "sending"]}

ERASING = {"open": True, "until": None}
"""Erasures that are not finished; one that keeps an address until its last mail has left waits for that."""


class NotCalm(Exception):
    """The house did not come to rest; the message says what was missing."""


def converge(
    house: House, layout: Layout, asking: Callable[[], int], note: Callable[[str], None] = lambda _: None
) -> float:
    """Seconds until nothing is under way; what is still missing is noted meanwhile. Raises `NotCalm`."""
    begun = time.monotonic()
    with Databases(layout, patience=3.0) as databases:
        while missing := _missing(house, databases, asking):
            note("; ".join(missing))
            if time.monotonic() - begun > GIVE_UP:
                raise NotCalm("; ".join(missing))
            time.sleep(0.1)
    return time.monotonic() - begun


def _missing(house: House, databases: Databases, asking: Callable[[], int]) -> list[str]:
    """What is still under way, the cheapest question first."""
    if asking():
        return [f"{asking()} clients wait for an answer"]
    if late := [text for service in SERVICES if (text := _lag(house, service))]:
        return late
    try:
        return _unfinished(databases, house.now)
    except PyMongoError as error:
        return [f"MongoDB: {type(error).__name__}"]


def _lag(house: House, service: str) -> str:
    try:
        said = house.health(service).json()
    except (httpx.HTTPError, ValueError) as error:
        return f"{service}: {type(error).__name__}"
    lag: dict[str, Any] = said["lag"]
    return "" if said["ready"] and not any(lag.values()) else f"{service}: ready {said['ready']}, lag {lag}"


def _unfinished(databases: Databases, now: datetime) -> list[str]:
    newest = max(
        (one["release"] for one in databases.all("notifications", "releases", fields={"release": 1})), default=0
    )
    counts = {
        "facts not relayed": databases.pending(),
        "badges to be drawn": databases.count("badges", "holders", {"due": True}),
        "mails under way": databases.count("notifications", "deliveries", {"state": UNDER_WAY}),
        "mails due": databases.count("notifications", "deliveries", {"due": {"$ne": None, "$lte": now}}),
        "people to be compared with the newest release": databases.count(
            "notifications", "told", {"live": True, "reviewed": {"$lt": newest}}
        ),
    }
    counts["erasures begun"] = sum(databases.count(service, "erasures", ERASING) for service in SERVICES)
    return [f"{name}: {count}" for name, count in counts.items() if count]


def settle(house: House, layout: Layout) -> None:
    """Let time pass until every mail that the mail server put off has come to its end. Raises `NotCalm`."""
    with Databases(layout) as databases:
        for _ in range(40):
            due = [one["due"] for one in databases.all("notifications", "deliveries", fields={"due": 1}) if one["due"]]
            if not due:
                _await_erasures(databases)
                return
            ahead = min(due) - house.now + timedelta(seconds=1)
            if ahead > timedelta():
                house.pass_time(seconds=ahead.total_seconds())
            converge(house, layout, lambda: 0)
    raise NotCalm("mails are put off for ever")


def _await_erasures(databases: Databases) -> None:
    await_until(
        lambda: not any(databases.count(service, "erasures", {"open": True}) for service in SERVICES),
        "the end of every erasure",
    )


def moment() -> str:
    """Now, for people."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
