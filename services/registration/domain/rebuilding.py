"""Registrations, waiting lists and counts as their own facts tell them, after the database was lost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

from services.registration.domain.editions import Category, Rules
from services.registration.domain.places import Places, pair
from services.registration.domain.queues import Entry, Offer, Queue
from services.registration.domain.registrations import PLACE, Consents, Organisation, Person, Registration, Wish
from shared.events import Envelope
from shared.events.registration import Amended, Cancelled, PlacesChanged, RegistrationFact, Transferred


@dataclass(frozen=True)
class Line:
    """When somebody came into a line, and where they stood then: who came in the same moment keep their order."""

    since: datetime
    position: int


@dataclass(frozen=True)
class Remembered:
    """A registration, and since when it stands in each line, or is offered a place; empty is the edition's."""

    one: Registration
    lines: Mapping[str, Line] = field(default_factory=dict)
    offered: Mapping[str, datetime] = field(default_factory=dict)


def remember(facts: Sequence[tuple[RegistrationFact, Envelope]]) -> Remembered:
    """The registration that these facts are about, all of them and in their sequence."""
    known: Remembered | None = None
    for fact, envelope in facts:
        known = _after(known, fact, envelope)
    if known is None:
        raise ValueError("no fact, no registration")
    return known


def _after(known: Remembered | None, fact: RegistrationFact, envelope: Envelope) -> Remembered:
    before = known.one if known else None
    lines, offered = _lines(known, fact, envelope.time)
    link = link_generation(fact.manage_url)
    return Remembered(
        Registration(
            id=fact.registration,
            edition=fact.edition,
            status=fact.status,
            category=fact.category,
            person=Person(**fact.person.model_dump()),
            organisation=Organisation(**fact.organisation.model_dump(exclude={"country_name"})),
            phone="",
            sessions=tuple(place.session for place in fact.enrolments),
            consents=Consents(**fact.consents.model_dump()),
            release=fact.release,
            registered_at=fact.registered_at,
            same_address=fact.same_address,
            generation=link,
            badge=fact.generation,
            sequence=envelope.sequence,
            handed_over=link if isinstance(fact, Transferred) else before.handed_over if before else 0,
            cancelled_at=_cancelled_at(before, fact, envelope.time),
            waiting=_waiting(fact, lines, before),
            wishes=fact.wishes,
            offered_until=fact.offered_until,
            expired=_expired(before, fact),
            reason=fact.reason,
            reference=fact.reference,
        ),
        lines,
        offered,
    )


def link_generation(manage_url: str) -> int:
    """The generation in a manage link: `…/<id>.<generation>.<MAC>`."""
    return int(manage_url.rsplit("/", 1)[1].split(".")[1])


def _cancelled_at(before: Registration | None, fact: RegistrationFact, at: datetime) -> datetime | None:
    if fact.status != "cancelled":
        return None
    return (before.cancelled_at if before else None) or at


def _lines(
    known: Remembered | None, fact: RegistrationFact, at: datetime
) -> tuple[dict[str, Line], dict[str, datetime]]:
    """Since when it waits, and since when it is offered: what stood in the fact before goes on."""
    waits = {wish.session: wish.position for wish in fact.waiting}
    offers = {wish.session for wish in fact.waiting if wish.offered_until}
    if fact.status in {"waitlisted", "offered"}:
        waits[""] = fact.position or 0
        offers |= {""} if fact.status == "offered" else set()
    lines = {session: (known.lines.get(session) if known else None) or Line(at, n) for session, n in waits.items()}
    offered = {session: (known.offered.get(session) if known else None) or at for session in offers}
    return lines, offered


def _waiting(fact: RegistrationFact, lines: Mapping[str, Line], before: Registration | None) -> tuple[Wish, ...]:
    wishes = {wish.session: wish for wish in fact.waiting}
    order = [wish.session for wish in before.waiting if wish.session in wishes] if before else []
    return tuple(
        Wish(session, lines[session].since, wishes[session].offered_until)
        for session in dict.fromkeys([*order, *wishes])
    )


def _expired(before: Registration | None, fact: RegistrationFact) -> dict[str, datetime]:
    known = {**before.expired} if before else {}
    if before and isinstance(fact, Cancelled) and fact.reason == "offer-expired" and before.offered_until:
        known[PLACE] = before.offered_until
    if before and isinstance(fact, Amended) and fact.session and {"offer-expired", "offer-withdrawn"} & {*fact.changed}:
        wish = before.wish(fact.session)
        if wish and wish.offered_until:
            known[fact.session] = wish.offered_until
    return known


def queues(people: Iterable[Remembered]) -> list[Queue]:
    """Every waiting list in which somebody stands, in order. Why somebody was passed over is not told in facts."""
    waiting: dict[tuple[str, str], list[tuple[Line, Entry]]] = {}
    offers: dict[tuple[str, str], list[Offer]] = {}
    for known in people:
        one = known.one
        for session, line in known.lines.items():
            place = (one.edition, session)
            until = one.offered_until if not session else _until(one, session)
            if until:
                offers.setdefault(place, []).append(Offer(one.id, one.category, known.offered[session], until))
            else:
                waiting.setdefault(place, []).append((line, Entry(one.id, one.category, line.since)))
    return [
        Queue(
            edition,
            session,
            tuple(entry for _, entry in sorted(waiting.get((edition, session), []), key=_by_arrival)),
            tuple(sorted(offers.get((edition, session), []), key=lambda one: (one.since, one.registration))),
        )
        for edition, session in sorted({*waiting, *offers})
    ]


def _until(one: Registration, session: str) -> datetime | None:
    wish = one.wish(session)
    return wish.offered_until if wish else None


def _by_arrival(one: tuple[Line, Entry]) -> tuple[datetime, int, str]:
    line, entry = one
    return line.since, line.position, entry.registration


def count(edition: str, people: Sequence[Registration], sequence: int) -> Places:
    """The counts of one edition, from its registrations alone. `sequence` is that of the last fact about them."""
    status = Counter(one.status for one in people)
    living = [one for one in people if one.lives]
    placed = [one for one in people if one.status in {"confirmed", "offered"}]
    held = Counter(session for one in living for session in one.sessions)
    held.update(wish.session for one in living for wish in one.waiting if wish.offered_until)
    return Places(
        edition,
        taken=len(placed),
        cancelled=status["cancelled"],
        categories=dict(Counter(one.category for one in placed)),
        sessions=dict(held),
        sequence=sequence,
        offered=status["offered"],
        pending=status["pending"],
        refused=status["refused"],
        queued=dict(Counter(one.category for one in people if one.status == "waitlisted")),
        waiting=dict(Counter(wish.session for one in living for wish in one.waiting if not wish.offered_until)),
        both=dict(Counter(pair(*two) for one in living for two in combinations(one.sessions, 2))),
    )


def provisional(edition: str, people: Sequence[RegistrationFact], places: PlacesChanged | None) -> Rules:
    """Rules for an edition whose own were never told: links work, nobody new comes until somebody sets them."""
    labels = {fact.category: fact.category_label for fact in people}
    return Rules(
        id=edition,
        categories=tuple(Category(id, dict(label), public=False) for id, label in sorted(labels.items())),
        opens_days_before=0,
        closes_days_before=0,
        quota=places.quota if places else None,
    )
