"""The opening of registrations when ten times more ask than can be answered, while people come in at the door."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from uuid import uuid4

from deploy.sample_edition import SAMPLE
from tests.house import House
from tests.journeys.story import Story, an_application, eventually
from tests.overload import rush
from tests.overload.rush import Outcome, Rush

EDITION, SESSION = "raict-2026", "2026-02"
TIMES = 10
SCANS = 20
"""People at the door in a second: 400 in forty-five minutes are a hundred times fewer."""
PEOPLE = 40
"""Who have a badge to show."""
CLIENTS = 32

SETTINGS = {"REGISTRATIONS_PER_ADDRESS": "100000000", "HASTY_PER_ADDRESS": "100000000"}
"""The rush comes from one address, and is to be met by the service itself, not by the allowance."""


@dataclass(frozen=True)
class Report:
    """What happened. Rates in requests per second, times in seconds."""

    capacity: float
    quiet: float
    """Median time of one registration before the rush."""
    flood: Outcome
    door: Outcome
    door_before: Outcome
    back_after: float
    """Seconds until registrations were as quick again as twice before, or under half a second, five times in a row."""
    acknowledged: int
    """Registrations answered 201 during the rush, and the same counted in the list."""
    kept: int

    def lines(self) -> Iterator[str]:
        """The report as a table in Markdown."""
        flood, door = self.flood, self.door
        answers = ", ".join(f"{count} with {status}" for status, count in sorted(flood.statuses.items()))
        yield "| figure | value |\n|---|---|"
        for name, value in (
            (f"capacity: registrations answered to {CLIENTS} clients", f"{self.capacity:.0f}/s"),
            (
                "due during the rush",
                f"{flood.sent + flood.not_sent}, {flood.not_sent} beyond this client's connections",
            ),
            ("answered", f"{answers}; unanswered {flood.unanswered}"),
            ("refusals (503)", _spread(flood, 503)),
            ("registrations (201 and 409)", _spread(flood, 201, 409)),
            ("check-ins before the rush", _spread(self.door_before)),
            ("check-ins during the rush", f"{_spread(door)}; {door.statuses[200]} of {door.sent} answered 200"),
            ("one registration before the rush, median", _ms(self.quiet)),
            ("as quick again after", f"{self.back_after:.1f} s"),
            ("registrations acknowledged, and found in the list", f"{self.acknowledged}, {self.kept}"),
        ):
            yield f"| {name} | {value} |"


def _spread(outcome: Outcome, *statuses: int) -> str:
    return f"median {_ms(outcome.within(0.5, *statuses))}, 99 % within {_ms(outcome.within(0.99, *statuses))}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def registrations(_: object) -> Iterator[bytes]:
    """Different people who want the same session."""
    while True:
        body = json.dumps(an_application(sessions=[SESSION])).encode()
        yield rush.request(
            "POST",
            "/api/registration/v1/registrations",
            body,
            Content_Type="application/json",
            Accept="application/json",
        )


def scans(given: tuple[str, list[str]]) -> Iterator[bytes]:
    """The same badges again and again, each time as another question."""
    token, badges = given
    while True:
        for badge in badges:
            body = json.dumps({"token": badge, "gate": "Iéna", "nonce": uuid4().hex}).encode()
            yield rush.request(
                "POST",
                "/api/badges/v1/check-ins",
                body,
                Content_Type="application/json",
                Authorization=f"Bearer {token}",
            )


def play(house: House, *, seconds: float, places: int) -> Report:
    """Measure, overrun for so many seconds, measure again. The session has so many places, the edition no limit."""
    story = Story(house)
    try:
        _make_room(story, places)
        badges = _badges(story)
        port = int(house.base_url.rpartition(":")[2])
        with rush.apart() as pool:
            scanning = (scans, (house.token, badges))
            quiet = median(_one(story) for _ in range(15))
            before = rush.begin(pool, Rush(port, SCANS, seconds / 5), *scanning).result()
            closed = Rush(port, 100_000, seconds / 10, connections=CLIENTS)
            ready = rush.begin(pool, closed, registrations, None).result()
            capacity = sum(len(ready.latencies.get(status, ())) for status in (201, 409)) / closed.seconds
            door = rush.begin(pool, Rush(port, SCANS, seconds), *scanning)
            flood = rush.begin(pool, Rush(port, TIMES * capacity, seconds), registrations, None).result()
            back_after = _back(story, quiet)
            ids = {json.loads(body)["id"] for body in flood.bodies}
            return Report(
                capacity, quiet, flood, door.result(), before, back_after, len(flood.bodies), _found(story, ids)
            )
    finally:
        story.close()


def _make_room(story: Story, places: int) -> None:
    api = story.api
    unlimited = {**json.loads(SAMPLE.read_text())["registration"], "quota": None}
    api.put(f"/api/registration/v1/editions/{EDITION}", json=unlimited).raise_for_status()
    draft = api.get(f"/api/programme/v1/editions/{EDITION}/draft").json()
    for session in draft["sessions"]:
        if session["id"] == SESSION:
            session["capacity"] = places
    api.put(f"/api/programme/v1/editions/{EDITION}", json=draft).raise_for_status()
    api.post("/api/programme/v1/releases", json={"edition": EDITION}).raise_for_status()

    def known() -> bool:
        listed = api.get("/api/registration/v1/form").json()["sessions"]
        return next(one for one in listed if one["id"] == SESSION)["places_left"] == places

    eventually(known, "the places at the form")


def _badges(story: Story) -> list[str]:
    with ThreadPoolExecutor(8) as pool:
        people = [*pool.map(lambda _: story.register(an_application(sessions=[])), range(PEOPLE))]
    return [story.badge(one["id"])["token"] for one in people]


def _one(story: Story) -> float:
    begun = time.monotonic()
    answer = story.api.post("/api/registration/v1/registrations", json=an_application(sessions=[]))
    assert answer.status_code in (201, 503), answer.text
    return time.monotonic() - begun if answer.status_code == 201 else float("inf")


def _back(story: Story, quiet: float) -> float:
    begun, in_a_row = time.monotonic(), 0
    while in_a_row < 5:
        in_a_row = in_a_row + 1 if _one(story) < max(2 * quiet, 0.5) else 0
        assert time.monotonic() - begun < 120, "not as quick as before within two minutes"
    return time.monotonic() - begun


def _found(story: Story, ids: set[str]) -> int:
    found, cursor = set(), None
    while True:
        page = story.api.get(
            "/api/registration/v1/registrations", params={"limit": 200, **({"cursor": cursor} if cursor else {})}
        ).json()
        found |= {one["id"] for one in page["items"]}
        if (cursor := page["next"]) is None:
            return len(ids & found)
