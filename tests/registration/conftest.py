"""An edition open for registration, and people who register, for every test of this service."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.registration.domain.editions import Category, Edition, Programme
from services.registration.domain.places import Places
from services.registration.domain.registrations import Application, House, Organisation, Person
from services.registration.organisations import Organisations
from services.registration.reference import load
from shared.events.programme import Kind, Room, Session

EDITION = "raict-2026"
NOW = datetime(2026, 6, 12, 8, 4, tzinfo=UTC)


def a_category(id="elu", **changes) -> Category:
    return Category(**{"id": id, "label": {"fr": "Élue ou élu", "en": "Elected", "es": "Cargo electo"}, **changes})


def an_edition(**changes) -> Edition:
    values = {
        "id": EDITION,
        "opens": NOW - timedelta(days=30),
        "closes": NOW + timedelta(days=21),
        "categories": (a_category(authorities=True), a_category("equipe", public=False)),
        "quota": 600,
    }
    return Edition(**{**values, **changes})


def a_session(id="2026-01", *, day=8, hour=12, minute=30, minutes=90, **changes) -> Session:
    start = datetime(2026, 7, day, hour, minute, tzinfo=UTC)
    values = {
        "id": id,
        "uid": f"{id}@raict.example",
        "revision": 0,
        "slug": id,
        "kind": "atelier",
        "title": {"fr": f"Atelier {id}", "en": f"Workshop {id}", "es": f"Taller {id}"},
        "start": start,
        "end": start + timedelta(minutes=minutes),
        "room": "monge",
        "access": "sign-up",
        "capacity": 60,
    }
    return Session(**{**values, **changes})


def a_programme(*sessions: Session) -> Programme:
    kinds = [Kind(id="atelier", label={"fr": "Atelier"}, tone="workshop")]
    kinds.append(Kind(id="reunion", label={"fr": "Réunion"}, tone="meeting"))
    return Programme(
        release=1,
        sessions={one.id: one for one in sessions or (a_session(),)},
        kinds={kind.id: kind for kind in kinds},
        rooms={"monge": Room(id="monge", name="Salle Monge (fictif)", capacity=60)},
    )


def a_house(*sessions: Session, edition: Edition | None = None, places: Places | None = None) -> House:
    return House(edition or an_edition(), a_programme(*sessions), places or Places(EDITION))


def an_application(**changes) -> Application:
    application = Application(
        edition=EDITION,
        category="elu",
        person=Person("Solène", "Kervadec-Diallo", "solene@mairie.example", "fr", "Adjointe au maire"),
        organisation=Organisation("Montreuil", "commune", "FR", "93048"),
    )
    return replace(application, **changes)


@pytest.fixture(scope="session")
def reference() -> Path:
    """Where the npm package with the registers of local authorities is installed."""
    installed = Path(__file__).parents[2] / "node_modules/@etalab/decoupage-administratif/data"
    return Path(os.environ.get("REFERENCE", installed))


@pytest.fixture(scope="session")
def organisations(reference: Path) -> Organisations:
    return load(reference)
