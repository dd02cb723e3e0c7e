"""Reminders: when each leaves, to whom, and when it must not leave any more.

A rule counts back from an anchor: the beginning of the edition, or of each session that one signs up for. When it
leaves is worked out from the newest programme, so it moves with the programme. What has left is kept by rule,
session and day: a session that moves within its day does not remind twice. A rule never mails the past: what was to
leave before the rule was made, changed or resumed, or so long ago that it would surprise, is skipped and said to be.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from services.notifications.domain.deliveries import About, Delivery, State, Template, delivery_id
from services.notifications.domain.mails import Correspondence
from services.notifications.domain.staleness import TOO_LATE
from shared.errors import Refusal
from shared.events.programme import EditionChanged, Released
from shared.events.registration import RegistrationFact

Anchor = Literal["edition", "session"]
Unit = Literal["hours", "days"]

MOST = {"hours": 72, "days": 60}
LATEST = timedelta(hours=6)
"""After this, or half the time before the event if that is less, a reminder that could not leave is dropped."""
OPENS = time(9)
"""When an edition begins while its programme does not say."""

MADE_LATER = "made-later"
"""Why an occasion was skipped: its time had passed already when the rule was made."""


class BadAmount(Refusal):
    """A time before the event that makes no sense."""

    code = "bad-amount"
    status = 422
    text = "Délai : un nombre entier, de 1 à 72 heures ou de 1 à 60 jours."
    field = "amount"


class SameRule(Refusal):
    """There is such a rule already: two would write twice to everybody."""

    code = "same-rule"
    status = 409
    text = "Ce rappel existe déjà : il est dans la liste."
    field = "amount"


@dataclass(frozen=True)
class Rule:
    """`amount` hours or days before the anchor. `since` is when it was made, changed or resumed."""

    id: str
    edition: str
    anchor: Anchor
    amount: int
    unit: Unit
    since: datetime
    paused: bool = False
    by: str = ""

    @property
    def template(self) -> Template:
        """The mail it sends."""
        return Template.REMINDER_EDITION if self.anchor == "edition" else Template.REMINDER_SESSION

    @property
    def fires(self) -> tuple[Anchor, int, Unit]:
        """What makes it the same as another."""
        return self.anchor, self.amount, self.unit


@dataclass(frozen=True)
class Occasion:
    """One time a rule writes: `moment` is when, `start` is what it announces; `session` is empty for the edition."""

    rule: Rule
    session: str
    start: datetime
    moment: datetime
    day: str

    @property
    def id(self) -> str:
        """The same rule, session and day are the same occasion."""
        return f"{self.rule.id}/{self.session or 'edition'}/{self.day}"

    def skipped(self, now: datetime) -> str:
        """Why it must not leave; empty while it may."""
        if self.moment < self.rule.since:
            return MADE_LATER
        grace = min(LATEST, (self.start - self.moment) / 2)
        return TOO_LATE if now > self.moment + grace else ""

    def is_open(self, firing: "Firing | None") -> bool:
        """Whether it is still to be followed. What was skipped gets another chance when its moment moves."""
        if firing is None or firing.state == "running":
            return True
        return firing.state == "skipped" and firing.moment != self.moment


def defaults(edition: str, now: datetime) -> list[Rule]:
    """The rules an edition begins with. The second is for the team to start: most people have several sessions."""
    return [
        Rule(f"{edition}:edition", edition, "edition", 2, "days", now),
        Rule(f"{edition}:session", edition, "session", 1, "days", now, paused=True),
    ]


def checked(rule: Rule, others: list[Rule]) -> Rule:
    """The rule, if it makes sense beside the others; raises `BadAmount` or `SameRule`."""
    if not 1 <= rule.amount <= MOST[rule.unit]:
        raise BadAmount
    if any(other.id != rule.id and other.fires == rule.fires for other in others):
        raise SameRule
    return rule


def occasions(rule: Rule, edition: EditionChanged, released: Released | None) -> Iterator[Occasion]:
    """Every time this rule writes, as the programme is now."""
    zone = ZoneInfo(edition.timezone)
    if rule.anchor == "edition":
        yield _occasion(rule, "", begins(edition, released), zone)
        return
    for session in released.sessions if released else ():
        if session.access == "sign-up" and session.status == "scheduled":
            yield _occasion(rule, session.id, session.start, zone)


def begins(edition: EditionChanged, released: Released | None) -> datetime:
    """When the first session of the first day begins."""
    zone, first = ZoneInfo(edition.timezone), min(edition.dates)
    starts = [
        session.start
        for session in (released.sessions if released else ())
        if session.status == "scheduled" and session.access != "invitation"
    ]
    that_day = [start for start in starts if start.astimezone(zone).date() == first]
    return min(that_day, default=datetime.combine(first, OPENS, zone))


def _occasion(rule: Rule, session: str, start: datetime, zone: ZoneInfo) -> Occasion:
    local = start.astimezone(zone)
    if rule.unit == "days":  # the same hour on the clock, also where it changes in between
        moment = datetime.combine(local.date() - timedelta(days=rule.amount), local.time(), zone)
    else:
        moment = start - timedelta(hours=rule.amount)
    return Occasion(rule, session, start, moment, local.date().isoformat())


def concerns(fact: RegistrationFact, occasion: Occasion) -> bool:
    """Whether this person is to be reminded: they have a place, and had registered before the moment."""
    if fact.status != "confirmed" or fact.registered_at > occasion.moment:
        return False
    return not occasion.session or any(place.session == occasion.session for place in fact.enrolments)


def reminded(mail: Correspondence, occasion: Occasion, *, now: datetime) -> Correspondence:
    """The reminder is queued, if it concerns this person; once, however often this is asked."""
    known = mail.known
    if known is None or known.cancelled or not concerns(known.fact, occasion):
        return mail
    fact, template = known.fact, occasion.rule.template
    cause = f"{fact.registration}/{occasion.id}"
    delivery = Delivery(
        id=delivery_id(cause, "", template),
        registration=fact.registration,
        edition=fact.edition,
        generation=fact.generation,
        template=template,
        cause=cause,
        recipient=fact.person.email,
        language=fact.person.language,
        name=f"{fact.person.given_name} {fact.person.family_name}".strip(),
        release=fact.release,
        state=State.QUEUED,
        due=now,
        created=now,
        changed=now,
        sequence=known.sequence,
        about=About(session=occasion.session, until=occasion.start),
    )
    return mail if delivery.id in mail.deliveries else mail.with_delivery(delivery)


@dataclass(frozen=True)
class Firing:
    """What became of an occasion: to whom it has been queued so far (`cursor`), or why it was skipped."""

    id: str
    rule: str
    edition: str
    moment: datetime
    at: datetime
    state: Literal["running", "done", "skipped"]
    reason: str = ""
    cursor: str = ""
    count: int = 0

    @classmethod
    def begun(cls, occasion: Occasion, now: datetime) -> "Firing":
        """Its beginning, which may be its end."""
        reason = occasion.skipped(now)
        rule = occasion.rule
        return cls(occasion.id, rule.id, rule.edition, occasion.moment, now, "skipped" if reason else "running", reason)

    def after(self, registrations: list[str], count: int, *, more: bool) -> "Firing":
        """After a batch of people, `count` of whom were written to."""
        cursor = registrations[-1] if registrations else self.cursor
        return replace(self, cursor=cursor, count=self.count + count, state="running" if more else "done")
