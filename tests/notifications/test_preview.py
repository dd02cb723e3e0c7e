"""Before a release: the card says who will be told, by number and name, and what; then exactly that happens."""

import json
import re

import pytest

from services.notifications.domain.deliveries import Template
from tests.notifications.factories import EDITION, REGISTRATION, a_released, moved
from tests.notifications.test_changes import QUIET, Office, a_month_before, confirmed, hour
from tests.notifications.test_web import a_client

__all__ = ["a_month_before"]

CARD = "/equipe/fragments/notifications/affected"
NB = "\N{NO-BREAK SPACE}"


@pytest.fixture
async def office(store):
    made = Office(store)
    await made.edition()
    await made.release(a_released())
    return made


def planned(released, *ids, **changes):
    """What the programme's page sends: the changed sessions as they will be."""
    rooms = {room.id: room.name for room in released.rooms}
    return [
        {
            "id": one.id,
            "status": one.status,
            "start": one.start.isoformat(),
            "end": one.end.isoformat(),
            "room": rooms.get(one.room or ""),
            "title": one.title,
            **changes,
        }
        for one in released.sessions
        if one.id in ids
    ]


def a_plan(sessions, **changes):
    return {"edition": EDITION, "release": "2", "sessions": json.dumps(sessions), **changes}


async def ask(store, planned, role="programme", **changes):
    async with a_client(store, role) as client:
        return await client.post(CARD, data={**a_plan(planned), **changes})


NEXT = moved(a_released(), "2026-01", start=hour("15:00"), end=hour("16:30"), room=None)


async def test_the_card_says_how_many_who_and_what_they_will_read(office, store):
    for name, language, sessions in [("Inès", "fr", ("2026-01",)), ("Bob", "en", ("2026-01",)), ("Zoé", "fr", ())]:
        await confirmed(office, f"r{name}", given_name=name, family_name="A", language=language, sessions=sessions)
    await office.send()
    answer = await ask(store, planned(NEXT, "2026-01"))
    assert answer.status_code == 200
    assert "2 personnes seront prévenues." in answer.text
    assert "1 en français, 1 en anglais." in re.sub(r"\s+", " ", answer.text)
    assert "<bdi>Inès A</bdi>" in answer.text
    assert "<bdi>Bob A</bdi>" in answer.text
    assert "Zoé" not in answer.text
    assert "le programme change pour vous" in answer.text
    assert "the programme changes for you" in answer.text
    assert "el programa cambia para usted" in answer.text
    assert f"14{NB}h{NB}30 – 16{NB}h{NB}00, Salle Monge" in answer.text
    assert f"15{NB}h{NB}00 – 16{NB}h{NB}30" in answer.text


async def test_what_the_card_says_is_what_is_sent(office, store):
    await confirmed(office, REGISTRATION)
    await office.send()
    answer = await ask(store, planned(NEXT, "2026-01"))
    await office.release(NEXT)
    await office.look()
    written = await office.send(later=QUIET)
    ((_, template),) = written
    assert template is Template.PROGRAMME_CHANGED
    (content,) = written.values()
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))
    for line in content.text.splitlines():
        assert "https://rencontres.example" in line or re.sub(r"\s+", " ", line).strip() in shown


async def test_the_card_shows_no_link_that_opens_a_registration(office, store):
    await confirmed(office, REGISTRATION)
    await office.send()
    answer = await ask(store, planned(NEXT, "2026-01"))
    assert "/mon-inscription/…" in answer.text


@pytest.mark.parametrize("sessions", [[], planned(a_released(), "2026-01"), planned(NEXT, "2026-02")])
async def test_a_release_that_concerns_nobody_says_so(office, store, sessions):
    await confirmed(office, REGISTRATION)
    await office.send()
    assert "Personne ne sera prévenu." in (await ask(store, sessions)).text


async def test_what_waits_to_be_told_already_counts(office, store):
    await confirmed(office, REGISTRATION)
    await office.send()
    await office.release(NEXT)
    await office.look()
    assert "1 personne sera prévenue." in (await ask(store, [], release="3")).text
    assert "Personne ne sera prévenu." in (await ask(store, planned(a_released(), "2026-01"), release="3")).text


@pytest.mark.parametrize(
    "changes",
    [
        {"sessions": ""},
        {"sessions": "{"},
        {"sessions": "[" * 10_000},
        {"sessions": json.dumps({"id": "2026-01"})},
        {"sessions": json.dumps([{"id": "2026-01"}])},
        {"sessions": json.dumps(planned(NEXT, "2026-01", start="2026-07-08T15:00:00"))},
        {"sessions": json.dumps(planned(NEXT, "2026-01", end="2026-07-08T01:00:00Z"))},
        {"sessions": json.dumps(planned(NEXT, "2026-01", start="9999-12-31T23:59:59-12:00"))},
        {"sessions": json.dumps(planned(NEXT, "2026-01", title={"en": "No French"}))},
        {"sessions": json.dumps(planned(NEXT, "2026-01", status="moved"))},
        {"sessions": json.dumps(planned(NEXT, "2026-01", room="x" * 20_001))},
        {"sessions": json.dumps(planned(NEXT, "2026-01") * 2)},
        {"release": "two"},
        {"release": ""},
        {"release": "-1"},
    ],
)
async def test_a_plan_that_cannot_be_read_is_refused_in_words(office, store, changes):
    await confirmed(office, REGISTRATION)
    await office.send()
    answer = await ask(store, planned(NEXT, "2026-01"), **changes)
    assert answer.status_code == 422
    assert "Ces changements ne se lisent pas" in answer.text


async def test_a_plan_whose_texts_were_kept_by_older_rules_is_read(office, store):
    await confirmed(office, REGISTRATION)
    await office.send()
    answer = await ask(store, planned(NEXT, "2026-01", room="a\u202eb", title={"fr": "Un\ntitre" + "x" * 6000}))
    assert (answer.status_code, "1 personne sera prévenue." in answer.text) == (200, True)


async def test_an_edition_nobody_knows_is_not_found(office, store):
    assert (await ask(store, [], edition="another")).status_code == 404


@pytest.mark.parametrize(("role", "status"), [("programme", 200), ("messages", 200), ("desk", 403), ("press", 403)])
async def test_the_card_is_for_those_who_publish_or_write(office, store, role, status):
    assert (await ask(store, [], role=role)).status_code == status
