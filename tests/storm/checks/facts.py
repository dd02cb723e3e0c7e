"""I5, I7, I11 and I14: state and outbox agree, every reader has the newest state, and only nonsense is set aside."""

from collections.abc import Iterator
from typing import Any

from tests.storm.checks.finding import Finding
from tests.storm.evidence import Evidence
from tests.storm.schedule import SERVICES

READERS = {"notifications": "registrations", "badges": "holders"}
"""Who keeps registrations as registration tells them, and where."""


def check(evidence: Evidence) -> Iterator[Finding]:
    """Every fact of every registration once, in a row, relayed; the last one is the state, everywhere."""
    yield from _outbox(evidence)
    yield from _projections(evidence)
    yield from _set_aside(evidence)


def _outbox(evidence: Evidence) -> Iterator[Finding]:
    told = evidence.told("registration")
    registrations = evidence.of("registration", "registrations")
    for id, one in registrations.items():
        facts = told.get(id, [])
        if [fact.sequence for fact in facts] != [*range(1, one["sequence"] + 1)]:
            yield Finding("I5", "facts and state have other sequences", f"{id}: {len(facts)} of {one['sequence']}")
        elif facts[-1].body["status"] != one["status"]:
            yield Finding("I5", "the last fact is not the state", f"{id}: {facts[-1].body['status']}, {one['status']}")
    for id, facts in told.items():
        if id not in registrations and "person" in facts[0].body:
            yield Finding("I5", "facts about nobody", id)
    for fact in evidence.facts:
        if fact.pending:
            yield Finding("I6", "a fact was not relayed", f"{fact.publisher}:{fact.key}:{fact.sequence}")


def _projections(evidence: Evidence) -> Iterator[Finding]:
    registrations = evidence.of("registration", "registrations")
    for service, collection in READERS.items():
        kept = evidence.of(service, collection)
        for id, one in registrations.items():
            known = kept.get(id)
            if known is None or known["sequence"] != one["sequence"]:
                about = f"{id}: {known and known['sequence']} of {one['sequence']}"
                yield Finding("I7", f"{service} is behind", about)
        for id in kept.keys() - registrations.keys():
            yield Finding("I7", f"{service} knows somebody who is not there", id)
    yield from _badges(evidence)


def _badges(evidence: Evidence) -> Iterator[Finding]:
    newest: dict[str, dict[str, Any]] = {}
    erased = evidence.erased
    for badge in evidence.of("badges", "badges").values():
        if badge["registration"] in erased:  # only its id is left, so that the door says that it is withdrawn
            continue
        if badge["generation"] >= newest.get(badge["registration"], badge)["generation"]:
            newest[badge["registration"]] = badge
    for service in ("registration", "notifications"):
        for id, badge in newest.items():
            known = _badge_known(evidence, service, badge)
            if known is None or bool(known.get("revoked")) != (badge["state"] == "revoked"):
                if service == "notifications" and known is not None:
                    continue  # it keeps the paper, not the state
                yield Finding("I7", f"{service} knows another badge", id)


def _badge_known(evidence: Evidence, service: str, badge: dict[str, Any]) -> dict[str, Any] | None:
    if service == "registration":
        found = evidence.of("registration", "badges").get(badge["registration"])
        return found if found and found["generation"] == badge["generation"] else None
    return evidence.of("notifications", "badges").get(f"{badge['registration']}:{badge['generation']}")


def _set_aside(evidence: Evidence) -> Iterator[Finding]:
    for service in SERVICES:
        parked = {one["_id"].partition(":")[2] for one in evidence.documents.get((service, "dead_letters"), [])}
        for id in parked - evidence.nonsense.keys():
            yield Finding("I11", f"{service} set a good message aside", id)
        if service in {"notifications", "badges"}:
            for id, delivered in evidence.nonsense.items():
                if delivered and id not in parked:
                    yield Finding("I11", f"nonsense disappeared at {service}", id)
