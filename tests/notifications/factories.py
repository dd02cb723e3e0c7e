"""People, editions and badges as the other services tell them, for the tests of notifications."""

import base64
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from shared.events import Envelope, Fact
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Kind, Released, Room, Session, Venue
from shared.events.registration import (
    Cancelled,
    Confirmed,
    Enrolment,
    Organisation,
    Person,
    RegistrationFact,
    Waiting,
)

NOW = datetime(2026, 6, 2, 9, 30, tzinfo=UTC)
PATIENCE = timedelta(seconds=30)
REGISTRATION = "01jz4y9m3k7q2v8n5x1c6b0d4f"
EDITION = "raict-2026"
MANAGE_URL = f"https://rencontres.example/mon-inscription/{REGISTRATION}.1.abcdefghijklmnopqrstuvwx"
BADGE_URL = f"https://rencontres.example/badge/{REGISTRATION}.1.zyxwvutsrqponmlkjihgfedc.pdf"
PDF = b"%PDF-1.7 a badge"

R = TypeVar("R", bound=RegistrationFact)


def a_person(**changes: Any) -> Person:
    given = {
        "given_name": "Solène",
        "family_name": "Kervadec-Diallo",
        "email": "solene.kervadec@mairie.example",
        "language": "fr",
        "function": "Adjointe au maire",
    }
    return Person(**{**given, **changes})


def _of(fact: type[R], status: str, changes: dict[str, Any]) -> R:
    person = {name: changes.pop(name) for name in Person.model_fields if name in changes}
    sessions = changes.pop("sessions", ("2026-01",))
    given = {
        "registration": REGISTRATION,
        "edition": EDITION,
        "status": status,
        "category": "elu",
        "category_label": {"fr": "Élue ou élu", "en": "Elected official", "es": "Cargo electo"},
        "person": a_person(**person),
        "organisation": Organisation(name="Montreuil", kind="commune", code="93048", country="FR"),
        "enrolments": tuple(Enrolment(session=id, state="enrolled") for id in sessions),
        "release": 1,
        "manage_url": MANAGE_URL,
        "registered_at": NOW,
    }
    return fact(**{**given, **changes})


def a_confirmed(**changes: Any) -> Confirmed:
    return _of(Confirmed, "confirmed", changes)


def a_cancelled(**changes: Any) -> Cancelled:
    return _of(Cancelled, "cancelled", changes)


def a_fact(fact: type[R], status: str = "confirmed", **changes: Any) -> R:
    """Any other fact of a registration."""
    return _of(fact, status, changes)


def waits_for(session: str, position: int = 1, until: datetime | None = None) -> Waiting:
    return Waiting(session=session, position=position, offered_until=until)


def an_issued(**changes: Any) -> Issued:
    given = {
        "registration": REGISTRATION,
        "edition": EDITION,
        "generation": 1,
        "code": "K4P72RMXQ8",
        "link": BADGE_URL,
        "pdf": base64.b64encode(PDF).decode(),
    }
    return Issued(**{**given, **changes})


def an_edition(**changes: Any) -> EditionChanged:
    given = {
        "edition": EDITION,
        "number": 17,
        "title": {
            "fr": "Rencontres de l’action internationale des collectivités territoriales",
            "en": "Meetings on the International Action of Local and Regional Authorities",
            "es": "Encuentros de la Acción Internacional de los Gobiernos Locales y Regionales",
        },
        "short": "RAICT 2026",
        "theme": {"fr": "Les collectivités territoriales dans le nouvel ordre mondial"},
        "dates": (date(2026, 7, 8), date(2026, 7, 9)),
        "timezone": "Europe/Paris",
        "venue": Venue(name="Salons de l’Hôtel des Arts et Métiers", address="9bis avenue d’Iéna, 75116 Paris"),
        "organiser": "Cités Unies France",
        "organiser_address": "9 rue Christiani, 75018 Paris",
        "contact_email": "rencontres@cites-unies.example",
        "contact_phone": "+33 1 53 41 81 81",
    }
    return EditionChanged(**{**given, **changes})


def a_session(id: str, day: int, start: str, end: str, title: str, **changes: Any) -> Session:
    hours = [datetime.fromisoformat(f"2026-07-{day:02}T{hour}:00+02:00") for hour in (start, end)]
    given = {
        "id": id,
        "uid": f"{id}@rencontres.example",
        "revision": 2,
        "slug": id,
        "kind": "atelier",
        "title": {"fr": title},
        "start": hours[0],
        "end": hours[1],
        "room": "monge",
        "access": "sign-up",
    }
    return Session(**{**given, **changes})


def a_released(**changes: Any) -> Released:
    given = {
        "edition": EDITION,
        "release": 1,
        "released_at": NOW,
        "rooms": (Room(id="monge", name="Salle Monge", capacity=60),),
        "kinds": (
            Kind(id="atelier", label={"fr": "Atelier", "en": "Workshop", "es": "Taller"}, tone="workshop"),
            Kind(id="pleniere", label={"fr": "Plénière", "en": "Plenary", "es": "Plenaria"}, tone="plenary"),
            Kind(id="pause", label={"fr": "Pause"}, tone="break"),
        ),
        "sessions": (
            a_session("2026-01", 8, "14:30", "16:00", "L’AICT face au changement climatique"),
            a_session("2026-02", 8, "14:30", "16:00", "ECSI et AICT"),
            a_session("2026-04", 8, "16:00", "16:30", "Pause-café", kind="pause", access="open"),
            a_session(
                "2026-05", 8, "16:45", "18:30", "Le nouvel ordre mondial", kind="pleniere", access="open", room=None
            ),
            a_session("2026-13", 9, "15:30", "17:00", "La ressource en eau au Maghreb"),
        ),
    }
    return Released(**{**given, **changes})


def moved(released: Released, session: str, **changes: Any) -> Released:
    """The next release, in which this session is changed."""
    sessions = tuple(
        one.model_copy(update={"revision": one.revision + 1, **changes}) if one.id == session else one
        for one in released.sessions
    )
    return released.model_copy(update={"release": released.release + 1, "sessions": sessions})


def an_envelope(fact: Fact, sequence: int = 1, id: str | None = None) -> Envelope:
    made = id or f"{fact.publisher}:{fact.key}:{fact.type()}:{sequence}"
    return Envelope(made, fact.type(), "/test", NOW, fact.key, sequence, "c1")
