"""Facts of the registration service: who comes."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.events.base import Fact, Part, Text


class Person(Part):
    """The person as they typed themselves. `given_name` may be empty: one-word names exist."""

    given_name: str
    family_name: str
    email: str
    language: str
    function: str


class Organisation(Part):
    """Where the person comes from. `code` is the INSEE code or SIREN when `kind` is a French authority."""

    name: str
    kind: str
    code: str | None = None
    country: str
    country_name: Text = Field(default_factory=dict)
    """The country as the organiser names it, in each language; `country` is its ISO 3166-1 code."""


class Enrolment(Part):
    """A place in a session that needs one."""

    session: str
    state: Literal["enrolled"]


class Consents(Part):
    """What the person agreed to, besides the privacy notice."""

    image: bool = False
    participants_list: bool = False


class RegistrationFact(Fact):
    """The whole public state of one registration. `generation` grows when the badge must change hands."""

    publisher = "registration"
    key_field = "registration"

    registration: str
    edition: str
    status: Literal["confirmed", "cancelled"]
    category: str
    category_label: Text
    person: Person
    organisation: Organisation
    consents: Consents = Consents()
    enrolments: tuple[Enrolment, ...] = ()
    release: int = 0
    """The release of the programme that the person's page showed."""
    generation: int = 1
    manage_url: str
    same_address: bool = False
    """Another registration of this edition uses the same e-mail address."""
    registered_at: datetime


class Confirmed(RegistrationFact):
    """The person has a place."""

    name = "confirmed"


class Cancelled(RegistrationFact):
    """The person no longer comes; their places are free again."""

    name = "cancelled"


class SessionPlaces(Part):
    """Use of one session's quota. `quota` is None when it has no limit."""

    session: str
    quota: int | None
    taken: int


class PlacesChanged(Fact):
    """Counts only, never identities: published once for every batch that changed them."""

    publisher = "registration"
    name = "places-changed"
    key_field = "edition"

    edition: str
    quota: int | None
    taken: int
    sessions: tuple[SessionPlaces, ...]
