"""I2 and I3: one registration for each key, and no place given twice."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from itertools import combinations
from typing import Any

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.seen import NEVER, Document, Seen

LIVING = {"pending", "confirmed", "waitlisted", "offered"}
NUMBERS = ("taken", "offered", "pending", "refused", "cancelled")
COUNTERS = ("categories", "sessions", "queued", "waiting", "both")


def check_requests(seen: Seen) -> Checked:
    """I2: each idempotency key, and each line of a list, was answered with a registration of its own."""
    requests = seen.of("registration", "requests")
    known = {one["_id"] for one in seen.of("registration", "registrations")}
    answers = Counter(one["answer"]["id"] for one in requests if one["answer"])  # blanked with whom it answered
    answers += Counter(one["registration"] for one in seen.of("registration", "import_lines") if one["state"] == "done")
    findings = [
        Finding("I2", f"registration {id}", "two idempotency keys were answered with it")
        for id, times in answers.items()
        if times > 1
    ]
    findings += [
        Finding(
            "I2",
            f"registration {id}",
            "an idempotency key was answered with it, and it does not exist",
        )
        for id in answers.keys() - known - seen.erased
    ]
    return Checked("I2", "double clicks", count(len(requests), "idempotency key"), tuple(findings))


def check_places(seen: Seen) -> Checked:
    """I3: counters equal a recount of the registrations, and nobody was let in over a quota."""
    editions = _by_edition(seen.of("registration", "registrations"))
    counted = seen.by_id("registration", "places")
    rules = seen.by_id("registration", "editions")
    findings: list[Finding] = []
    quotas = 0
    for edition in sorted({*editions, *counted}):
        places = counted.get(edition, {})
        findings += _differences(edition, places, recount(editions.get(edition, [])))
        quotas += len(places.get("categories", {})) + len(places.get("sessions", {})) + 1
        findings += _crowded_categories(edition, places, rules.get(edition), seen)
        findings += _let_in(edition, seen)
    findings += _addresses(seen, editions)
    registrations = sum(map(len, editions.values()))
    looked_at = f"{count(quotas, 'quota')}, {count(registrations, 'registration')} recounted"
    return Checked("I3", "places", looked_at, tuple(findings))


def recount(registrations: list[Document]) -> dict[str, Any]:
    """The counters of an edition as its registrations say they must be. Written apart from the service's own sums."""
    statuses = Counter(one["status"] for one in registrations)
    living = [one for one in registrations if one["status"] in LIVING]
    placed = [one for one in living if one["status"] in {"confirmed", "offered"}]
    wishes = [wish for one in living for wish in one["waiting"]]
    return {
        "taken": len(placed),
        **{status: statuses[status] for status in NUMBERS[1:]},
        "categories": Counter(one["category"] for one in placed),
        "queued": Counter(one["category"] for one in living if one["status"] == "waitlisted"),
        "sessions": Counter(id for one in living for id in one["sessions"])
        + Counter(wish["session"] for wish in wishes if wish["offered_until"]),
        "waiting": Counter(wish["session"] for wish in wishes if not wish["offered_until"]),
        "both": Counter(" ".join(pair) for one in living for pair in combinations(sorted(one["sessions"]), 2)),
    }


def _differences(edition: str, places: Document, true: Mapping[str, Any]) -> Iterator[Finding]:
    for name in NUMBERS:
        if (kept := places.get(name, 0)) != true[name]:
            yield Finding("I3", f"{edition}, {name}", f"the counter says {kept}, the registrations {true[name]}")
    for name in COUNTERS:
        kept_counts = places.get(name, {})
        for id in sorted({*kept_counts, *true[name]}):
            if (kept := kept_counts.get(id, 0)) != true[name][id]:
                where = f"{edition}, {name} {id}"
                yield Finding("I3", where, f"the counter says {kept}, the registrations {true[name][id]}")


def _crowded_categories(edition: str, places: Document, rules: Document | None, seen: Seen) -> Iterator[Finding]:
    """A category over its quota, unless the team went over it at the desk, or lowered it since.

    Only the journal knows of either: once it was lost, nothing is said.
    """
    if seen.journal_lost_until("registration") > NEVER:
        return
    journal = [one for one in seen.of("registration", "audit") if one["subject"] == edition]
    changed = {field for one in journal for field in one["fields"]}
    beyond = _beyond(seen)
    people = {one["_id"]: one for one in seen.of("registration", "registrations")}
    for category in rules["rules"]["categories"] if rules else ():
        quota, taken = category["quota"], places.get("categories", {}).get(category["id"], 0)
        walked_in = sum(1 for id in beyond if id in people and people[id]["category"] == category["id"])
        lowered = f"{category['id']}.quota" in changed
        if quota is not None and taken > quota + walked_in and not lowered:
            where = f"{edition}, category {category['id']}"
            yield Finding("I3", where, f"{taken} people for {quota} places, and nobody went over the quota knowingly")


def _let_in(edition: str, seen: Seen) -> Iterator[Finding]:
    """Each moment at which somebody got a place although there was none: the facts tell all of them."""
    beyond = Counter(at for at in _beyond(seen).values())
    before: dict[str, tuple[int, int | None]] = {}
    lost_until = seen.journal_lost_until("registration")
    for entry in seen.entries["registration"]:
        if entry.name != "places-changed" or entry.aggregate != edition:
            continue
        uses = {"": entry.body, **{one["session"]: one for one in entry.body["sessions"]}}
        for session, use in uses.items():
            taken, quota = use["taken"], use["quota"]
            was, was_quota = before.get(session, (0, quota))
            before[session] = (taken, quota)
            room = None if None in {quota, was_quota} else max(quota, was_quota)
            if room is None or taken <= room:
                continue
            allowed = 0 if session else beyond[entry.at]
            if taken - max(was, room) > allowed and entry.at > lost_until:
                where = f"{edition}, session {session}" if session else edition
                yield Finding("I3", where, f"{taken} people had {room} places at {_moment(entry.at)}")


def _beyond(seen: Seen) -> dict[str, datetime]:
    """Who was let in over the quota, at the desk or by a list, by somebody of the team who said so, and when."""
    journal = seen.of("registration", "audit")
    brought = {"registration.walk-in", "registration.import"}
    beyond = (one for one in journal if one["action"] in brought and "beyond-quota" in one["fields"])
    return {one["subject"]: one["at"] for one in beyond}


def _addresses(seen: Seen, editions: Mapping[str, list[Document]]) -> Iterator[Finding]:
    true = Counter(
        f"{edition}:{sha256(one['person']['email'].casefold().encode()).hexdigest()}"
        for edition, registrations in editions.items()
        for one in registrations
        if one["status"] in LIVING
    )
    kept = {one["_id"]: one["count"] for one in seen.of("registration", "addresses")}
    for address in sorted({*true, *kept}):
        if kept.get(address, 0) != true[address]:
            what = f"the counter says {kept.get(address, 0)} registrations use it, they are {true[address]}"
            yield Finding("I3", f"address {address[:60]}", what)


def _by_edition(registrations: list[Document]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for one in registrations:
        found.setdefault(one["edition"], []).append(one)
    return found


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")
