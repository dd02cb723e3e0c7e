"""The badges database as the facts tell it, after it was lost: what is printed stays valid."""

from dataclasses import replace
from datetime import datetime

from services.badges import domain
from services.badges.actions.following import edition_told, holder_told
from services.badges.domain import Badge, CheckIn, Edition, Holder, rebuilding
from services.badges.domain.rebuilding import Kept
from services.badges.store import (
    BADGES,
    CHECK_INS,
    EDITIONS,
    HOLDERS,
    badge_document,
    check_in_document,
    edition_document,
    holder_document,
)
from shared import access, outbox, tombstones
from shared.events.badges import Revoked
from shared.events.programme import AccessChanged, EditionChanged
from shared.events.registration import LinkRequested, RegistrationFact
from shared.ids import new_id
from shared.rebuild import Documents, History, by_key, erased, newest, rebuilt_tombstones

LOST = (
    "desk links: make new ones for the volunteers",
    "what the door answered to those it did not admit, and at whose desk people were admitted",
    "what was printed in batches: the next batch of new or changed badges has them all",
    "the journal of staff changes",
)
"""What no fact carries: only a backup brings it back."""


def rebuilt(history: History) -> Documents:
    """Every collection as the facts tell it; badges that became void while nobody was there are revoked, and told."""
    editions = {id: edition_told(fact, at.sequence) for id, (fact, at) in newest(history.heard(EditionChanged)).items()}
    holders: list[Holder] = []
    badges: list[Badge] = []
    check_ins: list[CheckIn] = []
    revoked: list[tuple[Revoked, int]] = []
    for holder, kept, at in _people(history, editions):
        after, withdrawn, facts = _withdraw(holder, kept, at)
        holders.append(after)
        badges += {**kept.badges, **withdrawn}.values()
        check_ins += [replace(one, category=holder.category) for one in kept.check_ins.values()]
        revoked += facts
    return {
        EDITIONS: [{**edition_document(one)} for one in editions.values()],
        HOLDERS: [{**holder_document(one)} for one in holders],
        BADGES: [{**badge_document(one)} for one in badges],
        CHECK_INS: [{**check_in_document(one)} for one in check_ins],
        tombstones.COLLECTION: rebuilt_tombstones(history, lambda _: {}),
        access.COLLECTION: access.rebuilt(history.heard(AccessChanged)),
        outbox.COLLECTION: [_entry(fact, sequence, history.now) for fact, sequence in revoked],
    }


def _people(history: History, editions: dict[str, Edition]) -> list[tuple[Holder, Kept, datetime]]:
    """Each holder with what was told of them, and when the newest fact about them was told."""
    heard = [one for one in history.heard(RegistrationFact) if not isinstance(one[0], LinkRequested)]
    causes = {envelope.id: envelope.time for _, envelope in heard}
    own = by_key(history.own)
    found = []
    for registration, facts in by_key(heard).items():
        states = [holder_told(fact, envelope.sequence) for fact, envelope in facts]
        kept = rebuilding.named(rebuilding.keep(own.get(registration, []), editions, causes), states)
        holder = rebuilding.hold(states, kept)
        found.append((holder, kept, facts[-1][1].time))
    return found


def _withdraw(holder: Holder, kept: Kept, at: datetime) -> tuple[Holder, dict[int, Badge], list[tuple[Revoked, int]]]:
    withdrawn, told = {}, []
    for badge, reason in domain.to_withdraw(holder, [*kept.badges.values()]):
        holder, void, fact = domain.revoke(holder, badge, reason, at)
        withdrawn[void.generation] = void
        told.append((fact, holder.told))
    return holder, withdrawn, told


def _entry(fact: Revoked, sequence: int, at: datetime) -> dict[str, object]:
    return outbox.entry(
        fact, aggregate=fact.key, sequence=sequence, time=at, correlation_id=new_id(), causation_id=None
    )


def open_questions(history: History) -> list[str]:
    """What somebody must look at, in one line each."""
    known = {fact.key for fact, _ in history.heard(RegistrationFact)}
    unknown = {fact.key for fact, _ in history.own} - known - {*erased(history)}
    return [f"{len(unknown)} badges belong to registrations that the stream does not know"] if unknown else []
