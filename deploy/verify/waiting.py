"""I4: waiting lists are served in order, and whoever was passed over has a reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.places import LIVING
from deploy.verify.seen import Document, Entry, Seen
from deploy.verify.turns import Turn, turns
from services.registration.domain.queues import KEPT_SKIPS

Line = tuple[str, str]
"""An edition, and a session or nothing: the edition's own list."""


@dataclass(frozen=True)
class Stay:
    """Somebody's time in one line: from which turn to which, and whether a place was offered at its end."""

    registration: str
    category: str
    since: float
    until: float | None = None
    offered: bool = False


def check_lists(seen: Seen) -> Checked:
    """I4: each list holds exactly those who wait, in the order they came; each overtaking has its reason."""
    queues = {(one["edition"], one["session"]): one for one in seen.of("registration", "queues")}
    wanted = _wanted(seen)
    turn = turns(seen)
    findings: list[Finding] = []
    for line in sorted({*queues, *wanted}):
        findings += _members(line, queues.get(line, {}), *wanted.get(line, ({}, {})))
        findings += _disorder(line, queues.get(line, {}), turn)
    stays, entered = _stays(seen, turn)
    forgotten = turn(seen.journal_lost_until("registration"))
    for line, people in sorted(stays.items()):
        newcomers, queue = entered.get(line, []), queues.get(line, {})
        findings += _overtaken(line, people, newcomers, queue, turn, forgotten=forgotten)
    waiting = sum(len(queue["waiting"]) for queue in queues.values())
    skips = sum(len(queue["skips"]) for queue in queues.values())
    served = sum(stay.offered for people in stays.values() for stay in people)
    looked_at = f"{count(len(queues), 'list')}, {waiting:,} waiting, {count(served, 'offer')}, {count(skips, 'skip')}"
    return Checked("I4", "waiting lists", looked_at, tuple(findings))


def _wanted(seen: Seen) -> dict[Line, tuple[dict[str, datetime | None], dict[str, datetime]]]:
    """Who must stand in each line (since when, where the registration says it), and who must hold an offer in it."""
    found: dict[Line, tuple[dict[str, datetime | None], dict[str, datetime]]] = {}
    for one in seen.of("registration", "registrations"):
        if one["status"] not in LIVING:
            continue
        lines = [(wish["session"], wish["since"], wish["offered_until"]) for wish in one["waiting"]]
        if one["status"] in {"waitlisted", "offered"}:
            lines.append(("", None, one["offered_until"]))
        for session, since, until in lines:
            waiting, offers = found.setdefault((one["edition"], session), ({}, {}))
            if until:
                offers[one["_id"]] = until
            else:
                waiting[one["_id"]] = since
    return found


def _members(
    line: Line, queue: Document, waiting: dict[str, datetime | None], offers: dict[str, datetime]
) -> Iterator[Finding]:
    entries, held = queue.get("waiting", []), queue.get("offers", [])
    where = named(line)
    standing = [one["registration"] for one in entries]
    for id in sorted({*standing} - waiting.keys()):
        yield Finding("I4", f"{where}, {id}", "stands in the line, and its registration does not wait for it")
    for id in sorted(waiting.keys() - {*standing}):
        yield Finding("I4", f"{where}, {id}", "waits, and does not stand in the line")
    for id in sorted({id for id in standing if standing.count(id) > 1} if len({*standing}) < len(standing) else ()):
        yield Finding("I4", f"{where}, {id}", "stands in the line more than once")
    held_until = {one["registration"]: one["until"] for one in held}
    for id in sorted({*held_until, *offers}):
        if held_until.get(id) != offers.get(id):
            told = f"the list holds a place until {held_until.get(id)}, the registration says {offers.get(id)}"
            yield Finding("I4", f"{where}, {id}", told)


def _disorder(line: Line, queue: Document, turn: Turn) -> Iterator[Finding]:
    for before, after in pairwise(queue.get("waiting", [])):
        if turn(before["since"]) > turn(after["since"]):
            yield Finding("I4", f"{named(line)}, {after['registration']}", "stands behind somebody who came later")


def _stays(seen: Seen, turn: Turn) -> tuple[dict[Line, list[Stay]], dict[Line, list[Stay]]]:
    """From the facts: every stay in every line, and everybody who went past a line into a place."""
    stays: dict[Line, list[Stay]] = {}
    entered: dict[Line, list[Stay]] = {}
    for history in seen.histories.values():
        standing: dict[Line, Stay] = {}
        held: set[Line] = set()
        for entry in history:
            category, edition = entry.body["category"], entry.body["edition"]
            waits, offered, placed = _lines(entry, edition)
            for line in [line for line in standing if line not in waits]:
                before = standing.pop(line)
                stay = Stay(before.registration, before.category, before.since, turn(entry.at), line in offered)
                stays.setdefault(line, []).append(stay)
            for line in waits - standing.keys():
                standing[line] = Stay(entry.key, category, turn(entry.at))
            for line in placed - held:
                entered.setdefault(line, []).append(Stay(entry.key, category, turn(entry.at)))
            held = placed | offered
        for line, stay in standing.items():
            stays.setdefault(line, []).append(stay)
    return stays, entered


def _lines(entry: Entry, edition: str) -> tuple[set[Line], set[Line], set[Line]]:
    """The lines a registration waits in after this fact, those it has an offer in, and the sessions it has."""
    body = entry.body
    if body["status"] not in LIVING:
        return set(), set(), set()
    waits = {(edition, one["session"]) for one in body["waiting"] if not one["offered_until"]}
    offered = {(edition, one["session"]) for one in body["waiting"] if one["offered_until"]}
    if body["status"] == "waitlisted":
        waits.add((edition, ""))
    if body["status"] == "offered":
        offered.add((edition, ""))
    return waits, offered, {(edition, one["session"]) for one in body["enrolments"]}


def _overtaken(
    line: Line, people: list[Stay], entered: list[Stay], queue: Document, turn: Turn, *, forgotten: float
) -> Iterator[Finding]:
    """Who was offered a place, or took one, while somebody who had come before them still waited.

    In an edition's own line there may be a reason; those until `forgotten` were lost with the database.
    """
    skips = queue.get("skips", [])
    complete = len(skips) < KEPT_SKIPS
    known_from = 0.0 if line[1] else forgotten
    reasons: dict[str, list[float]] = {}
    for skip in skips if not line[1] else ():
        reasons.setdefault(skip["registration"], []).append(turn(skip["at"]))
    for served in sorted((one for one in people if one.offered and one.until), key=lambda one: (one.until, one.since)):
        assert served.until
        for other in people:
            first = other.since < served.since and (other.until is None or other.until > served.until)
            excused = any(at <= served.until for at in reasons.get(other.registration, ())) or not complete
            if first and not excused and served.until > known_from:
                what = f"was passed over without a reason when {served.registration} was offered a place"
                yield Finding("I4", f"{named(line)}, {other.registration}", what)
    for newcomer in entered:
        for other in people:
            if other.since < newcomer.since and (other.until is None or other.until > newcomer.since):
                what = f"waited when {newcomer.registration} took a place without waiting"
                yield Finding("I4", f"{named(line)}, {other.registration}", what)


def named(line: Line) -> str:
    """How a finding names a waiting list."""
    edition, session = line
    return f"waiting list of {edition}, session {session}" if session else f"waiting list of {edition}"
