"""One person's registration, and what decisions about it are made on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from services.registration.domain.editions import Category, Edition, Programme
from services.registration.domain.places import Places
from services.registration.domain.queues import Queue

Status = Literal["pending", "confirmed", "waitlisted", "offered", "refused", "cancelled"]

PLACE = "place"
"""Instead of a session: the place at the edition itself."""


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
    """What a person asks for, already free of mistakes in its texts.

    `sessions` are wanted, `waiting` also when it means waiting. `wait`: come also when that means waiting.
    `both`: keep two sessions at the same time, where the edition lets people. `reference`: what a list of the team's
    calls the person.
    """

    edition: str
    category: str
    person: Person
    organisation: Organisation
    phone: str = ""
    sessions: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_other: str = ""
    consents: Consents = Consents()
    waiting: tuple[str, ...] = ()
    wait: bool = False
    both: bool = False
    reference: str = ""


@dataclass(frozen=True)
class Wish:
    """A session waited for. `offered_until`: a place in it is held until then."""

    session: str
    since: datetime
    offered_until: datetime | None = None


@dataclass(frozen=True)
class Registration:
    """A person who comes, would like to, or no longer does. `sequence` counts its facts.

    `generation` is that of the manage link, `badge` that of the badge, which only changes hands with the place.
    `sessions` are those one has a place in, `waiting` those one waits for; `wishes` are the choice of somebody without
    a place at the edition yet. `offered_until` belongs to the status `offered`; `expired` tells until when lapsed
    offers stood, by session, the edition itself by `PLACE`. `reason` says why a registration is cancelled, where it
    was not asked for. `reference` is what a list of the team's called the person.
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
    handed_over: int = 0
    """The link generation since which it is this person's; those before opened it for somebody else."""
    cancelled_at: datetime | None = None
    waiting: tuple[Wish, ...] = ()
    wishes: tuple[str, ...] = ()
    offered_until: datetime | None = None
    expired: Mapping[str, datetime] = field(default_factory=dict)
    reason: str = ""
    reference: str = ""

    @property
    def lives(self) -> bool:
        """Neither cancelled nor refused."""
        return self.status not in {"cancelled", "refused"}

    def wish(self, session: str) -> Wish | None:
        """What is waited for in this session."""
        return next((one for one in self.waiting if one.session == session), None)

    def queues(self) -> tuple[str, ...]:
        """The waiting lists it stands in, or may come to stand in, by session; empty is the edition's."""
        own = ("",) if self.status in {"pending", "waitlisted", "offered"} else ()
        return (*own, *self.wishes, *(one.session for one in self.waiting))


@dataclass(frozen=True)
class House:
    """What a decision is made on: the edition with its rules, its released programme, its places, its waiting lists.

    `queues` are those read for the decision, by session; empty is the edition's. Asking for another is a mistake:
    it would be taken for empty, and written over.
    """

    edition: Edition
    programme: Programme
    places: Places
    queues: Mapping[str, Queue] = field(default_factory=dict)

    def queue(self, session: str = "") -> Queue:
        """A waiting list read for this decision."""
        return self.queues[session]

    def keep(self, places: Places, *queues: Queue) -> "House":
        """The same with these places and waiting lists."""
        changed = {**self.queues, **{one.session: one for one in queues}}
        return replace(self, places=places, queues=changed)

    def category(self, id: str) -> Category | None:
        """A category as it is now, if it still exists."""
        return next((one for one in self.edition.categories if one.id == id), None)


Stand = tuple[Registration, House]
"""What a decision changes: one registration, and the house it is in."""
