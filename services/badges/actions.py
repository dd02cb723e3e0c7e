"""What the badges service does: follow registrations, issue and revoke badges, answer at the door."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from services.badges import domain
from services.badges.domain import Badge, CheckIn, Edition, Holder, Presented
from services.badges.store import (
    BADGES,
    CHECK_INS,
    EDITIONS,
    HOLDERS,
    Store,
    badge_document,
    check_in_document,
    edition_document,
    holder_document,
    read_badge,
    read_check_in,
    read_edition,
    read_holder,
)
from services.badges.workshop import Made, Workshop
from shared.clock import now
from shared.events import Envelope
from shared.events.programme import EditionChanged
from shared.events.registration import RegistrationFact
from shared.logs import log
from shared.store import Unit, by, by_id

ISSUED_AT_ONCE = 20
"""Badges rendered before they are written together: enough to share a transaction, few enough to be quick."""


@dataclass(frozen=True)
class Shown:
    """What somebody showed at a gate. `nonce` is theirs: the same one again is the same question."""

    text: str
    gate: str
    scanned_at: datetime
    nonce: str


@dataclass(frozen=True)
class Answer:
    """What the door says, and about whom."""

    check_in: CheckIn
    holder: Holder | None
    badge: Badge | None


async def project_edition(store: Store, envelope: Envelope, fact: EditionChanged) -> None:
    """Keep what badges and the door need to know of an edition."""

    def decide(unit: Unit) -> None:
        known = unit.get(EDITIONS, fact.edition)
        if known and read_edition(known).sequence >= envelope.sequence:
            return
        edition = Edition(
            id=fact.edition,
            short=fact.short,
            dates=fact.dates,
            timezone=fact.timezone,
            organiser=fact.organiser,
            contact_email=fact.contact_email,
            contact_phone=fact.contact_phone,
            sequence=envelope.sequence,
        )
        unit.put(EDITIONS, edition_document(edition))

    await store.consume(envelope, decide, by_id(EDITIONS, fact.edition))


async def project_registration(store: Store, envelope: Envelope, fact: RegistrationFact) -> None:
    """Keep who holds a badge, note that one falls due, and revoke those that this fact makes void."""
    told = _holder(fact, envelope.sequence)

    def decide(unit: Unit) -> None:
        known = unit.get(HOLDERS, fact.registration)
        holder = domain.project(read_holder(known) if known else None, told)
        if holder is None:
            return
        badges = [read_badge(document) for document in unit.find(BADGES, "registration", fact.registration)]
        for badge, reason in domain.to_withdraw(holder, badges):
            holder, withdrawn, revoked = domain.revoke(holder, badge, reason, unit.now)
            unit.put(BADGES, badge_document(withdrawn))
            unit.record(revoked, holder.told)
        unit.put(HOLDERS, holder_document(holder))

    reads = by_id(HOLDERS, fact.registration), by(BADGES, "registration", fact.registration)
    await store.consume(envelope, decide, *reads)


async def issue_due(store: Store, workshop: Workshop, unprintable: set[str] | None = None) -> bool:
    """Make the badges that are due; True if there may be more.

    `unprintable` remembers, as long as the process lives, the registrations whose badge could not be drawn: they
    hold up nobody, stay due, and are tried again after a restart.
    """
    aside = set() if unprintable is None else unprintable
    due = await store.due(ISSUED_AT_ONCE, aside)
    moment = now()
    made = [(holder, await _draw(workshop, holder, edition, moment, aside)) for holder, edition in due]
    await asyncio.gather(*(_issue(store, holder, one) for holder, one in made if one))
    return len(due) == ISSUED_AT_ONCE


async def _draw(workshop: Workshop, holder: Holder, edition: Edition, moment: datetime, aside: set[str]) -> Made | None:
    try:
        return await workshop.make(holder, edition, moment)
    except Exception as error:  # noqa: BLE001 - whatever it is, the next badge must be made
        log().error("badge.unprintable", registration=holder.registration, reason=type(error).__name__)
        aside.add(holder.registration)
        return None


async def _issue(store: Store, rendered: Holder, made: Made) -> None:
    def decide(unit: Unit) -> None:
        known = unit.get(HOLDERS, rendered.registration)
        # Whoever changed meanwhile is drawn again, from what is true now, when still due.
        if known is None or read_holder(known) != rendered:
            return
        if unit.get(BADGES, made.badge.key):
            unit.put(HOLDERS, holder_document(replace(rendered, due=False)))
            return
        holder, issued = domain.issue(rendered, made.badge, made.link, made.pdf)
        unit.put(BADGES, badge_document(made.badge))
        unit.put(HOLDERS, holder_document(holder))
        unit.record(issued, holder.told)

    await store.commit(decide, by_id(HOLDERS, rendered.registration), by_id(BADGES, made.badge.key), patient=True)


async def check_in(store: Store, workshop: Workshop, actor: str, edition: Edition, shown: Shown) -> Answer:
    """Answer at the door, once for each nonce of `actor`, and keep the answer with its fact."""
    named = workshop.read(shown.text, edition.id)
    found = await store.badge(**named) if named else None
    badge = found if found and found.edition == edition.id else None
    presented = Presented(
        key=f"{actor}:{shown.nonce}",
        badge=badge.id if badge else None,
        gate=shown.gate,
        scanned_at=shown.scanned_at,
    )

    def decide(unit: Unit) -> Answer:
        return _answer(unit, presented, edition, badge, actor)

    reads = [by_id(CHECK_INS, presented.key)]
    if badge:
        reads += by_id(BADGES, badge.key), by_id(HOLDERS, badge.registration)
    return await store.commit(decide, *reads)


def _answer(unit: Unit, presented: Presented, edition: Edition, found: Badge | None, actor: str) -> Answer:
    badge = _badge(unit, found)
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
    unit.audit(actor, "check-in", answer.registration or "", ["gate", "result"])
    return Answer(answer, holder, badge)


def _badge(unit: Unit, found: Badge | None) -> Badge | None:
    stored = unit.get(BADGES, found.key) if found else None
    return read_badge(stored) if stored else None


def _holder_of(unit: Unit, badge: Badge | None) -> Holder | None:
    stored = unit.get(HOLDERS, badge.registration) if badge else None
    return read_holder(stored) if stored else None


def _holder(fact: RegistrationFact, sequence: int) -> Holder:
    return Holder(
        registration=fact.registration,
        edition=fact.edition,
        status=fact.status,
        generation=fact.generation,
        given_name=fact.person.given_name,
        family_name=fact.person.family_name,
        language=fact.person.language,
        function=fact.person.function,
        organisation=fact.organisation.name,
        country=fact.organisation.country,
        country_name=fact.organisation.country_name,
        category=fact.category,
        category_label=fact.category_label,
        image=fact.consents.image,
        sequence=sequence,
    )
