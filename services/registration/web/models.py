"""The shapes of the API: what it takes and what it gives, never the same class."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from services.registration.domain.editions import Act, Category, Rules
from services.registration.domain.places import left
from services.registration.domain.registrations import Registration
from services.registration.intake import Typed
from services.registration.store import Shown
from shared.text import is_visible
from shared.web import Input, Words
from shared.web.pages import text

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


def _with_french(label: dict[str, str]) -> dict[str, str]:
    if not is_visible(label.get("fr", "")):
        raise ValueError("French is the source")
    return label


def _distinct(categories: list["CategoryIn"]) -> list["CategoryIn"]:
    if len({one.id for one in categories}) < len(categories):
        raise ValueError("the same id twice")
    return categories


Lang = Literal["fr", "en", "es"]
"""What texts are kept by: nothing that somebody typed is ever a key."""
Label = Annotated[dict[Lang, Annotated[str, Words(100)]], AfterValidator(_with_french)]
Days = Annotated[int, Field(ge=0, le=1000)]
Quota = Annotated[int, Field(ge=0, le=1_000_000)]


class OrganisationIn(Input):
    """Where the person comes from; `kind` and `code` are the register's for a French authority."""

    name: str
    kind: str = ""
    code: str | None = None
    country: str = "FR"


class ConsentsIn(Input):
    """`privacy` says that the privacy notice was read."""

    privacy: bool
    image: bool = False
    participants_list: bool = False


class RegistrationIn(Input):
    """One person who wants to come. Texts are checked by the rules of the form, so mistakes read alike."""

    edition: str | None = None
    category: str
    given_name: str = ""
    family_name: str
    email: str
    language: str = "fr"
    function: str
    organisation: OrganisationIn
    phone: str | None = ""
    sessions: list[str] = Field(default=[], max_length=100)
    waiting: list[str] = Field(default=[], max_length=100)
    """Sessions to wait for where they are full."""
    both: bool = False
    """Whether to keep two sessions at the same time, where the edition lets people."""
    wait: bool = False
    """Whether to join the waiting list when the edition or the category is full; else that is refused."""
    needs: list[str] = Field(default=[], max_length=50)
    needs_other: str = ""
    consents: ConsentsIn

    def typed(self) -> Typed:
        """The same answers under the form's field names."""
        return Typed(
            category=self.category,
            given_name=self.given_name,
            family_name=self.family_name,
            email=self.email,
            phone=self.phone or "",
            language=self.language,
            function=self.function,
            organisation_name=self.organisation.name,
            organisation_kind=self.organisation.kind,
            organisation_code=self.organisation.code or "",
            organisation_country=self.organisation.country,
            sessions=tuple(self.sessions),
            waiting=tuple(self.waiting),
            wait=self.wait,
            both=self.both,
            needs=tuple(self.needs),
            needs_other=self.needs_other,
            privacy=self.consents.privacy,
            participants_list=self.consents.participants_list,
            image=self.consents.image,
        )


class ListQuery(Input):
    """Which registrations a program wants, and from where on."""

    edition: str | None = None
    q: str = Field(default="", max_length=200)
    status: str = ""
    category: str = ""
    limit: int = Field(default=100, ge=1, le=500)
    cursor: str | None = None


class CategoryIn(Input):
    """Whom one comes as. Days left out are the edition's."""

    id: Id
    label: Label
    hint: dict[Lang, Annotated[str, Words(300)]] = Field(default_factory=dict)
    quota: Quota | None = None
    public: bool = True
    opens_days_before: Days | None = None
    closes_days_before: Days | None = None
    authorities: bool = False
    approval: bool = False


class RulesIn(Input):
    """Categories, quotas and opening of an edition. Days are counted back from its first day, to midnight."""

    quota: Quota | None = None
    opens_days_before: Days
    closes_days_before: Days
    offer_hours: Annotated[int, Field(ge=1, le=720)] = 24
    """Hours an offered place is held; less when time is short."""
    overlaps: Literal["refuse", "warn"] = "refuse"
    changes_close_days_before: Days = 0
    freezes: dict[Act, Days] = Field(default_factory=dict)
    categories: Annotated[list[CategoryIn], Field(min_length=1, max_length=100), AfterValidator(_distinct)]

    def rules(self, edition: str) -> Rules:
        """What the domain knows as an edition's rules."""
        return Rules(
            id=edition,
            quota=self.quota,
            opens_days_before=self.opens_days_before,
            closes_days_before=self.closes_days_before,
            offer_hours=self.offer_hours,
            overlaps=self.overlaps,
            changes_close_days_before=self.changes_close_days_before,
            freezes=self.freezes,
            categories=tuple(Category(**one.model_dump()) for one in self.categories),
        )


def registration_out(
    one: Registration, manage_url: str, positions: Mapping[str, int | None] | None = None
) -> dict[str, Any]:
    """A registration for programs with a right to see it."""
    person, organisation = one.person, one.organisation
    return {
        "id": one.id,
        "edition": one.edition,
        "status": one.status,
        "category": one.category,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "language": person.language,
        "function": person.function,
        "organisation": vars(organisation),
        "phone": one.phone,
        "sessions": [*one.sessions],
        "position": (positions or {}).get(""),
        "waiting": [
            {
                "session": wish.session,
                "since": moment(wish.since),
                "position": (positions or {}).get(wish.session),
                "offered_until": moment(wish.offered_until),
            }
            for wish in one.waiting
        ],
        "wishes": [*one.wishes],
        "offered_until": moment(one.offered_until),
        "consents": vars(one.consents),
        "same_address": one.same_address,
        "reference": one.reference,
        "release": one.release,
        "registered_at": moment(one.registered_at),
        "cancelled_at": moment(one.cancelled_at),
        "manage_url": manage_url,
    }


def moment(value: datetime | None) -> str | None:
    """ISO 8601 with its zone."""
    return value.isoformat() if value else None


def form_out(shown: Shown, lang: str, now: datetime) -> dict[str, Any]:
    """The public definition of the form, with the places left. `full`: a newcomer can only join the waiting list."""
    edition, places = shown.edition, shown.places
    return {
        "edition": edition.id,
        "opens": moment(edition.opens()),
        "closes": moment(edition.closes()),
        "places_left": left(edition.quota, places.taken),
        "waiting": places.waitlisted,
        "categories": [
            {
                "id": one.id,
                "label": text(lang, one.label),
                "hint": text(lang, one.hint),
                "opens": moment(edition.opens(one)),
                "closes": moment(edition.closes(one)),
                "approval": one.approval,
                "places_left": left(one.quota, places.categories.get(one.id, 0)),
                "waiting": places.queued.get(one.id, 0),
                "full": places.refusal(edition, one, now) is not None,
            }
            for one in edition.categories
            if one.public
        ],
        "sessions": [
            {
                "id": one.id,
                "title": text(lang, one.title),
                "start": moment(one.start),
                "end": moment(one.end),
                "status": one.status,
                "places_left": places.left_in(one),
                "waiting": places.waiting.get(one.id, 0),
                "full": places.is_full(one),
            }
            for one in shown.programme.sessions.values()
            if one.access == "sign-up"
        ],
    }
