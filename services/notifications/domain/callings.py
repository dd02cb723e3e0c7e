"""Which mails each fact of a registration calls for: the one table of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from services.notifications.domain.deliveries import About, Delivery, State, Template, delivery_id
from shared.events.registration import (
    Amended,
    Cancelled,
    Confirmed,
    LinkRequested,
    Offered,
    Person,
    Refused,
    RegistrationFact,
    Submitted,
    Transferred,
    Waitlisted,
)

BY_GENERATION = frozenset({Template.CONFIRMATION, Template.CANCELLATION})
"""Mails of which a registration, or its new holder, gets one at most: keyed by the generation of the badge."""

_SIMPLE = {
    Submitted: (Template.SUBMITTED, "submitted"),
    Confirmed: (Template.CONFIRMATION, "confirmed"),
    Waitlisted: (Template.WAITLISTED, "waitlisted"),
    Refused: (Template.REFUSED, "refused"),
    Cancelled: (Template.CANCELLATION, "cancelled"),
    LinkRequested: (Template.LOST_LINK, "link-requested"),
}

ON_THE_BADGE = frozenset({"given_name", "family_name", "language", "function", "organisation", "category", "image"})
"""Fields whose change draws the badge again. `image` is among the consents, and never comes alone."""

_CHOICES = frozenset({"sessions", "offer-accepted"})
_ACTS = frozenset({"link", "offer-accepted", "offer-declined", "offer-expired", "offer-withdrawn"})

_NOTHING = About()


@dataclass(frozen=True)
class _Source:
    """The fact that calls for mails, and when it was learnt."""

    fact: RegistrationFact
    sequence: int
    now: datetime

    def mail(self, template: Template, what: str, about: About = _NOTHING, person: Person | None = None) -> Delivery:
        """One mail, to whoever holds the registration or to `person`. The same fact again gives the same id."""
        fact, to = self.fact, person or self.fact.person
        cause = f"{fact.registration}/{what}"
        return Delivery(
            id=delivery_id(cause, to.email, template),
            registration=fact.registration,
            edition=fact.edition,
            generation=fact.generation,
            template=template,
            cause=cause,
            recipient=to.email,
            language=to.language,
            name=name_of(to),
            release=fact.release,
            state=State.QUEUED,
            due=self.now,
            created=self.now,
            changed=self.now,
            sequence=self.sequence,
            about=about,
        )


def called_for(fact: RegistrationFact, sequence: int, now: datetime) -> Iterator[Delivery]:
    """The mails that this fact calls for, due at once; none when the team wants it kept quiet."""
    source = _Source(fact, sequence, now)
    if fact.quiet:
        return
    if isinstance(fact, Cancelled) and fact.reason == "offer-expired":
        yield source.mail(Template.OFFER_EXPIRED, f"cancelled/{sequence}")
    elif type(fact) in _SIMPLE:
        template, what = _SIMPLE[type(fact)]
        key = fact.generation if template in BY_GENERATION else sequence
        yield source.mail(template, f"{what}/{key}")
    elif isinstance(fact, Offered):
        yield source.mail(Template.OFFERED, f"offered/{sequence}", _offer(fact))
    elif isinstance(fact, Transferred):
        yield from _transferred(source, fact)
    elif isinstance(fact, Amended):
        yield from _amended(source, fact)


def _offer(fact: RegistrationFact) -> About:
    if fact.session is None:
        return About(until=fact.offered_until)
    until = next((wish.offered_until for wish in fact.waiting if wish.session == fact.session), fact.offered_until)
    return About(session=fact.session, until=until)


def _transferred(source: _Source, fact: Transferred) -> Iterator[Delivery]:
    cause = f"transferred/{source.sequence}"
    yield source.mail(Template.TRANSFER_RECEIVED, cause, About(other=name_of(fact.previous)))
    given = source.mail(Template.TRANSFER_GIVEN, cause, About(other=name_of(fact.person)), fact.previous)
    yield replace(given, generation=fact.generation - 1)


def _amended(source: _Source, fact: Amended) -> Iterator[Delivery]:
    cause, changed = f"amended/{source.sequence}", frozenset(fact.changed)
    has_place = fact.status == "confirmed"
    if changed & _CHOICES and has_place:
        yield source.mail(Template.SESSIONS_CHANGED, cause, About(session=fact.session or ""))
    if "offer-expired" in changed:
        yield source.mail(Template.OFFER_EXPIRED, cause, About(session=fact.session or ""))
    if "link" in changed:
        yield source.mail(Template.NEW_LINK, cause)
    hidden = _ACTS if not has_place else _ACTS | _CHOICES
    if fields := tuple(field for field in fact.changed if field not in hidden):
        yield source.mail(Template.DATA_CHANGED, cause, About(fields=fields, has_place=has_place))
    if "email" in changed and fact.previous_email:
        before = fact.person.model_copy(update={"email": fact.previous_email})
        yield source.mail(Template.ADDRESS_CHANGED, cause, person=before)


def programme_changed(fact: RegistrationFact, sequence: int, release: int, count: int, now: datetime) -> Delivery:
    """The mail about what `release` changed for somebody who was told their timetable `count` times before."""
    source = _Source(fact, sequence, now)
    made = source.mail(Template.PROGRAMME_CHANGED, f"changes/{fact.generation}.{release}.{count}")
    return replace(made, release=release)


def farewell(fact: RegistrationFact, sequence: int, until: datetime, now: datetime) -> Delivery:
    """The last mail to somebody who is forgotten, which leaves by then or not at all."""
    return _Source(fact, sequence, now).mail(Template.ERASED, "erased", About(until=until))


def badge_ready(welcome: Delivery, now: datetime) -> Delivery:
    """The mail that brings the badge of somebody whose first mail left without."""
    cause = f"{welcome.registration}/issued/{welcome.generation}"
    return replace(
        welcome,
        id=delivery_id(cause, welcome.recipient, Template.BADGE_READY),
        template=Template.BADGE_READY,
        cause=cause,
        state=State.QUEUED,
        due=now,
        created=now,
        changed=now,
        attempts=0,
        doubts=0,
        with_badge=None,
        reason="",
        sender="",
        about=About(),
        made_from=0,
        facts=0,
    )


def readdressed(delivery: Delivery, person: Person, now: datetime) -> Delivery:
    """The same mail to the address and in the language that the person has now."""
    return replace(
        delivery,
        id=delivery_id(delivery.cause, person.email, delivery.template),
        recipient=person.email,
        language=person.language,
        name=name_of(person),
        created=now,
        changed=now,
        facts=0,
    )


def name_of(person: Person) -> str:
    """The person as staff look for them and mails speak of them."""
    return f"{person.given_name} {person.family_name}".strip()
