"""Rules of reminders are written by the team and followed when their time comes."""

from collections.abc import Callable
from dataclasses import replace

from services.notifications.actions.keeping import keep
from services.notifications.domain import mails, reminders
from services.notifications.domain.deliveries import Delivery
from services.notifications.domain.reminders import Firing, Occasion, Rule
from services.notifications.store import Store, correspondence, reads
from services.notifications.store.reminders import (
    FIRINGS,
    FURNISHED,
    RULES,
    firing_document,
    read_firing,
    read_rule,
    rule_document,
)
from shared.errors import NotFound
from shared.store import Unit, by, by_id


def furnish(unit: Unit, edition: str) -> None:
    """Give an edition the rules it begins with, once: those the team deletes stay deleted."""
    if unit.get(FURNISHED, edition) is None:
        unit.put(FURNISHED, {"_id": edition, "at": unit.now})
        for rule in reminders.defaults(edition, unit.now):
            unit.put(RULES, rule_document(rule))


async def furnish_known(store: Store, edition: str) -> None:
    """The same for an edition that was known before there were reminders."""
    await store.commit(lambda unit: furnish(unit, edition), by_id(FURNISHED, edition), patient=True)


async def add(store: Store, rule: Rule, actor: str) -> None:
    """One more rule; raises `BadAmount` or `SameRule`."""

    def decide(unit: Unit) -> None:
        made = reminders.checked(replace(rule, since=unit.now), _rules(unit, rule.edition))
        unit.put(RULES, rule_document(made))
        unit.audit(actor, "reminder.add", rule.id, ["anchor", "amount", "unit"])

    await store.commit(decide, by(RULES, "edition", rule.edition))


async def change(store: Store, id: str, amount: int, unit_: reminders.Unit, actor: str) -> None:
    """Another time before the anchor. What has left does not leave again; what would have left meanwhile does not."""
    await _revise(store, id, actor, "reminder.change", lambda rule: replace(rule, amount=amount, unit=unit_))


async def pause(store: Store, id: str, actor: str, *, paused: bool) -> None:
    """Stop a rule for a while, or let it go on; what would have left meanwhile does not leave."""
    await _revise(
        store, id, actor, "reminder.pause" if paused else "reminder.resume", lambda rule: replace(rule, paused=paused)
    )


async def begin_anew(store: Store) -> None:
    """After a restore: what was to leave before now may have left since the backup, so it does not leave.

    What was leaving when the backup was made has long come to its end.
    """
    for id in [document["_id"] async for document in store.database[RULES].find({}, {"_id": 1})]:
        await store.commit(lambda unit, id=id: _count_from_now(unit, id), by_id(RULES, id))  # type: ignore[misc]
    for id in [document["_id"] async for document in store.database[FIRINGS].find({"state": "running"}, {"_id": 1})]:
        await store.commit(lambda unit, id=id: _end(unit, id), by_id(FIRINGS, id))  # type: ignore[misc]


def _count_from_now(unit: Unit, id: str) -> None:
    if document := unit.get(RULES, id):
        unit.put(RULES, rule_document(replace(read_rule(document), since=unit.now)))


def _end(unit: Unit, id: str) -> None:
    if document := unit.get(FIRINGS, id):
        unit.put(FIRINGS, firing_document(replace(read_firing(document), state="done")))


async def remove(store: Store, id: str, actor: str) -> None:
    """Delete a rule; nothing when it is gone already."""

    def decide(unit: Unit) -> None:
        if unit.get(RULES, id):
            unit.remove(RULES, id)
            unit.audit(actor, "reminder.remove", id)

    await store.commit(decide, by_id(RULES, id))


async def _revise(store: Store, id: str, actor: str, action: str, revision: Callable[[Rule], Rule]) -> None:
    def decide(unit: Unit) -> None:
        document = unit.get(RULES, id)
        if document is None:
            raise NotFound
        before = read_rule(document)
        after = reminders.checked(replace(revision(before), since=unit.now), _rules(unit, before.edition))
        unit.put(RULES, rule_document(after))
        unit.audit(actor, action, id, [name for name in ("amount", "unit", "paused") if _differ(before, after, name)])

    await store.commit(decide, by_id(RULES, id))


def _differ(before: Rule, after: Rule, name: str) -> bool:
    return bool(getattr(before, name) != getattr(after, name))


def _rules(unit: Unit, edition: str) -> list[Rule]:
    return [read_rule(document) for document in unit.find(RULES, "edition", edition)]


async def begin(store: Store, occasion: Occasion) -> Firing:
    """An occasion's time has come: begin, go on where another process stopped, or write down why not."""

    def decide(unit: Unit) -> Firing:
        document = unit.get(FIRINGS, occasion.id)
        if document and (found := read_firing(document)).state != "skipped":
            return found
        firing = Firing.begun(occasion, unit.now)
        unit.put(FIRINGS, firing_document(firing))
        return firing

    return await store.commit(decide, by_id(FIRINGS, occasion.id), patient=True)


async def remind(store: Store, registration: str, occasion: Occasion) -> bool:
    """Queue the reminder of one person; whether it was."""

    def decide(unit: Unit) -> bool:
        before = correspondence(unit, registration)
        after = reminders.reminded(before, occasion, now=unit.now)
        keep(unit, before, after)
        return after is not before

    return await store.commit(decide, *reads(registration), patient=True)


async def go_on(store: Store, firing: Firing, registrations: list[str], count: int, *, more: bool) -> None:
    """Remember how far an occasion has come. A batch that is repeated after a crash writes to nobody twice."""

    def decide(unit: Unit) -> None:
        unit.put(FIRINGS, firing_document(firing.after(registrations, count, more=more)))

    await store.commit(decide, by_id(FIRINGS, firing.id), patient=True)


async def drop(store: Store, delivery: Delivery, reason: str) -> None:
    """A reminder that has not left speaks of a session that is not to be any more."""

    def decide(unit: Unit) -> None:
        before = correspondence(unit, delivery.registration)
        if before.deliveries[delivery.id].due is not None:
            keep(unit, before, mails.dropped(before, delivery.id, reason, now=unit.now))

    await store.commit(decide, *reads(delivery.registration), patient=True)
