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


class Waiting(Part):
    """A wish for a place in a session that is full. `position` counts from 1, as of this fact."""

    session: str
    position: int
    offered_until: datetime | None = None
    """A place is held for this person until then; None while they wait."""


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
    status: Literal["pending", "confirmed", "waitlisted", "offered", "refused", "cancelled"]
    category: str
    category_label: Text
    person: Person
    organisation: Organisation
    consents: Consents = Consents()
    enrolments: tuple[Enrolment, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    """Sessions waited for, or offered; none of them is among the enrolments."""
    wishes: tuple[str, ...] = ()
    """Of somebody without a place at the edition yet: the sessions they would take."""
    position: int | None = None
    """Of a `waitlisted` registration: its place in the line, counted from 1, as of this fact."""
    offered_until: datetime | None = None
    """Of an `offered` registration: until when the place is held."""
    release: int = 0
    """The release of the programme that the person's page showed."""
    generation: int = 1
    manage_url: str
    same_address: bool = False
    """Another registration of this edition uses the same e-mail address."""
    registered_at: datetime
    session: str | None = None
    """The session this fact is about, where it is about one: offered, given up, expired."""
    changed: tuple[str, ...] = ()
    """What changed, where the fact's name does not say it: see `Amended`."""
    actor: Literal["person", "staff", "system"] = "person"
    """Who did it: whoever holds the link, somebody of the team, or time itself."""
    reason: str = ""
    """Why, in a word, where there are several reasons: see `Cancelled`."""
    reference: str = ""
    """What a list of the team's calls this person: the same reference in another list is the same registration."""
    quiet: bool = False
    """The team wants nobody written to about this fact; of what happens later, people are told as ever."""


class Submitted(RegistrationFact):
    """Somebody asks to come, in a category that the team approves one by one. They hold no place yet."""

    name = "submitted"


class Confirmed(RegistrationFact):
    """The person has a place."""

    name = "confirmed"


class Waitlisted(RegistrationFact):
    """The edition or the category is full: the person waits for a place."""

    name = "waitlisted"


class Offered(RegistrationFact):
    """A place is held for the person: in `session`, or, without one, at the edition itself."""

    name = "offered"


class Refused(RegistrationFact):
    """The team did not approve what was submitted."""

    name = "refused"


class Amended(RegistrationFact):
    """Something of the registration changed, and `changed` says what.

    Names of fields (`given_name`, `family_name`, `email`, `language`, `function`, `organisation`, `phone`,
    `category`, `consents`, `needs`), `image` besides `consents` where it is the one that stands on the badge,
    `sessions` for a choice of sessions, `link` for a new manage link, and of the offered `session`:
    `offer-accepted`, `offer-declined`, `offer-expired`, `offer-withdrawn` where the session was cancelled.
    """

    name = "amended"

    previous_email: str = ""
    """The address before, when `email` changed: it is told too."""


class Transferred(RegistrationFact):
    """Another person comes instead. `generation` has grown: the badge of the person before is void."""

    name = "transferred"

    previous: Person
    """Who came before."""


class Cancelled(RegistrationFact):
    """The person no longer comes; their places are free again. `reason`: empty, `offer-declined`, `offer-expired`."""

    name = "cancelled"


class LinkRequested(RegistrationFact):
    """Somebody lost the link to the registrations of this address: it is to be mailed there again."""

    name = "link-requested"


class Erased(Fact):
    """The person is forgotten: whoever holds something under this key blanks it, and says `erased-here`.

    It carries no `RegistrationFact`: nothing of the person, and no link. Facts about this key that come after it, or
    come late, are of no account.
    """

    publisher = "registration"
    name = "erased"
    key_field = "registration"

    registration: str
    edition: str
    at: datetime
    actor: Literal["person", "staff", "system"] = "person"
    """Who asked for it. What time itself erases, at the end of what was promised, is not told to the person."""


class SessionPlaces(Part):
    """Use of one session's quota. `quota` is None when it has no limit."""

    session: str
    quota: int | None
    taken: int
    """Enrolled, or held for somebody whom the place is offered to."""
    waiting: int = 0


class Both(Part):
    """How many people are enrolled in both of two sessions of the same day."""

    sessions: tuple[str, str]
    count: int


class PlacesChanged(Fact):
    """Counts only, never identities: published once for every batch that changed them."""

    publisher = "registration"
    name = "places-changed"
    key_field = "edition"

    edition: str
    quota: int | None
    taken: int
    sessions: tuple[SessionPlaces, ...]
    waiting: int = 0
    """Registrations that wait for the edition or their category."""
    both: tuple[Both, ...] = ()
    """Pairs of sessions that share people: none of them may come to overlap unnoticed."""


class CategoryRules(Part):
    """Whom one may come as. Days left out are the edition's."""

    id: str
    label: Text
    hint: Text = Field(default_factory=dict)
    quota: int | None = None
    public: bool = True
    opens_days_before: int | None = None
    closes_days_before: int | None = None
    authorities: bool = False
    approval: bool = False


class RulesChanged(Fact):
    """Who may register, from when to when, and how many: told so that it can be read back, nobody needs it else."""

    publisher = "registration"
    name = "rules-changed"
    key_field = "edition"

    edition: str
    categories: tuple[CategoryRules, ...]
    opens_days_before: int
    closes_days_before: int
    quota: int | None
    offer_hours: int
    overlaps: Literal["refuse", "warn"]
    changes_close_days_before: int
    freezes: dict[str, int] = Field(default_factory=dict)
