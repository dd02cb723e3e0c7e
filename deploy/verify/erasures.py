"""I17: of whom was erased, nothing is left but tombstones, badges that open nothing, and the order itself."""

from collections.abc import Iterator

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.seen import Document, Seen
from shared import tombstones
from shared.events import ERASED_HERE
from shared.events.registration import Erased

BY_ID = {
    "registration": ("registrations", "needs", "badges"),
    "notifications": ("registrations", "badge_files"),
    "badges": ("holders",),
}
"""Where a document's own `_id` begins with that of a registration."""
BY_FIELD = {
    "registration": (("import_lines", "registration"), ("references", "registration")),
    "notifications": (("badges", "registration"), ("told", "registration"), ("deliveries", "registration")),
    "badges": (("check_ins", "registration"),),
}
SPARED = tuple(fact.type() for fact in (Erased, *ERASED_HERE))
"""Facts that stay: nothing of the person is in them."""


def check_erasures(seen: Seen) -> Checked:
    """I17: each erasure came to its end in every service, and left nothing."""
    findings: list[Finding] = []
    notes: list[str] = []
    for service in seen.entries:
        done: set[str] = set()
        for stone in seen.of(service, tombstones.COLLECTION):
            if not stone["open"]:
                done.add(stone["_id"])
            elif "until" in stone and stone["until"] > seen.at:
                notes.append(f"{service} keeps an address until the last mail has left: {stone['_id']}")
            else:
                findings.append(Finding("I17", f"{service}, {stone['_id']}", "its erasure has not come to its end"))
        findings += _left(seen, service, done)
    findings += _untold(seen)
    findings += _told_of(seen)
    return Checked("I17", "erased people", count(len(seen.erased), "person", "people"), tuple(findings), tuple(notes))


def _left(seen: Seen, service: str, erased: set[str]) -> Iterator[Finding]:
    """Documents about somebody whom this service says to have forgotten."""
    for where, id in _documents(seen, service):
        if id in erased:
            yield Finding("I17", f"{service}, {where} of {id}", "is still there after the erasure")
    for badge in seen.of("badges", "badges") if service == "badges" else ():
        if badge["registration"] in erased and not _nameless(badge):
            where = f"badges, badge {badge['_id']}"
            yield Finding("I17", where, "still opens a door or says who came, after the erasure")


def _documents(seen: Seen, service: str) -> Iterator[tuple[str, str]]:
    """Every document that is about a registration, and which one."""
    for name in BY_ID.get(service, ()):
        yield from ((name, str(one["_id"]).split(":")[0]) for one in seen.of(service, name))
    for name, field in BY_FIELD.get(service, ()):
        yield from ((name, str(one[field])) for one in seen.of(service, name))
    yield from (("dead letter", letter.get("key", "")) for letter in seen.of(service, "dead_letters"))
    yield from ((f"fact {one.id}", one.key) for one in seen.entries[service] if one.type not in SPARED)
    if service == "registration":
        answers = (one["answer"] for one in seen.of(service, "requests"))
        yield from (("answer to a request", answer["id"]) for answer in answers if answer)


def _nameless(badge: Document) -> bool:
    """Whether it opens nothing and says of nobody who they were; one of an older version keeps no name at all."""
    silent = not badge["entries"] and not badge.get("name") and not badge.get("words")
    return silent and badge["state"] == "revoked" and badge["code"] == f"-{badge['id']}"


def _untold(seen: Seen) -> Iterator[Finding]:
    """Registration knows who else has forgotten the person."""
    for stone in seen.of("registration", tombstones.COLLECTION) if "registration" in seen.entries else ():
        for service in (fact.publisher for fact in ERASED_HERE):
            kept = seen.by_id(service, tombstones.COLLECTION) if service in seen.entries else {}
            over = service in stone["there"]
            if service in seen.entries and stone["_id"] not in kept:
                yield Finding("I17", f"{service}, {stone['_id']}", "has not heard that this person is to be erased")
            elif not kept.get(stone["_id"], {"open": True})["open"] and not over:
                yield Finding(
                    "I17", f"registration, {stone['_id']}", f"has not heard that {service} has forgotten them"
                )


def _told_of(seen: Seen) -> Iterator[Finding]:
    """Messages about them in the stream, once every service has forgotten them."""
    stones = [one for service in seen.entries for one in seen.of(service, tombstones.COLLECTION)]
    over = {one["_id"] for one in stones} - {one["_id"] for one in stones if one["open"]}
    for id, subject in seen.subjects.items():
        kind, _, key = subject.rpartition(".")
        if key in over and kind not in SPARED:
            yield Finding("I17", f"stream, {id}", "is still there after the erasure: is the janitor running?")
