"""The door: one answer for each question, kept with its fact."""

from dataclasses import dataclass
from datetime import datetime

from services.badges import domain
from services.badges.domain import Badge, CheckIn, Edition, Holder, Presented
from services.badges.store import (
    BADGES,
    CHECK_INS,
    HOLDERS,
    Store,
    badge_document,
    check_in_document,
    holder_document,
    read_badge,
    read_check_in,
    read_holder,
)
from services.badges.workshop import Workshop
from shared import metrics
from shared.errors import NotFound
from shared.store import Read, Unit, by, by_id


@dataclass(frozen=True)
class Question:
    """What somebody showed at a gate. `nonce` is theirs: the same one again is the same question.

    Whoever comes without a badge is looked up, and `registration` is theirs.
    """

    text: str
    gate: str
    scanned_at: datetime
    nonce: str
    registration: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the door says, and about whom."""

    check_in: CheckIn
    holder: Holder | None
    badge: Badge | None


async def check_in(store: Store, workshop: Workshop, actor: str, edition: Edition, question: Question) -> Answer:
    """Answer at the door, once for each nonce of `actor`, and keep the answer with its fact."""
    wanted = await _wanted(store, workshop, edition, question)
    key = f"{actor}:{question.nonce}"

    def decide(unit: Unit) -> Answer:
        found = _shown_badge(unit, wanted)
        badge = found if found and found.edition == edition.id else None
        presented = Presented(
            key=key,
            badge=badge.id if badge else None,
            gate=question.gate,
            scanned_at=question.scanned_at,
            actor=actor,
            without_badge=question.registration is not None,
        )
        return _answer(unit, presented, edition, badge, actor)

    def holder(unit: Unit) -> list[Read]:
        badge = _shown_badge(unit, wanted)
        return [by_id(HOLDERS, badge.registration)] if badge else []

    reads = [by(BADGES, *wanted)] if wanted else []
    answer = await store.commit(decide, by_id(CHECK_INS, key), *reads, follow=holder)
    metrics.CHECK_INS.labels(answer.check_in.result).inc()
    return answer


Wanted = tuple[str, str]
"""The field of a badge and its value by which it is found."""


async def _wanted(store: Store, workshop: Workshop, edition: Edition, question: Question) -> Wanted | None:
    if question.registration is not None:
        found = await store.badges_of(question.registration)
        return ("_id", found[-1].key) if found else None
    named = workshop.read(question.text, edition.id)
    return next(iter(named.items())) if named else None


def _shown_badge(unit: Unit, wanted: Wanted | None) -> Badge | None:
    found = unit.find(BADGES, *wanted) if wanted else []
    return read_badge(found[0]) if found else None


async def undo(store: Store, actor: str, nonce: str) -> Answer:
    """Take back the admission that `actor` made with this nonce; taken back twice is once. Raises `NotFound`."""
    key = f"{actor}:{nonce}"

    def decide(unit: Unit) -> Answer:
        said = unit.get(CHECK_INS, key)
        if said is None:
            raise NotFound
        answer = read_check_in(said)
        found = unit.find(BADGES, "registration", answer.registration)
        badge = next((read_badge(one) for one in found if one["id"] == answer.badge), None)
        holder = _holder_of(unit, badge)
        if badge is None or holder is None:
            raise domain.NobodyAdmitted
        answer, badge, holder, facts = domain.undo(answer, badge, holder, unit.now)
        for fact in facts:
            unit.put(CHECK_INS, check_in_document(answer))
            unit.put(BADGES, badge_document(badge))
            unit.put(HOLDERS, holder_document(holder))
            unit.record(fact, holder.told)
            unit.audit(actor, "check-in.undo", answer.registration or "-")
        return Answer(answer, holder, badge)

    return await store.commit(decide, by_id(CHECK_INS, key))


def _answer(unit: Unit, presented: Presented, edition: Edition, badge: Badge | None, actor: str) -> Answer:
    holder = _holder_of(unit, badge)
    if said := unit.get(CHECK_INS, presented.key):
        answer = read_check_in(said)
        domain.same_question(answer, presented)
        return Answer(answer, holder, badge)
    answer, badge, holder, facts = domain.check_in(presented, edition, badge, holder, unit.now)
    unit.put(CHECK_INS, check_in_document(answer))
    if facts and badge and holder:
        unit.put(BADGES, badge_document(badge))
        unit.put(HOLDERS, holder_document(holder))
        for fact in facts:
            unit.record(fact, holder.told)
    more = ["without_badge"] if answer.without_badge else []
    unit.audit(actor, "check-in", answer.registration or "", ["gate", "result", *more])
    return Answer(answer, holder, badge)


def _holder_of(unit: Unit, badge: Badge | None) -> Holder | None:
    stored = unit.get(HOLDERS, badge.registration) if badge else None
    return read_holder(stored) if stored else None
