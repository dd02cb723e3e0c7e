"""A release moves one atelier and cancels another: exactly the people concerned get one message each, once."""

import json
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.notifications.actions.reviewing import TOGETHER
from tests.house import House, running_house
from tests.journeys.story import Story, an_application, events, eventually, text

MOVED, CANCELLED, SAME = "2026-01", "2026-13", "2026-06"
OPEN = "2026-05"
EDITION = "raict-2026"
PEOPLE = {
    "moved": ("fr", [MOVED, SAME]),
    "cancelled": ("en", [CANCELLED]),
    "both": ("es", [MOVED, CANCELLED]),
    "neither": ("fr", [SAME]),
}
TITLES = {
    "fr": "le programme change pour vous",
    "en": "the programme changes for you",
    "es": "el programa cambia para usted",
}


@pytest.fixture(scope="module")
def house(scratch: Path) -> Iterator[House]:
    """A house of its own: its programme changes, and messages about it wait two seconds for more."""
    with running_house(scratch / "changes", CHANGE_QUIET_SECONDS="2") as one:
        yield one


@pytest.fixture(scope="module")
def programme(house: House) -> dict[str, Any]:
    """The sample's programme as it was loaded, on whichever days."""
    told = Story(house)
    loaded: dict[str, Any] = told.api.get(f"/api/programme/v1/editions/{EDITION}/draft").raise_for_status().json()
    told.close()
    return loaded


@pytest.fixture
def story(house: House) -> Iterator[Story]:
    told = Story(house)
    yield told
    told.close()


def changed(before: dict[str, Any]) -> dict[str, Any]:
    """One atelier half an hour later in another room, another gone."""
    after = deepcopy(before)
    after["sessions"] = [session for session in after["sessions"] if session["id"] != CANCELLED]
    (session,) = [session for session in after["sessions"] if session["id"] == MOVED]
    session.update(start="15:00", end="16:30", room="laplace")
    return after


def save(story: Story, draft: dict[str, Any]) -> None:
    answer = story.api.put(f"/api/programme/v1/editions/{EDITION}", json=draft)
    assert answer.is_success, answer.text


def release(story: Story) -> None:
    answer = story.api.post("/api/programme/v1/releases", json={"edition": EDITION})
    assert answer.is_success, answer.text


def register(story: Story) -> dict[str, str]:
    """Everybody is registered and has read their confirmation; the addresses by what they stand for."""
    addresses = {}
    for who, (language, sessions) in PEOPLE.items():
        application = an_application(language=language, sessions=sessions, family_name=who)
        story.register(application)
        addresses[who] = str(application["email"])
    for address in addresses.values():
        story.await_mail(address)
    return addresses


def moment(day: str, clock: str) -> str:
    return datetime.fromisoformat(f"{day}T{clock}:00").replace(tzinfo=ZoneInfo("Europe/Paris")).isoformat()


def announced(story: Story, programme: dict[str, Any]) -> str:
    """What the team reads before it releases."""
    with story.house.visitor() as team:
        team.post("/equipe/connexion", data={"email": story.house.staff_email, "password": story.house.staff_password})
        session = {"id": MOVED, "status": "scheduled", "room": "Salle Laplace (fictif)", "title": {"fr": "L’AICT"}}
        gone = {"id": CANCELLED, "status": "cancelled", "room": None, "title": {"fr": "L’eau"}}
        day, other = programme["dates"]
        plan = [
            {**session, "start": moment(day, "15:00"), "end": moment(day, "16:30")},
            {**gone, "start": moment(other, "15:30"), "end": moment(other, "17:00")},
        ]
        form = {"edition": EDITION, "release": "2", "sessions": json.dumps(plan)}
        answer = team.post("/equipe/fragments/notifications/affected", data=form)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_release_is_told_once_to_exactly_those_it_concerns(story: Story, house: House, programme: dict[str, Any]):
    addresses = register(story)
    first = {who: story.mails(address)[0] for who, address in addresses.items()}
    card = eventually(lambda: one if "3 personnes" in (one := announced(story, programme)) else None, "three people")
    assert all(f" {who}</bdi>" in card for who in ("moved", "cancelled", "both"))
    assert " neither</bdi>" not in card

    save(story, changed(programme))
    release(story)
    told = {who: story.await_mail(addresses[who], TITLES[PEOPLE[who][0]]) for who in ("moved", "cancelled", "both")}

    nb = "\N{NO-BREAK SPACE}"
    assert f"14{nb}h{nb}30 – 16{nb}h{nb}00, Salle Monge" in text(told["moved"])
    assert f"15{nb}h{nb}00 – 16{nb}h{nb}30, Salle Laplace" in text(told["moved"])
    assert "session cancelled" in text(told["cancelled"])
    assert "sesión cancelada" in text(told["both"])
    before, after = events(first["both"]), events(told["both"])
    assert (str(after[CANCELLED]["STATUS"]), str(after[MOVED]["STATUS"])) == ("CANCELLED", "CONFIRMED")
    assert all(after[id]["SEQUENCE"] > before[id]["SEQUENCE"] for id in (MOVED, CANCELLED))
    assert after[MOVED]["DTSTART"].dt > before[MOVED]["DTSTART"].dt
    assert_nobody_else(story, addresses)


def assert_nobody_else(story: Story, addresses: dict[str, str], count: int = 2) -> None:
    """Somebody registers after the release and is told what holds now: by then all else was sent."""
    late = an_application(sessions=[MOVED])
    story.register(late)
    story.await_mail(str(late["email"]))
    for who, address in addresses.items():
        assert len(story.mails(address)) == (1 if who == "neither" else count), who


def test_a_service_that_was_away_tells_the_same_once_and_what_was_changed_back_is_told_to_nobody(
    story: Story, house: House, programme: dict[str, Any]
):
    """After the test above: version 2 holds. Two releases meet a service that is down, and end where it began."""
    people = {"back": ("fr", [SAME]), "room": ("fr", ["2026-07"])}
    addresses = {}
    for who, (language, sessions) in people.items():
        application = an_application(language=language, sessions=sessions)
        story.register(application)
        story.await_mail(str(application["email"]))
        addresses[who] = str(application["email"])
    current = changed(programme)
    story.await_marked()
    with house.without("notifications"):
        away = deepcopy(current)
        for session in away["sessions"]:
            if session["id"] in {SAME, "2026-07"}:
                session["room"] = "laplace" if session["id"] == SAME else None
        save(story, away)
        release(story)
        back = deepcopy(away)
        for session in back["sessions"]:
            if session["id"] == SAME:
                session["room"] = "monge"
        save(story, back)
        release(story)
    story.await_mail(addresses["room"], TITLES["fr"])
    story.await_marked()
    house.kill("notifications")
    late = an_application(sessions=["2026-02"])
    story.register(late)
    story.await_mail(str(late["email"]))
    assert [len(story.mails(addresses[who])) for who in ("back", "room")] == [1, 2]


def test_a_service_that_dies_while_it_queues_messages_writes_to_each_once(
    story: Story, house: House, programme: dict[str, Any]
):
    """After the tests above. A session open to all moves, so everybody is concerned: more than one transaction's."""
    applications = [an_application(sessions=[]) for _ in range(2 * TOGETHER)]
    for application in applications:
        story.register(application)
    addresses = {str(application["email"]) for application in applications}
    await_each(house, addresses, 1)
    draft = deepcopy(programme)
    for session in draft["sessions"]:
        if session["id"] == OPEN:
            session["room"] = "monge"
    before = house.pid("notifications")
    house.arm("notifications", "changes-queued")
    save(story, draft)
    release(story)
    house.await_restart("notifications", before)

    await_each(house, addresses, 2)
    assert not house.is_armed("notifications", "changes-queued")
    late = an_application(sessions=["2026-02"])
    story.register(late)
    story.await_mail(str(late["email"]))
    assert {arrived(house)[address] for address in addresses} == {2}


def arrived(house: House) -> Counter[str]:
    """How many mails each address has got, read once for all of them."""
    heads = (BytesHeaderParser().parsebytes(file.read_bytes()) for file in (house.maildir / "new").iterdir())
    return Counter(str(head["Delivered-To"]) for head in heads)


def await_each(house: House, addresses: set[str], count: int) -> None:
    def enough() -> bool:
        found = arrived(house)
        return all(found[address] >= count for address in addresses)

    eventually(enough, f"{count} mails for each")
