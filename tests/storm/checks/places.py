"""I3 and I4: never more places than there are, at any moment; and whoever waits is served in order."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.storm.checks.finding import Finding
from tests.storm.evidence import Evidence, Fact

TAKES = {"confirmed", "offered"}


def check(evidence: Evidence) -> Iterator[Finding]:
    """The counters at every step and at the end, and the lines in the order of the transactions."""
    for told in evidence.told("registration").values():
        if told[0].kind == "places-changed":
            yield from _never_above(told)
    yield from _recounted(evidence)
    yield from _lines(evidence)
    yield from _nothing_idle(evidence)


def _never_above(steps: list[Fact]) -> Iterator[Finding]:
    """A quota may be lowered below what is taken; then nobody is added before enough have left.

    One transaction may lower it after it has added somebody, and tells both at once.
    """
    for before, after in pairwise(steps):
        pairs = [("the edition", before.body, after.body)]
        known = {one["session"]: one for one in before.body["sessions"]}
        pairs += [(one["session"], known.get(one["session"], one), one) for one in after.body["sessions"]]
        for name, earlier, later in pairs:
            quota = None if None in {earlier["quota"], later["quota"]} else max(earlier["quota"], later["quota"])
            if quota is not None and later["taken"] > quota and later["taken"] > earlier["taken"]:
                yield Finding("I3", f"more than {quota} places in {name}", f"{later['taken']} at {after.sequence}")


def _recounted(evidence: Evidence) -> Iterator[Finding]:
    registrations = evidence.of("registration", "registrations").values()
    for places in evidence.documents.get(("registration", "places"), []):
        status = Counter(one["status"] for one in registrations)
        sessions = Counter(id for one in registrations if one["status"] == "confirmed" for id in one["sessions"])
        held = [wish for one in registrations if _lives(one) for wish in one["waiting"] if wish["offered_until"]]
        sessions.update(wish["session"] for wish in held)
        counted = {
            "taken": status["confirmed"] + status["offered"],
            "offered": status["offered"],
            "pending": status["pending"],
            "cancelled": status["cancelled"],
            "refused": status["refused"],
            "categories": Counter(one["category"] for one in registrations if one["status"] in TAKES),
            "queued": Counter(one["category"] for one in registrations if one["status"] == "waitlisted"),
            "sessions": sessions,
            "waiting": Counter(wish["session"] for one in registrations if _lives(one) for wish in _waits(one)),
        }
        for name, count in counted.items():
            kept = +Counter(places[name]) if isinstance(count, Counter) else places[name]
            if kept != count:
                yield Finding("I3", f"the counter `{name}` is wrong", f"{kept}, counted {count}")


def batches(evidence: Evidence) -> list[list[Fact]]:
    """What registration told, by transaction, in their order: each that moves somebody tells the places, in sequence.

    Facts that moved nobody are left out. Two transactions of the same millisecond are taken for one.
    """
    told: dict[datetime, list[Fact]] = {}
    for fact in evidence.facts:
        if fact.publisher == "registration":
            told.setdefault(fact.at, []).append(fact)
    places = {at: [one.sequence for one in facts if one.kind == "places-changed"] for at, facts in told.items()}
    order = sorted((min(sequences), at) for at, sequences in places.items() if sequences)
    return [sorted((one for one in told[at] if "status" in one.body), key=_turn) for _, at in order]


def _turn(fact: Fact) -> tuple[str, int]:
    return fact.key, fact.sequence


def _lines(evidence: Evidence) -> Iterator[Finding]:
    """Every line, after every transaction: nobody was offered a place whom somebody stood before, and still does.

    In the edition's line, somebody of another category may be passed over: theirs is full, or closed.
    """
    lines: dict[str, dict[str, str]] = {}
    for batch in batches(evidence):
        ahead: dict[tuple[str, str], list[str]] = {}
        last = {fact.key: fact for fact in batch}
        for fact in batch:
            if fact.kind == "offered":
                ahead[fact.key, fact.body["session"] or ""] = _before(lines, fact)
        lines = _joined(last.values(), lines)
        for (id, session), before in ahead.items():
            if passed := [one for one in before if one in lines.get(session, {})]:
                yield Finding("I4", f"a place in {session or 'the edition'} went past those ahead", f"{id}: {passed}")


def _before(lines: dict[str, dict[str, str]], fact: Fact) -> list[str]:
    """Those ahead in this line; everybody in it, when the person joined it in this very transaction."""
    session = fact.body["session"] or ""
    line = lines.get(session, {})
    names = [*line]
    ahead = names[: names.index(fact.key)] if fact.key in line else names
    return [one for one in ahead if session or line[one] == fact.body["category"]]


def _joined(facts: Iterable[Fact], lines: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """The lines after these facts. Who joins one stands where the fact says."""
    places = {line: {id: (0, n) for n, id in enumerate(known)} for line, known in lines.items()}
    categories = {line: dict(known) for line, known in lines.items()}
    for fact in facts:
        waits = {one["session"]: one["position"] for one in fact.body["waiting"] if not one["offered_until"]}
        if fact.body["status"] == "waitlisted":
            waits[""] = fact.body["position"]
        if fact.body["status"] in {"cancelled", "refused"}:
            waits = {}
        for line in places.keys() - waits.keys():
            places[line].pop(fact.key, None)
        for line, position in waits.items():
            places.setdefault(line, {}).setdefault(fact.key, (1, position))
            categories.setdefault(line, {})[fact.key] = fact.body["category"]
    return {
        line: {id: categories[line][id] for id in sorted(all_, key=all_.__getitem__)} for line, all_ in places.items()
    }


def _nothing_idle(evidence: Evidence) -> Iterator[Finding]:
    """No place is free that somebody waits for."""
    told = [fact for fact in evidence.facts if fact.kind == "places-changed"]
    if not told:
        return
    last: dict[str, Any] = max(told, key=lambda fact: fact.sequence).body
    for one in last["sessions"]:
        if one["quota"] is not None and one["taken"] < one["quota"] and one["waiting"]:
            yield Finding("I4", f"a place in {one['session']} is idle while {one['waiting']} wait")
    rules = evidence.of("registration", "editions").get(last["edition"])
    places = evidence.of("registration", "places").get(last["edition"])
    if rules and places and places["taken"] < (rules["rules"]["quota"] or 0):
        for category in rules["rules"]["categories"]:
            taken, quota = places["categories"].get(category["id"], 0), category["quota"]
            if places["queued"].get(category["id"]) and (quota is None or taken < quota):
                yield Finding("I4", "a place at the edition is idle while somebody waits", category["id"])


def _lives(one: dict[str, Any]) -> bool:
    return one["status"] not in {"cancelled", "refused"}


def _waits(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [wish for wish in one["waiting"] if not wish["offered_until"]]
