"""I5: what is stored and what was told are the same, in each service."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.seen import Document, Entry, Seen
from services.notifications.domain.deliveries import facts as facts_of
from services.notifications.store import documents as notifications
from shared.events.registration import RegistrationFact, RulesChanged

Aggregates = Mapping[str, list[Entry]]


def check_facts(seen: Seen) -> Checked:
    """I5: sequences without gaps, and each thing's newest state is its newest fact's."""
    findings: list[Finding] = []
    told = 0
    for service, entries in seen.entries.items():
        told += len(entries)
        aggregates: dict[str, list[Entry]] = {}
        for entry in entries:
            aggregates.setdefault(entry.aggregate, []).append(entry)
        findings += _gaps(service, aggregates, seen.erased)
        findings += _COMPARED[service](seen, aggregates)
    return Checked("I5", "state and facts", count(told, "fact"), tuple(findings))


def _gaps(service: str, aggregates: Aggregates, erased: set[str]) -> Iterator[Finding]:
    for aggregate, entries in aggregates.items():
        if entries[0].key in erased:
            continue
        sequences = [entry.sequence for entry in entries]
        if sequences != [*range(1, len(sequences) + 1)]:
            missing = sorted({*range(1, max(sequences) + 1)} - {*sequences}) or sequences
            yield Finding(
                "I5", f"{service}, facts of {aggregate}", f"the sequence has gaps: {missing[:5]} of {max(sequences)}"
            )


def _counted(service: str, what: str, sequences: Mapping[str, int], aggregates: Aggregates) -> Iterator[Finding]:
    """Each thing has told as many facts as it counts, and each fact belongs to a thing."""
    for id in sorted({*sequences, *aggregates}):
        state, facts = sequences.get(id), aggregates.get(id, [])
        if state is None:
            yield Finding("I5", f"{service}, {what} {id}", f"{count(len(facts), 'fact')} of it, and it is not stored")
        elif state != (last := facts[-1].sequence if facts else 0):
            yield Finding("I5", f"{service}, {what} {id}", f"its state is number {state}, its last fact number {last}")


def _registration(seen: Seen, aggregates: Aggregates) -> Iterator[Finding]:
    registrations = seen.by_id("registration", "registrations")
    places = seen.by_id("registration", "places")
    counted = {id: facts for id, facts in aggregates.items() if facts[0].name == "places-changed"}
    ruled = {id: facts for id, facts in aggregates.items() if facts[0].name == "rules-changed"}
    others = seen.erased | counted.keys() | ruled.keys()
    people = {id: facts for id, facts in aggregates.items() if id not in others}
    sequences = {id: one["sequence"] for id, one in registrations.items() if id not in seen.erased}
    yield from _counted("registration", "registration", sequences, people)
    yield from _counted("registration", "places of", {id: one["sequence"] for id, one in places.items()}, counted)
    yield from _rules(seen, ruled)
    for id, facts in people.items():
        fact = facts[-1].fact
        if id in registrations and isinstance(fact, RegistrationFact):
            yield from _compared(f"registration, registration {id}", _stored(registrations[id]), _told(fact))
    for id, facts in counted.items():
        if id in places:
            yield from _compared(f"registration, places of {id}", *_uses(places[id], facts[-1].body))


def _rules(seen: Seen, ruled: Aggregates) -> Iterator[Finding]:
    editions = {f"{id}.rules": one for id, one in seen.by_id("registration", "editions").items()}
    yield from _counted("registration", "edition", {id: one.get("told", 0) for id, one in editions.items()}, ruled)
    for id, facts in ruled.items():
        if id in editions:
            stored = RulesChanged.model_validate({"edition": editions[id]["_id"], **editions[id]["rules"]})
            told = RulesChanged.model_validate(facts[-1].body)
            yield from _compared(f"registration, edition {id}", stored.model_dump(), told.model_dump())


def _stored(document: Document) -> dict[str, Any]:
    """A registration as stored, as far as its facts tell it."""
    same = ("status", "category", "person", "consents", "offered_until", "release", "same_address", "registered_at")
    return {
        **{name: document[name] for name in same},
        "reference": document.get("reference", ""),  # older registrations have none
        "organisation": document["organisation"],
        "badge": document["badge"],
        "sessions": list(document["sessions"]),
        "waiting": [(wish["session"], wish["offered_until"]) for wish in document["waiting"]],
    }


def _told(fact: RegistrationFact) -> dict[str, Any]:
    return {
        "status": fact.status,
        "category": fact.category,
        "person": fact.person.model_dump(),
        "consents": fact.consents.model_dump(),
        "offered_until": fact.offered_until,
        "release": fact.release,
        "same_address": fact.same_address,
        "reference": fact.reference,
        "registered_at": fact.registered_at,
        "organisation": fact.organisation.model_dump(exclude={"country_name"}),
        "badge": fact.generation,
        "sessions": [place.session for place in fact.enrolments],
        "waiting": [(wish.session, wish.offered_until) for wish in fact.waiting],
    }


def _uses(places: Document, told: Document) -> tuple[dict[str, Any], dict[str, Any]]:
    known = [one["session"] for one in told["sessions"]]
    stored = {"taken": places["taken"], "waiting": sum(places["queued"].values())}
    stored |= {id: (places["sessions"].get(id, 0), places["waiting"].get(id, 0)) for id in known}
    said = {"taken": told["taken"], "waiting": told["waiting"]}
    return stored, said | {one["session"]: (one["taken"], one["waiting"]) for one in told["sessions"]}


def _compared(where: str, stored: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[Finding]:
    names = [name for name in stored if _plain(stored[name]) != _plain(told.get(name))]
    if names:
        yield Finding("I5", where, f"what is stored is not what was told last: {', '.join(names)}")


def _plain(value: Any) -> Any:
    """Moments as MongoDB keeps them: to the millisecond."""
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _programme(seen: Seen, aggregates: Aggregates) -> Iterator[Finding]:
    # after a loss of the database, what was told of accounts that nothing else brings back is kept by itself
    accounts = {
        id: one for name in ("access", "accounts", "tokens") for id, one in seen.by_id("programme", name).items()
    }
    editions = seen.by_id("programme", "editions")
    of_accounts = {id: facts for id, facts in aggregates.items() if facts[0].name == "access-changed"}
    of_editions = {id: facts for id, facts in aggregates.items() if id not in of_accounts}
    yield from _counted("programme", "account", {id: one["sequence"] for id, one in accounts.items()}, of_accounts)
    yield from _counted("programme", "edition", {id: one["sequence"] for id, one in editions.items()}, of_editions)
    for id, facts in of_editions.items():
        released = [entry.body["release"] for entry in facts if entry.name == "released"]
        if id in editions and editions[id]["release"] != max(released, default=0):
            what = f"release {editions[id]['release']} is stored, {max(released, default=0)} was told"
            yield Finding("I5", f"programme, edition {id}", what)
    for id, facts in of_accounts.items():
        if id in accounts and accounts[id]["generation"] != facts[-1].body["generation"]:
            yield Finding("I5", f"programme, account {id}", "its generation is not the one told last")


def _notifications(seen: Seen, aggregates: Aggregates) -> Iterator[Finding]:
    deliveries = seen.by_id("notifications", "deliveries")
    kept = {id: facts for id, facts in aggregates.items() if facts[0].key not in seen.erased}
    living = {id: one for id, one in deliveries.items() if one["registration"] not in seen.erased}
    yield from _counted("notifications", "delivery", {id: one["facts"] for id, one in living.items()}, kept)
    for id, document in living.items():
        end = facts_of(notifications.read_delivery(document))
        last = aggregates[id][-1] if id in aggregates else None
        if end and (last is None or last.type != end.type() or last.body.get("state") != getattr(end, "state", None)):
            what = f"ended as {document['state']}, and its last fact is {last.name if last else 'missing'}"
            yield Finding("I5", f"notifications, delivery {id}", what)


def _badges(seen: Seen, aggregates: Aggregates) -> Iterator[Finding]:
    holders = seen.by_id("badges", "holders")
    told = {id: one["told"] for id, one in holders.items() if id not in seen.erased}
    kept = {id: facts for id, facts in aggregates.items() if facts[0].key not in seen.erased}
    yield from _counted("badges", "holder", told, kept)
    badges = {(one["registration"], one["generation"]): one for one in seen.of("badges", "badges")}
    for id, facts in kept.items():
        last = {entry.body["generation"]: entry.name for entry in facts if entry.name in {"issued", "revoked"}}
        for generation, name in last.items():
            badge = badges.get((id, generation))
            state = cast("str", badge["state"]) if badge else "missing"
            if state != {"issued": "active", "revoked": "revoked"}[name]:
                where = f"badges, badge {id}, generation {generation}"
                yield Finding("I5", where, f"it is {state}, and its last fact is {name}")


_COMPARED = {
    "registration": _registration,
    "programme": _programme,
    "notifications": _notifications,
    "badges": _badges,
}
