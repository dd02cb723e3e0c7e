"""The notifications' database as the facts tell it, after it was lost: nobody is written to by it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.notifications.actions.keeping import keep
from services.notifications.domain import deliveries, rebuilding
from services.notifications.domain.deliveries import DATABASE_LOST, State, hold
from services.notifications.domain.mails import Correspondence
from services.notifications.domain.rebuilding import Ground, Happened
from services.notifications.domain.reminders import Firing, Occasion
from services.notifications.domain.reviews import Programme
from services.notifications.domain.told import places
from services.notifications.store import (
    BADGE_FILES,
    BADGES,
    DELIVERIES,
    EDITIONS,
    PROGRAMMES,
    REGISTRATIONS,
    RELEASES,
    TOLD,
    Store,
    badge_id,
    correspondence,
    delivery_document,
    known_document,
    read_delivery,
    reads,
    release_id,
    told_document,
)
from services.notifications.store.reminders import FIRINGS, firing_document
from shared import access, outbox, tombstones
from shared.clock import now
from shared.events.badges import Issued
from shared.events.notifications import EmailFailed, EmailSent
from shared.events.programme import AccessChanged, EditionChanged, Released
from shared.events.registration import RegistrationFact
from shared.ids import new_id
from shared.rebuild import Documents, History, newest, rebuilt_tombstones
from shared.store import Unit

LOST = (
    "the words that the team wrote for mails, and its rules of reminders: ours are back, look at them",
    "what each mail said, trials, the journal of staff changes",
)
"""What no fact carries: only a backup brings it back."""


def rebuilt(history: History) -> Documents:
    """Every collection as the facts tell it; mails that may or may not have left are held, and that is told."""
    grounds = _grounds(history)
    due = {id: _occasions(history, ground) for id, ground in grounds.items()}
    mails, ended = [], []
    for events in _by_registration(history).values():
        ground = grounds.get(_edition(events))
        mail = rebuilding.followed(events, ground)
        after = rebuilding.settled(mail, ground, due.get(_edition(events), ()), history.now)
        told, facts = _tell(after, history)
        mails.append(told)
        ended += facts
    return {
        **_correspondence(mails),
        **_heard(history),
        FIRINGS: [{**firing_document(_firing(one, history))} for several in due.values() for one in several],
        outbox.COLLECTION: ended,
    }


def _edition(events: list[Happened]) -> str:
    return next((fact.edition for fact, _ in events if isinstance(fact, RegistrationFact)), "")


def _by_registration(history: History) -> dict[str, list[Happened]]:
    """Everything that happened to each registration we know, each fact once."""
    found: dict[str, dict[str, Happened]] = defaultdict(dict)
    for kind in (RegistrationFact, Issued):
        for fact, envelope in history.heard(kind):
            found[fact.key][envelope.id] = (fact, envelope)
    for fact, envelope in [*history.told(EmailSent), *history.told(EmailFailed)]:
        if fact.key in found:
            found[fact.key][envelope.id] = (fact, envelope)
    return {id: [*events.values()] for id, events in found.items()}


def _grounds(history: History) -> dict[str, Ground]:
    releases: dict[str, dict[int, Released]] = defaultdict(dict)
    for fact, _ in history.heard(Released):
        releases[fact.edition][fact.release] = fact
    mailboxes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one, _ in history.heard(RegistrationFact):
        mailboxes[one.edition, one.person.email.casefold()].add(one.registration)
    return {
        id: Ground(
            edition,
            releases[id],
            Programme({number: places(one) for number, one in releases[id].items()}),
            frozenset(box for (where, box), people in mailboxes.items() if where == id and len(people) > 1),
        )
        for id, (edition, _) in newest(history.heard(EditionChanged)).items()
    }


def _occasions(history: History, ground: Ground) -> list[Occasion]:
    sent = [fact for fact, _ in history.told(EmailSent)]
    return [*rebuilding.reminded_of(sent, ground.edition, ground.releases.get(ground.programme.newest))]


def _firing(occasion: Occasion, history: History) -> Firing:
    """The occasion is over: whom it had not reached is held."""
    cause = f"/{occasion.id}"
    count = sum(fact.cause.endswith(cause) for fact, _ in history.told(EmailSent))
    moment = occasion.moment
    return Firing(occasion.id, occasion.rule.id, occasion.rule.edition, moment, moment, "done", count=count)


def _tell(mail: Correspondence, history: History) -> tuple[Correspondence, list[dict[str, Any]]]:
    """Every end is told: what is held now has come to one."""
    entries = []
    for delivery in mail.deliveries.values():
        fact = deliveries.facts(delivery)
        if fact and not delivery.facts:
            mail = mail.with_delivery(replace(delivery, facts=1))
            entry = outbox.entry(
                fact,
                aggregate=delivery.id,
                sequence=1,
                time=history.now,
                correlation_id=delivery.correlation or new_id(),
                causation_id=delivery.causation,
            )
            entries.append(entry)
    return mail, entries


def _correspondence(mails: list[Correspondence]) -> Documents:
    known = [mail for mail in mails if mail.known]
    return {
        REGISTRATIONS: [{**known_document(mail.known)} for mail in known if mail.known],
        TOLD: [{**told_document(mail, told)} for mail in known for told in mail.tellings.values()],
        DELIVERIES: [{**delivery_document(one)} for mail in mails for one in mail.deliveries.values()],
    }


def _heard(history: History) -> Documents:
    """What is kept of the others' facts as they were told."""
    badges: dict[str, tuple[Issued, int]] = {}
    for badge, at in history.heard(Issued):
        id = badge_id(badge.registration, badge.generation)
        if id not in badges or badges[id][1] < at.sequence:
            badges[id] = (badge, at.sequence)
    releases = {release_id(one.edition, one.release): one for one, _ in history.heard(Released)}
    return {
        BADGES: [{**fact.model_dump(exclude={"pdf"}), "_id": id, "sequence": n} for id, (fact, n) in badges.items()],
        BADGE_FILES: [{"_id": id, "pdf": fact.pdf} for id, (fact, _) in badges.items()],
        EDITIONS: _whole(newest(history.heard(EditionChanged))),
        PROGRAMMES: _whole(newest(history.heard(Released))),
        RELEASES: [
            {"_id": id, "edition": one.edition, "release": one.release, "fact": one.model_dump(mode="json")}
            for id, one in releases.items()
        ],
        tombstones.COLLECTION: rebuilt_tombstones(history, lambda _: {"until": history.now}),
        access.COLLECTION: access.rebuilt(history.heard(AccessChanged)),
    }


def _whole(found: Mapping[str, tuple[Any, Any]]) -> list[dict[str, Any]]:
    return [
        {"_id": id, "sequence": at.sequence, "fact": fact.model_dump(mode="json")} for id, (fact, at) in found.items()
    ]


def open_questions(_history: History) -> list[str]:
    """What somebody must look at, in one line each."""
    return ["mails of which nobody knows whether they left are held at /equipe/messages: look at them"]


async def hold_waiting(store: Store, made_at: datetime, sent: Collection[str] = ()) -> int:
    """After a restore: what waited to leave when the backup was made may have left since, and is held.

    Answers how many go on waiting: their time has not come, so nobody can have sent them, and they are not among those
    of which it is known that they were `sent`, because somebody had asked for it or a clock was ahead.
    """
    wanted = {"$or": [{"due": {"$ne": None}}, {"state": State.SENDING}]}
    found = [read_delivery(one) async for one in store.database[DELIVERIES].find(wanted)]
    moment = now()
    early = {one.id for one in found if one.id not in sent and rebuilding.is_early(one, made_at, moment)}
    for one in found:
        if one.id not in early:
            await _hold(store, one.registration, one.id)
    return len(early)


async def _hold(store: Store, registration: str, id: str) -> None:
    def decide(unit: Unit) -> None:
        before = correspondence(unit, registration)
        keep(unit, before, before.with_delivery(hold(before.deliveries[id], DATABASE_LOST, unit.now)))

    await store.commit(decide, *reads(registration))
