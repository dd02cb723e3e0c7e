"""An edition open for registration, and people who register, for every test of this service."""

import base64
import itertools
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import httpx
import pytest

from services.registration import actions
from services.registration.domain.editions import Category, Edition, Programme, Rules
from services.registration.domain.places import Places
from services.registration.domain.queues import Queue
from services.registration.domain.registrations import Application, House, Organisation, Person
from services.registration.organisations import Organisations
from services.registration.reference import load
from services.registration.settings import Settings
from services.registration.store import Store
from services.registration.web import FOLDER, application, make_desk
from services.registration.web.context import Desk
from shared import store as shared_store
from shared.clock import now
from shared.events import Envelope, Fact
from shared.events.programme import EditionChanged, Kind, Released, Room, Session, Venue
from shared.signing import Claims, Signer
from shared.web import Pages, staff_cookie_name
from tests.apps import warm
from tests.conftest import Indexed

EDITION = "raict-2026"
NOW = datetime(2026, 6, 12, 8, 4, tzinfo=UTC)


def a_category(id="elu", **changes) -> Category:
    return Category(**{"id": id, "label": {"fr": "Élue ou élu", "en": "Elected", "es": "Cargo electo"}, **changes})


def an_edition(**changes) -> Edition:
    values = {
        "id": EDITION,
        "first_day": date(2026, 7, 8),
        "timezone": "Europe/Paris",
        "opens_days_before": 60,
        "closes_days_before": 2,
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


def a_house(*sessions: Session, edition: Edition | None = None, places: Places | None = None, queues=()) -> House:
    programme = a_programme(*sessions)
    lists = {id: Queue(EDITION, id) for id in ("", *programme.sessions)} | {one.session: one for one in queues}
    return House(edition or an_edition(), programme, places or Places(EDITION), lists)


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


def told_edition(**changes) -> EditionChanged:
    values = {
        "edition": EDITION,
        "number": 17,
        "title": {"fr": "Rencontres", "en": "Meetings", "es": "Encuentros"},
        "short": "RAICT 2026",
        "theme": {"fr": "Le thème"},
        "dates": (date(2026, 7, 8), date(2026, 7, 9)),
        "timezone": "Europe/Paris",
        "venue": Venue(name="Salons", address="9bis avenue d’Iéna, 75116 Paris"),
        "organiser": "Cités Unies France",
        "contact_email": "coop-dec@cites-unies-france.org",
        "contact_phone": "+33 1 53 41 81 81",
    }
    return EditionChanged(**{**values, **changes})


def told_release(*sessions: Session, release=1, **changes) -> Released:
    programme = a_programme(*sessions)
    values = {
        "edition": EDITION,
        "release": release,
        "released_at": NOW,
        "rooms": tuple(programme.rooms.values()),
        "kinds": tuple(programme.kinds.values()),
        "sessions": tuple(programme.sessions.values()),
    }
    return Released(**{**values, **changes})


def an_envelope(fact: Fact, sequence: int = 1) -> Envelope:
    return Envelope(
        id=f"{fact.publisher}:{fact.key}:{sequence}:{fact.name}",
        type=fact.type(),
        source=f"/rencontres/{fact.publisher}",
        time=NOW,
        key=fact.key,
        sequence=sequence,
        correlation_id="test",
    )


def manage_url(id: str, generation: int) -> str:
    return f"https://raict.example/mon-inscription/{id}.{generation}.mac"


@cache
def today() -> date:
    """The same day for the whole run, though a midnight may come between two facts of a test."""
    return now().date()


def today_edition(**changes) -> dict:
    """Days of an edition about a month ahead, so that its registration is open now."""
    first = today() + timedelta(days=30)
    return {"dates": (first, first + timedelta(days=1)), **changes}


def coming(session: Session) -> Session:
    """The same session on the first day of `today_edition`."""
    shift = today() + timedelta(days=30) - date(2026, 7, 8)
    return session.model_copy(update={"start": session.start + shift, "end": session.end + shift})


_sequences = itertools.count(1)


async def ruled(store: Store, **rules) -> None:
    """Set the rules of the edition."""
    values = vars(an_edition(**rules))
    only = {name: values[name] for name in values if name not in {"first_day", "timezone"}}
    await actions.set_rules(store, Rules(**only), actor="test")


async def opened(store: Store, *sessions: Session, **rules) -> Store:
    """The store with an edition told, released and open now."""
    fact = told_edition(**today_edition())
    await actions.project_edition(store, an_envelope(fact, next(_sequences)), fact)
    released = told_release(*(coming(one) for one in sessions or (a_session(),)))
    await actions.project_release(store, an_envelope(released, next(_sequences)), released)
    await ruled(store, **rules)
    return store


@pytest.fixture
async def store(indexed: Indexed) -> AsyncIterator[Store]:
    """An edition open for registration."""
    store = Store(indexed(Store))
    yield await opened(store)
    await store.close()


@pytest.fixture
def clock(monkeypatch):
    """Hours by which the service's time is ahead, to be changed."""
    ahead = [timedelta()]
    monkeypatch.setattr(shared_store, "now", lambda: now() + ahead[0])

    def advance(**by):
        ahead[0] += timedelta(**by)

    return advance


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer(base64.b64encode(b"s" * 32).decode())


@pytest.fixture(scope="session")
def settings(signer, reference) -> Settings:
    return Settings(
        mongo_url="mongodb://unused",
        nats_url="nats://unused",
        public_url="http://raict.example",
        port=1,
        link_secret="a secret for tests",
        staff_public_key=signer.public,
        reference=reference,
        hasty_per_address=10_000,
    )


def a_word(signer: Signer, *roles: str, kind="token") -> str:
    """A signed staff cookie or token."""
    until = now() + timedelta(hours=1)
    return signer.sign(Claims("claire", kind, "Claire Morvan", roles, 1, until, "claire@cuf.example"))


@pytest.fixture(scope="session")
def pages() -> Pages:
    """Templates compiled once for all tests; each page names its edition itself."""
    return Pages("registration", FOLDER)


@pytest.fixture
def desk(settings, store, organisations, pages) -> Desk:
    return replace(make_desk(settings, store, organisations), pages=pages)


@pytest.fixture
async def visitor(desk) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on the service's pages, on the real database."""
    transport = httpx.ASGITransport(app=warm(application(desk)))
    address = "http://raict.example"
    async with httpx.AsyncClient(transport=transport, base_url=address, headers={"Origin": address}) as client:
        yield client


@pytest.fixture
def team(visitor, signer) -> httpx.AsyncClient:
    """The same, signed in for registrations."""
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "registrations", kind="staff"))
    return visitor


def answers(**changes) -> dict:
    """The form as a person in a hurry fills it in."""
    values = {
        "category": "elu",
        "given_name": "Solène",
        "family_name": "Kervadec-Diallo",
        "email": "solene.kervadec@mairie.example",
        "phone": "",
        "language": "fr",
        "organisation_name": "Montrouge",
        "organisation_country": "FR",
        "function": "Adjointe au maire",
        "privacy": "yes",
    }
    return {name: value for name, value in {**values, **changes}.items() if value is not None}
