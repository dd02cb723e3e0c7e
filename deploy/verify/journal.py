"""I11 and I16: what failed for good is kept and shown; what the team did is in the journal, once."""

from collections import Counter
from collections.abc import Iterator

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.seen import Seen

ACTS = frozenset(f"registration.{act}" for act in ("cancel", "amend", "transfer", "sign-up", "approve", "refuse"))
"""The team's acts on one registration: each is one fact and one entry."""


def check_letters(seen: Seen) -> Checked:
    """I11: each message that failed for good has its bytes and its reason."""
    findings: list[Finding] = []
    waiting: Counter[str] = Counter()
    letters = 0
    for service in seen.entries:
        for letter in seen.of(service, "dead_letters"):
            letters += 1
            where = f"{service}, dead letter {letter['_id']}"
            if not letter.get("reason") or letter.get("body") is None:
                findings.append(Finding("I11", where, "its reason or its bytes are missing"))
            if letter.get("replayed_at") is None and letter.get("dismissed_at") is None:
                waiting[f"{service}, {letter['subject'].rsplit('.', 1)[0]}: {letter['reason']}"] += 1
    notes = tuple(f"{times} waiting for a person: {what}" for what, times in sorted(waiting.items()))
    return Checked("I11", "dead letters", count(letters, "letter"), tuple(findings), notes)


def check_journal(seen: Seen) -> Checked:
    """I16: as far as facts tell what the team did, each act has exactly one entry."""
    findings: list[Finding] = []
    for service in seen.entries:
        findings += _COMPARED[service](seen) if service in _COMPARED else ()
    entries = sum(len(seen.of(service, "audit")) for service in seen.entries)
    return Checked("I16", "journal of the team", count(entries, "entry", "entries"), tuple(findings))


def _registration(seen: Seen) -> Iterator[Finding]:
    written = Counter(one["subject"] for one in seen.of("registration", "audit") if one["action"] in ACTS)
    acts = Counter(
        entry.key
        for history in seen.histories.values()
        for entry in history
        if entry.body.get("actor") == "staff" and entry.sequence > 1
    )
    yield from _unequal("registration", acts, written, seen)


def _programme(seen: Seen) -> Iterator[Finding]:
    journal = seen.of("programme", "audit")
    releases = Counter(one["subject"] for one in journal if one["action"] == "programme.release")
    yield from _unequal("release", Counter(one["_id"] for one in seen.of("programme", "releases")), releases, seen)


def _badges(seen: Seen) -> Iterator[Finding]:
    journal = [one for one in seen.of("badges", "audit") if one["action"] in {"check-in", "check-in.undo"}]
    check_ins = seen.of("badges", "check_ins")
    asked = Counter(one["actor"] for one in check_ins) + Counter(one["actor"] for one in check_ins if one["undone_at"])
    yield from _unequal("check-ins at", asked, Counter(one["actor"] for one in journal), seen)


def _unequal(what: str, acts: Counter[str], written: Counter[str], seen: Seen) -> Iterator[Finding]:
    for id in sorted({*acts, *written} - seen.erased):
        if acts[id] != written[id]:
            told = f"{count(acts[id], 'act')} of the team, {count(written[id], 'entry', 'entries')} in the journal"
            yield Finding("I16", f"{what} {id}", told)


_COMPARED = {"registration": _registration, "programme": _programme, "badges": _badges}
