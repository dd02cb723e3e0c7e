"""One person's registration: made, cancelled, and told to the others."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.registration.domain.editions import Category, Edition, Programme
from services.registration.domain.places import Places
from shared.events import Text
from shared.events import registration as facts

Status = Literal["confirmed", "cancelled"]


@dataclass(frozen=True)
class Person:
    """The person as they typed themselves. `given_name` may be empty: one-word names exist."""

    given_name: str
    family_name: str
    email: str
    language: str
    function: str

    @property
    def name(self) -> str:
        """Both names in the order they are said."""
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True)
class Organisation:
    """Where the person comes from. `code` is the register's when `kind` is a French authority."""

    name: str
    kind: str
    country: str
    code: str | None = None


@dataclass(frozen=True)
class Consents:
    """What the person agreed to, besides the privacy notice."""

    image: bool = False
    participants_list: bool = False


@dataclass(frozen=True)
class Application:
    """What a person asks for, already free of mistakes in its texts."""

    edition: str
    category: str
    person: Person
    organisation: Organisation
    phone: str = ""
    sessions: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_other: str = ""
    consents: Consents = Consents()


@dataclass(frozen=True)
class Registration:
    """A person who comes, or no longer does. `sequence` counts its facts.

    `generation` is that of the manage link, `badge` that of the badge, which only changes hands with the place.
    """

    id: str
    edition: str
    status: Status
    category: str
    person: Person
    organisation: Organisation
    phone: str
    sessions: tuple[str, ...]
    consents: Consents
    release: int
    registered_at: datetime
    same_address: bool = False
    generation: int = 1
    badge: int = 1
    sequence: int = 1
    cancelled_at: datetime | None = None


@dataclass(frozen=True)
class House:
    """What a decision is made on: the edition with its rules, its released programme, its places."""

    edition: Edition
    programme: Programme
    places: Places


def register(
    application: Application, house: House, *, id: str, now: datetime, shared: bool, staff: bool = False
) -> tuple[Registration, Places]:
    """A confirmed registration and the places after it; raises the refusal of the first broken rule.

    `shared` says that a confirmed registration of this edition has the same e-mail address. Staff and import
    tokens may register in categories that are not public.
    """
    category = house.edition.category(application.category, staff=staff)
    house.edition.check_open(now, category)
    sessions = house.programme.chosen(application.sessions, now)
    places = house.places.take(house.edition, category, sessions, house.programme)
    registration = Registration(
        id=id,
        edition=application.edition,
        status="confirmed",
        category=category.id,
        person=application.person,
        organisation=application.organisation,
        phone=application.phone,
        sessions=tuple(session.id for session in sessions),
        consents=application.consents,
        release=house.programme.release,
        registered_at=now,
        same_address=shared,
    )
    return registration, places


def cancel(registration: Registration, places: Places, now: datetime) -> tuple[Registration, Places]:
    """The registration cancelled and its places free. Cancelled before: the same, unchanged."""
    if registration.status == "cancelled":
        return registration, places
    cancelled = replace(registration, status="cancelled", cancelled_at=now, sequence=registration.sequence + 1)
    return cancelled, places.free(registration.category, registration.sessions)


def told(
    registration: Registration, category: Category | None, manage_url: str, country_name: Text | None = None
) -> facts.RegistrationFact:
    """The fact of the registration's present state. A category that is gone is told by its id.

    `country_name` is the country as the organiser names it, for badges and mails that have no list of their own.
    """
    fact = facts.Confirmed if registration.status == "confirmed" else facts.Cancelled
    person, organisation = registration.person, registration.organisation
    return fact(
        registration=registration.id,
        edition=registration.edition,
        status=registration.status,
        category=registration.category,
        category_label=dict(category.label) if category else {"fr": registration.category},
        person=facts.Person(
            given_name=person.given_name,
            family_name=person.family_name,
            email=person.email,
            language=person.language,
            function=person.function,
        ),
        organisation=facts.Organisation(
            name=organisation.name,
            kind=organisation.kind,
            code=organisation.code,
            country=organisation.country,
            country_name=country_name or {},
        ),
        consents=facts.Consents(
            image=registration.consents.image, participants_list=registration.consents.participants_list
        ),
        enrolments=tuple(facts.Enrolment(session=id, state="enrolled") for id in registration.sessions),
        release=registration.release,
        generation=registration.badge,
        manage_url=manage_url,
        same_address=registration.same_address,
        registered_at=registration.registered_at,
    )
