"""Badges, admissions and who holds a badge as the facts tell them, after the database was lost."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.badges.domain.door import CheckIn, Result
from services.badges.domain.editions import Edition
from services.badges.domain.issuing import Badge, Entry, Holder, Reason, project
from shared.events import Envelope, Fact
from shared.events.badges import CheckedIn, CheckInUndone, Issued, Revoked

ACTOR = "rebuilt"
"""At whose desk somebody was admitted is not told: the admission counts all the same."""


@dataclass(frozen=True)
class Kept:
    """What our own facts tell of one registration. `drawn` are the states of the registration that badges show,
    `shown` the last of them on each badge.
    """

    badges: Mapping[int, Badge] = field(default_factory=dict)
    check_ins: Mapping[str, CheckIn] = field(default_factory=dict)
    drawn: Collection[int] = ()
    shown: Mapping[int, int] = field(default_factory=dict)
    told: int = 0


def keep(
    facts: Sequence[tuple[Fact, Envelope]], editions: Mapping[str, Edition], causes: Mapping[str, datetime]
) -> Kept:
    """What these facts tell, in their sequence. `causes` are the times of the facts that ours follow from."""
    kept = Kept()
    for fact, envelope in facts:
        kept = replace(_after(kept, fact, envelope, editions, causes), told=envelope.sequence)
    return kept


def _after(
    kept: Kept, fact: Fact, envelope: Envelope, editions: Mapping[str, Edition], causes: Mapping[str, datetime]
) -> Kept:
    if isinstance(fact, Issued):
        return _issued(kept, fact, envelope)
    if isinstance(fact, Revoked):
        at = causes.get(envelope.causation_id or "", envelope.time)
        known = kept.badges.get(fact.generation)
        return kept if known is None else _with(kept, _revoked(known, fact, at))
    if isinstance(fact, CheckedIn):
        return _admitted(kept, fact, envelope, _day(fact, editions))
    return _undone(kept, fact) if isinstance(fact, CheckInUndone) else kept


def _issued(kept: Kept, fact: Issued, envelope: Envelope) -> Kept:
    known = kept.badges.get(fact.generation)
    made = Badge(
        registration=fact.registration,
        generation=fact.generation,
        edition=fact.edition,
        id=badge_id(fact.link),
        code=fact.code,
        state="active",
        issued_at=envelope.time,
        entries=known.entries if known else (),
    )
    shown = {**kept.shown, fact.generation: fact.drawn_from}
    return replace(_with(kept, made), drawn={*kept.drawn, fact.drawn_from}, shown=shown)


def named(kept: Kept, states: Sequence[Holder]) -> Kept:
    """With the names that stand on the badges, as these states of the registration had them."""
    names = {state.sequence: state.name for state in states}
    badges = {
        generation: replace(badge, name=names.get(kept.shown.get(generation, 0), ""))
        for generation, badge in kept.badges.items()
    }
    return replace(kept, badges=badges)


def badge_id(link: str) -> str:
    """The id in a badge's link: `…/<id>.<generation>.<MAC>.pdf`."""
    return link.rsplit("/", 1)[1].split(".", maxsplit=1)[0]


def _revoked(known: Badge, fact: Revoked, at: datetime) -> Badge:
    return replace(known, state="revoked", reason=Reason(fact.reason), revoked_at=at)


def _admitted(kept: Kept, fact: CheckedIn, envelope: Envelope, day: date) -> Kept:
    if not kept.badges:
        return kept
    badge = kept.badges[max(kept.badges)]
    entry = Entry(at=fact.at, day=day, gate=fact.gate, rehearsal=fact.rehearsal)
    answer = CheckIn(
        key=f"{ACTOR}:{envelope.id}",
        edition=fact.edition,
        badge=badge.id,
        registration=fact.registration,
        gate=fact.gate,
        result=Result.ADMITTED,
        rehearsal=fact.rehearsal,
        scanned_at=fact.at,
        at=fact.at,
        day=day,
        actor=ACTOR,
    )
    kept = _with(kept, replace(badge, entries=(*badge.entries, entry)))
    return replace(kept, check_ins={**kept.check_ins, answer.key: answer})


def _undone(kept: Kept, fact: CheckInUndone) -> Kept:
    of = (fact.at, fact.gate)
    for badge in kept.badges.values():
        kept = _with(kept, replace(badge, entries=tuple(one for one in badge.entries if (one.at, one.gate) != of)))
    undone = {
        key: replace(one, undone_at=fact.undone_at) if (one.at, one.gate) == of else one
        for key, one in kept.check_ins.items()
    }
    return replace(kept, check_ins=undone)


def _with(kept: Kept, badge: Badge) -> Kept:
    return replace(kept, badges={**kept.badges, badge.generation: badge})


def _day(fact: CheckedIn, editions: Mapping[str, Edition]) -> date:
    edition = editions.get(fact.edition)
    return edition.today(fact.at) if edition else fact.at.date()


def hold(states: Sequence[Holder], kept: Kept) -> Holder:
    """The holder after these states of the registration, in their sequence; due where no badge shows the last one.

    A fact of ours that does not say what it shows is of an older version: its badge counts as drawn from the last.
    """
    holder: Holder | None = None
    for state in states:
        after = project(holder, state)
        if after is not None:
            holder = replace(after, due=after.due and state.sequence not in kept.drawn)
    if holder is None:
        raise ValueError("no state, no holder")
    old = 0 in kept.drawn and holder.generation in kept.badges
    return replace(holder, told=kept.told, due=holder.due and not old)
