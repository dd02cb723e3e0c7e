"""Which mails a registration's facts call for, whatever the order they arrive in, and what becomes of each.

Two ways to the badge, and each person takes exactly one: the first mail carries it, or it left without (the badge
was not there in time) and a second mail brings it once the first is known to have left.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.notifications.domain import attempts, callings, deliveries
from services.notifications.domain.attempts import Outcome
from services.notifications.domain.deliveries import TELLS_TIMETABLE, WELCOMES, Delivery, State, Template
from services.notifications.domain.staleness import READDRESSED, Situation, staleness
from services.notifications.domain.told import Mention, Told
from shared.events.registration import Cancelled, Person, RegistrationFact

AFTER_THE_OTHER = timedelta(seconds=2)
"""How long a mail with the timetable stands back while another is on its way to the same person."""


@dataclass(frozen=True)
class Known:
    """What is known of one registration: its newest state, and whether it was cancelled."""

    fact: RegistrationFact
    sequence: int
    cancelled: bool = False
    erased: bool = False
    """The person is forgotten: this is kept only for as long as their last mail needs it."""


@dataclass(frozen=True)
class Correspondence:
    """Everything about one registration's mail. Badges and what was told are kept for each generation.

    A badge is known by the sequence of the registration's fact that it shows.
    """

    known: Known | None = None
    badges: Mapping[int, int] = field(default_factory=dict)
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    tellings: Mapping[int, Told] = field(default_factory=dict)

    @property
    def cancelled(self) -> bool:
        """Whether the registration was cancelled, however late its other facts arrive."""
        return bool(self.known and self.known.cancelled)

    @property
    def told(self) -> Told:
        """What whoever holds the registration now was told last."""
        return self.told_of(self.known.fact.generation if self.known else 1)

    def told_of(self, generation: int) -> Told:
        """What the holder of this generation was told last."""
        return self.tellings.get(generation, Told(generation))

    def with_told(self, told: Told) -> "Correspondence":
        """The same with this telling new or changed."""
        return replace(self, tellings={**self.tellings, told.generation: told})

    def with_delivery(self, delivery: Delivery) -> "Correspondence":
        """The same with this delivery new or changed."""
        return replace(self, deliveries={**self.deliveries, delivery.id: delivery})

    def staleness(self, delivery: Delivery, now: datetime) -> str:
        """Why this mail should not leave any more; empty while it should."""
        if self.known is None:
            return ""
        told = self.told_of(delivery.generation)
        return staleness(delivery, Situation(self.known.fact, self.known.cancelled, told, now, self.known.erased))


def learnt(
    mail: Correspondence, fact: RegistrationFact, sequence: int, *, now: datetime, patience: timedelta
) -> Correspondence:
    """Something happened to a registration: its mails are queued, and those no longer true are dropped.

    A mail that brings a badge leaves with it, or after `patience` without.
    """
    mail = replace(mail, known=_learn(mail.known, fact, sequence))
    if fact.generation not in mail.tellings:
        mail = mail.with_told(Told(fact.generation))
    for delivery in callings.called_for(fact, sequence, now):
        if delivery.id not in mail.deliveries:
            waits = owes_badge(delivery) and not _has_badge(mail, delivery)
            mail = mail.with_delivery(replace(delivery, due=now + patience) if waits else delivery)
    return _follow(mail, now)


def issued(mail: Correspondence, generation: int, *, now: datetime, drawn_from: int = 0) -> Correspondence:
    """A badge exists: a mail that waited for it leaves now, or a second mail brings it."""
    newest = max(drawn_from, mail.badges.get(generation, 0))
    mail = replace(mail, badges={**mail.badges, generation: newest})
    for delivery in mail.deliveries.values():
        if owes_badge(delivery) and _waits(delivery, now) and _has_badge(mail, delivery):
            mail = mail.with_delivery(replace(delivery, due=now))
    return _follow(mail, now)


def erased(mail: Correspondence, *, tell: bool, until: datetime, now: datetime) -> Correspondence:
    """The person is forgotten: nothing leaves any more but, to `tell` them, one last mail by then.

    A mail that is being handed over at this moment comes to its end; it is not tried again.
    """
    if mail.known is None:
        return mail
    known = replace(mail.known, cancelled=True, erased=True)
    mail = replace(mail, known=known)
    if tell:
        mail = mail.with_delivery(callings.farewell(known.fact, known.sequence, until, now))
    return _follow(mail, now)


def claimed(mail: Correspondence, id: str, *, sender: str, now: datetime, release: int = 0) -> Correspondence:
    """`sender` takes a delivery that is due, to write it from `release`. Changed meanwhile: nothing happens."""
    delivery = mail.deliveries[id]
    if delivery.due is None or delivery.due > now:
        return mail
    if reason := mail.staleness(delivery, now):
        return dropped(mail, id, reason, now=now)
    if first := _goes_first(mail, delivery):
        return mail.with_delivery(replace(delivery, due=max(now, first.due or now) + AFTER_THE_OTHER))
    badge = _has_badge(mail, delivery)
    taken = attempts.claim(delivery, sender=sender, badge=badge, release=release, now=now)
    return mail.with_delivery(replace(taken, made_at=mail.known.sequence if mail.known else 0))


def settled(
    mail: Correspondence, id: str, outcome: Outcome, *, sender: str, now: datetime, said: Iterable[Mention] = ()
) -> Correspondence:
    """An attempt ended. Once somebody else has taken the delivery over, theirs is the attempt that counts.

    `said` is the timetable in the mail: once it left, that is what the person knows.
    """
    delivery = mail.deliveries.get(id)  # taken over, it may have been sent and forgotten since
    if delivery is None or not (delivery.state is State.SENDING and delivery.sender == sender):
        return mail
    mail = mail.with_delivery(attempts.settle(delivery, outcome, now=now))
    return _follow(_remember(mail, mail.deliveries[id], said), now)


def abandoned(mail: Correspondence, id: str, *, sender: str, now: datetime) -> Correspondence:
    """The process that was sending died: the delivery leaves again, flagged."""
    delivery = mail.deliveries[id]
    if not (delivery.state is State.SENDING and delivery.sender == sender):
        return mail
    mail = mail.with_delivery(attempts.abandoned(delivery, now))
    return _follow(_remember(mail, mail.deliveries[id], ()), now)


def dropped(mail: Correspondence, id: str, reason: str, *, now: datetime) -> Correspondence:
    """A mail that has not left is no longer true."""
    mail = mail.with_delivery(deliveries.give_up(mail.deliveries[id], reason, now))
    return _remember(mail, mail.deliveries[id], ())


def retried(mail: Correspondence, id: str, *, now: datetime) -> Correspondence:
    """A person asks for another attempt; raises `NotRetryable`."""
    delivery = mail.deliveries[id]
    return mail.with_delivery(attempts.retry(delivery, stale=bool(mail.staleness(delivery, now)), now=now))


def given_up(mail: Correspondence, id: str, *, now: datetime) -> Correspondence:
    """A person gives a mail up; raises `NotAbandonable`. What follows from its end follows."""
    return _follow(mail.with_delivery(deliveries.abandon(mail.deliveries[id], now)), now)


def _learn(known: Known | None, fact: RegistrationFact, sequence: int) -> Known:
    """The newest sequence wins. A cancellation is final, so it counts however late it comes."""
    over = isinstance(fact, Cancelled) or bool(known and known.cancelled)
    if known is None or sequence > known.sequence:
        return Known(fact, sequence, over)
    return replace(known, cancelled=over)


def _waits(delivery: Delivery, now: datetime) -> bool:
    return delivery.state is State.QUEUED and delivery.due is not None and delivery.due > now


def owes_badge(delivery: Delivery) -> bool:
    """Whether this mail waits for a badge that goes with it."""
    if delivery.template is Template.DATA_CHANGED:
        return bool(callings.ON_THE_BADGE.intersection(delivery.about.fields)) and delivery.about.has_place
    return delivery.template in WELCOMES


def _has_badge(mail: Correspondence, delivery: Delivery) -> bool:
    """Whether the badge that goes with this mail is here: after a change, one drawn from it."""
    if delivery.template is Template.DATA_CHANGED:
        return owes_badge(delivery) and mail.badges.get(delivery.generation, -1) >= delivery.sequence
    return delivery.generation in mail.badges


def _goes_first(mail: Correspondence, delivery: Delivery) -> Delivery | None:
    """The mail that must have left before this one: two timetables of one person are never on their way at a time."""
    if delivery.template not in TELLS_TIMETABLE or delivery.template in WELCOMES or delivery.doubts:
        return None
    others = (one for one in mail.deliveries.values() if one.id != delivery.id and one.template in TELLS_TIMETABLE)
    return next((one for one in others if _is_ahead(one)), None)


def _is_ahead(other: Delivery) -> bool:
    return other.state is State.SENDING or (other.due is not None and other.template in WELCOMES)


def is_telling(mail: Correspondence) -> bool:
    """Whether a mail that will tell the person their timetable is about to leave, or on its way."""
    return any(
        one.template in TELLS_TIMETABLE and (one.due is not None or one.state is State.SENDING)
        for one in mail.deliveries.values()
    )


def _remember(mail: Correspondence, delivery: Delivery, said: Iterable[Mention]) -> Correspondence:
    """What the person knows after a mail with their timetable came to its end.

    One that did not leave asks for another comparison: what it would have said may still be to say.
    """
    over = delivery.due is None and delivery.state is not State.SENDING
    if delivery.template not in TELLS_TIMETABLE or not over:
        return mail
    told = mail.told_of(delivery.generation)
    lines = [*said]
    if delivery.told and lines:
        return mail.with_told(told.with_mail(lines, delivery.made_from, delivery.made_at))
    return mail.with_told(told.looked_at(0))


def _follow(mail: Correspondence, now: datetime) -> Correspondence:
    """What any change entails: badges that are still owed, mails that are no longer true, addresses that changed."""
    for delivery in [*mail.deliveries.values()]:
        if delivery.template in WELCOMES and delivery.told and delivery.with_badge is False:
            ready = callings.badge_ready(delivery, now)
            if delivery.generation in mail.badges and ready.id not in mail.deliveries:
                mail = mail.with_delivery(ready)
    for delivery in [*mail.deliveries.values()]:
        if delivery.due is None:
            continue
        if reason := mail.staleness(delivery, now):
            mail = dropped(mail, delivery.id, reason, now=now)
        elif mail.known and _moved_house(mail.known, delivery):
            mail = _readdress(mail, mail.known.fact.person, delivery, now)
    return mail


def _moved_house(known: Known, delivery: Delivery) -> bool:
    """Whether this mail was to leave for an address that the same person has given up since."""
    return (
        delivery.template not in _TO_AN_ADDRESS
        and delivery.doubts == 0
        and delivery.sequence < known.sequence
        and delivery.generation == known.fact.generation
        and delivery.recipient != known.fact.person.email
    )


_TO_AN_ADDRESS = frozenset({Template.TRANSFER_GIVEN, Template.ADDRESS_CHANGED, Template.LOST_LINK})
"""Mails meant for that address, whoever has the registration now."""


def _readdress(mail: Correspondence, person: Person, delivery: Delivery, now: datetime) -> Correspondence:
    mail = mail.with_delivery(deliveries.give_up(delivery, READDRESSED, now))
    again = callings.readdressed(delivery, person, now)
    return mail if again.id in mail.deliveries else mail.with_delivery(again)


def changes(before: Correspondence, after: Correspondence) -> Iterable[Delivery]:
    """The deliveries that are new or different."""
    return [one for one in after.deliveries.values() if before.deliveries.get(one.id) != one]
