"""Editions and programmes to test with."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.programme.domain.editions import Draft, Edition, Kind, Room, Session, Venue

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 7, 3, 16, 10, tzinfo=UTC)
MONGE = Room("monge", "Salle Monge", 60)
LAPLACE = Room("laplace", "Salle Laplace", 48)
KINDS = (
    Kind("atelier", {"fr": "Atelier", "en": "Workshop", "es": "Taller"}, "workshop"),
    Kind("pause-cafe", {"fr": "Pause"}, "break"),
)


def an_edition(**changes: Any) -> Edition:
    """The 17th edition, two days in July 2026."""
    edition = Edition(
        id="raict-2026",
        number=17,
        title={"fr": "Rencontres", "en": "Meetings", "es": "Encuentros"},
        short="RAICT 2026",
        theme={"fr": "Le nouvel ordre mondial"},
        dates=(date(2026, 7, 8), date(2026, 7, 9)),
        timezone="Europe/Paris",
        venue=Venue("Hôtel des Arts et Métiers", "9bis avenue d’Iéna, 75116 Paris"),
        organiser="Cités Unies France",
        contact_email="contact@example.org",
        contact_phone="+33 1 53 41 81 81",
    )
    return replace(edition, **changes)


def at(hour: int, minute: int = 0, day: int = 8) -> datetime:
    """A time of the edition, on Paris clocks."""
    return datetime(2026, 7, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def a_session(id: str = "s-1", **changes: Any) -> Session:
    """A workshop on the first afternoon, in Monge."""
    session = Session(
        id=id,
        kind="atelier",
        title={"fr": f"Atelier {id}", "en": f"Workshop {id}"},
        start=at(14, 30),
        end=at(16),
        room="monge",
        access="sign-up",
    )
    return replace(session, **changes)


def a_draft(*sessions: Session, rooms: tuple[Room, ...] = (MONGE, LAPLACE)) -> Draft:
    """A draft of these sessions."""
    return Draft(rooms=rooms, kinds=KINDS, sessions=sessions)
