"""What may change of a registration after it was made: who the person is, how to receive them, who holds it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from services.registration.domain.editions import Act, Edition
from services.registration.domain.refusals import ChangesClosed, NoLongerComing, NoPlaceYet
from services.registration.domain.registrations import Consents, Organisation, Person, Registration

IN_PERSON = ("given_name", "family_name", "email", "language", "function")
BESIDES = ("organisation", "phone", "consents")


@dataclass(frozen=True)
class Details:
    """What the form asks besides category and sessions."""

    person: Person
    organisation: Organisation
    phone: str = ""
    needs: tuple[str, ...] = ()
    needs_other: str = ""
    consents: Consents = field(default_factory=Consents)

    @property
    def version(self) -> str:
        """Stands for all of it, so that a page can say on what it was built."""
        return sha256(repr(self).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def details(registration: Registration, needs: tuple[str, ...], needs_other: str) -> Details:
    """What is known of a person. Diet and access are kept apart from the registration."""
    return Details(
        registration.person,
        registration.organisation,
        registration.phone,
        tuple(needs),
        needs_other,
        registration.consents,
    )


def changed(before: Details, after: Details) -> tuple[str, ...]:
    """The names of what differs, in the order of the form. `image` is the one consent that stands on the badge."""
    names = [name for name in IN_PERSON if getattr(before.person, name) != getattr(after.person, name)]
    names += [name for name in BESIDES if getattr(before, name) != getattr(after, name)]
    if before.consents.image != after.consents.image:
        names.append("image")
    if ({*before.needs}, before.needs_other) != ({*after.needs}, after.needs_other):
        names.append("needs")
    return tuple(names)


def corrected(registration: Registration, now_said: Details, *, shared: bool) -> Registration:
    """The registration as the person says it now. `shared`: another one of this edition has its address."""
    return replace(
        registration,
        person=now_said.person,
        organisation=now_said.organisation,
        phone=now_said.phone,
        consents=now_said.consents,
        same_address=shared,
        sequence=registration.sequence + 1,
    )


def relinked(registration: Registration) -> Registration:
    """The same with a new manage link: those made before open nothing."""
    return replace(registration, generation=registration.generation + 1, sequence=registration.sequence + 1)


def transferred(registration: Registration, successor: Details, release: int, *, shared: bool) -> Registration:
    """The place in other hands: the badge and every link of the person before are void.

    What the successor is told of the programme is `release`.
    """
    generation = registration.generation + 1
    made = corrected(registration, successor, shared=shared)
    return replace(made, generation=generation, badge=registration.badge + 1, handed_over=generation, release=release)


def check_can(act: Act, registration: Registration) -> None:
    """Refuse what nobody can do: for who does not come, or with a place that is not there yet."""
    if not registration.lives:
        raise NoLongerComing
    if act == "transfer" and registration.status != "confirmed":
        raise NoPlaceYet


def check_may(act: Act, registration: Registration, edition: Edition, now: datetime) -> None:
    """Refuse what nobody can do, and what people no longer may after the day set for this act."""
    check_can(act, registration)
    if not is_open(act, edition, now):
        raise ChangesClosed(day=last_day(act, edition))


def is_open(act: Act, edition: Edition, now: datetime) -> bool:
    """Whether people may still do this themselves."""
    closes = edition.changes_close(act)
    return closes is None or now < closes


def last_day(act: Act, edition: Edition) -> datetime | None:
    """The last day on which people may do this themselves; None without one."""
    closes = edition.changes_close(act)
    return closes - timedelta(minutes=1) if closes else None


def everything_until(edition: Edition, now: datetime) -> datetime | None:
    """The last day on which all of it is possible; None when that has passed, or never comes."""
    acts: tuple[Act, ...] = ("details", "sessions", "transfer", "cancel")
    days = [day for act in acts if (day := last_day(act, edition))]
    return min(days) if days and all(is_open(act, edition, now) for act in acts) else None
