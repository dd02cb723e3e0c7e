"""One person's mails and what they were told, as the facts tell it after the database was lost.

Everything that happened is followed again in its order, without a sender. What has a fact of ours ended as that says.
What was called for and has none may have left, or not: it is held, and somebody decides.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notifications.domain import attempts, callings, mails, reminders, reviews
from services.notifications.domain.attempts import Outcome, Verdict
from services.notifications.domain.deliveries import (
    BRINGS_BADGE,
    DATABASE_LOST,
    DOUBTS,
    TELLS_TIMETABLE,
    About,
    Delivery,
    State,
    Template,
    hold,
)
from services.notifications.domain.letters import letter
from services.notifications.domain.mails import Correspondence, Known
from services.notifications.domain.reminders import Occasion
from services.notifications.domain.reviews import Programme
from services.notifications.domain.told import Mention
from shared.events import Envelope, Fact
from shared.events.badges import Issued
from shared.events.notifications import EmailFailed, EmailSent
from shared.events.programme import EditionChanged, Released
from shared.events.registration import RegistrationFact

_US = "rebuilt"
_PATIENCE = timedelta(seconds=30)
_REMINDERS = frozenset({Template.REMINDER_EDITION, Template.REMINDER_SESSION})


@dataclass(frozen=True)
class Ground:
    """What is known of one edition: who it is, all its releases, and the mailboxes that several people share."""

    edition: EditionChanged
    releases: Mapping[int, Released]
    programme: Programme
    shared: Collection[str] = frozenset()

    def at(self, moment: datetime) -> int:
        """The number of the newest release of this moment."""
        return max((number for number, one in self.releases.items() if one.released_at <= moment), default=0)


Happened = tuple[Fact, Envelope]


def followed(events: Sequence[Happened], ground: Ground | None) -> Correspondence:
    """One registration's mail after everything that happened: its facts, its badges, and what we told of its mails."""
    states = {at.sequence: fact for fact, at in events if isinstance(fact, RegistrationFact)}
    mail = Correspondence()
    for fact, at in sorted(events, key=_order):
        before = mail
        if isinstance(fact, RegistrationFact):
            mail = mails.learnt(mail, fact, at.sequence, now=at.time, patience=_PATIENCE)
        elif isinstance(fact, Issued):
            mail = mails.issued(mail, fact.generation, now=at.time, drawn_from=fact.drawn_from)
        elif isinstance(fact, EmailSent) and mail.known:
            mail = _sent(mail, fact, at, states, ground)
        elif isinstance(fact, EmailFailed) and mail.known:
            mail = _failed(mail, fact, at)
        mail = _caused(before, mail, at)
    return mail


def _order(event: Happened) -> tuple[datetime, int, int]:
    fact, at = event
    rank = 0 if isinstance(fact, RegistrationFact) else 1 if isinstance(fact, Issued) else 2
    return at.time, rank, at.sequence


def _caused(before: Correspondence, after: Correspondence, at: Envelope) -> Correspondence:
    """What is new follows from what happened."""
    for id in {*after.deliveries} - {*before.deliveries}:
        after = after.with_delivery(replace(after.deliveries[id], correlation=at.correlation_id, causation=at.id))
    return after


def _sent(
    mail: Correspondence,
    fact: EmailSent,
    at: Envelope,
    states: Mapping[int, RegistrationFact],
    ground: Ground | None,
) -> Correspondence:
    """The mail left, written from the state and the release that its fact names; older facts name neither."""
    assert mail.known
    sequence = fact.state or mail.known.sequence
    release = fact.release or (ground.at(fact.at) if ground else 0)
    state = states.get(sequence, mail.known.fact)
    known = mail.deliveries.get(fact.delivery) or _made(fact.delivery, Template(fact.template), fact.cause, state, fact)
    badge = fact.with_badge if known.template in BRINGS_BADGE else None
    leaving = replace(
        known,
        state=State.SENDING,
        sender=_US,
        due=None,
        with_badge=badge,
        made_from=release,
        made_at=sequence,
        facts=at.sequence,
    )
    said = _said(mail, leaving, Known(state, sequence), ground)
    mail = mail.with_delivery(leaving)
    return mails.settled(mail, leaving.id, Outcome(Verdict.ACCEPTED), sender=_US, now=fact.at, said=said)


def _said(mail: Correspondence, delivery: Delivery, known: Known, ground: Ground | None) -> tuple[Mention, ...]:
    if ground is None or delivery.template not in TELLS_TIMETABLE:
        return ()
    released = ground.releases.get(delivery.made_from)
    alone = known.fact.person.email.casefold() not in ground.shared
    told = mail.told_of(delivery.generation)
    return letter(delivery, known, ground.edition, released, None, told=told, alone=alone).said


def _failed(mail: Correspondence, fact: EmailFailed, at: Envelope) -> Correspondence:
    assert mail.known
    template, state = Template(fact.template), State(fact.state)
    known = mail.deliveries.get(fact.delivery) or _made(fact.delivery, template, "", mail.known.fact, fact)
    ended = replace(
        known,
        state=state,
        due=None,
        changed=fact.at,
        reason=fact.reason,
        doubts=_doubts(known, fact),
        facts=at.sequence,
    )
    mail = mail.with_delivery(ended)
    return mail.with_told(mail.told_of(ended.generation).looked_at(0)) if template in TELLS_TIMETABLE else mail


def _doubts(known: Delivery, fact: EmailFailed) -> int:
    """A mail that was held may have left once; another of unknown outcome, as often as it was tried."""
    if fact.state != State.UNKNOWN:
        return known.doubts
    return 1 if fact.reason == DATABASE_LOST else DOUBTS


def _made(id: str, template: Template, cause: str, state: RegistrationFact, fact: EmailSent | EmailFailed) -> Delivery:
    """A delivery that no fact of the registration calls for: a reminder, or the programme had changed."""
    session = cause.split("/")[-2] if template is Template.REMINDER_SESSION and cause else ""
    return Delivery(
        id=id,
        registration=state.registration,
        edition=state.edition,
        generation=state.generation,
        template=template,
        cause=cause,
        recipient=state.person.email,
        language=state.person.language,
        name=callings.name_of(state.person),
        release=state.release,
        state=State.QUEUED,
        due=fact.at,
        created=fact.at,
        changed=fact.at,
        sequence=fact.state if isinstance(fact, EmailSent) else 0,
        about=About(session=session),
    )


def reminded_of(sent: Iterable[EmailSent], edition: EditionChanged, released: Released | None) -> Iterator[Occasion]:
    """The occasions of which some reminders have left, and which are still to come."""
    first: dict[tuple[str, str, str], tuple[datetime, Template]] = {}
    for fact in sorted(sent, key=lambda one: one.at, reverse=True):
        if Template(fact.template) in _REMINDERS and fact.edition == edition.edition:
            _, rule, session, day = fact.cause.split("/")
            first[rule, session, day] = (fact.at, Template(fact.template))
    starts = {one.id: one.start for one in (released.sessions if released else ())}
    starts["edition"] = reminders.begins(edition, released)
    for (id, session, day), (moment, template) in first.items():
        if session in starts:
            anchor: reminders.Anchor = "edition" if template is Template.REMINDER_EDITION else "session"
            made = reminders.Rule(id, edition.edition, anchor, 1, "days", since=moment)
            yield Occasion(made, "" if session == "edition" else session, starts[session], moment, day)


def settled(mail: Correspondence, ground: Ground | None, due: Iterable[Occasion], now: datetime) -> Correspondence:
    """Nothing is left to do by itself: what may have left is held, and the newest release counts as looked at."""
    for occasion in due:
        if occasion.start > now:
            mail = reminders.reminded(mail, occasion, now=now)
    if ground is not None:
        mail = reviews.reviewed(mail, ground.programme, now=now, quiet=timedelta())
    for delivery in [*mail.deliveries.values()]:
        if delivery.due is not None and (reason := mail.staleness(delivery, now)):
            mail = mails.dropped(mail, delivery.id, reason, now=now)
        elif delivery.due is not None:
            mail = mail.with_delivery(hold(delivery, DATABASE_LOST, now))
    newest = ground.programme.newest if ground else 0
    return replace(mail, tellings={n: told.looked_at(newest) for n, told in mail.tellings.items()})


def is_early(delivery: Delivery, seen: datetime, now: datetime) -> bool:
    """Whether a mail that waited when it was `seen` in a backup cannot have left by `now`, whatever happened since.

    It was never tried, and its time is still to come, also by a clock that is set right. A mail that waits for a badge
    leaves before its time when the badge comes, and one that was refused for now when the team asks for it.
    """
    if delivery.state is not State.QUEUED or delivery.doubts or mails.owes_badge(delivery):
        return False
    due = attempts.set_right(delivery, seen).due
    return due is not None and due > now
