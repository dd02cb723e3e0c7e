"""I11 and I16: what failed for good is kept and shown; what the team did is in the journal, once.

The journal is in no fact: what a service's had said before a rebuild is lost, and counted, not found.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.seen import Seen
from services.badges.domain.rebuilding import ACTOR

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
    compared = [_COMPARED[service](seen) for service in seen.entries if service in _COMPARED]
    findings = [finding for one in compared for finding in _unequal(one, seen)]
    entries = sum(len(seen.of(service, "audit")) for service in seen.entries)
    notes = tuple(
        f"{count(lost, 'act')} without an entry: the journal of {one.service} was lost with its database"
        for one in compared
        if (lost := one.lost.total())
    )
    return Checked("I16", "journal of the team", count(entries, "entry", "entries"), tuple(findings), notes)


@dataclass
class _Compared:
    """What facts and documents say the team did to what, what the journal says of it, and what it cannot say any more.

    `lost` are the acts before the journal's beginning; they are not among `acts`.
    """

    service: str
    what: str
    written: Counter[str]
    acts: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def did(self, id: str, *, lost: bool) -> None:
        """One act."""
        (self.lost if lost else self.acts)[id] += 1


def _registration(seen: Seen) -> _Compared:
    written = Counter(one["subject"] for one in seen.of("registration", "audit") if one["action"] in ACTS)
    compared = _Compared("registration", "registration", written)
    begins = seen.journal_lost_until("registration")
    for history in seen.histories.values():
        for entry in history:
            if entry.body.get("actor") == "staff" and entry.sequence > 1:
                compared.did(entry.key, lost=entry.at <= begins)
    return compared


def _programme(seen: Seen) -> _Compared:
    journal = seen.of("programme", "audit")
    written = Counter(one["subject"] for one in journal if one["action"] == "programme.release")
    compared = _Compared("programme", "release", written)
    begins = seen.journal_lost_until("programme")
    for release in seen.of("programme", "releases"):
        compared.did(release["_id"], lost=release["released_at"] <= begins)
    return compared


def _badges(seen: Seen) -> _Compared:
    journal = [one for one in seen.of("badges", "audit") if one["action"] in {"check-in", "check-in.undo"}]
    compared = _Compared("badges", "check-ins at", Counter(one["actor"] for one in journal))
    for one in seen.of("badges", "check_ins"):
        for _ in range(2 if one["undone_at"] else 1):
            compared.did(one["actor"], lost=one["actor"] == ACTOR)
    return compared


def _unequal(compared: _Compared, seen: Seen) -> Iterator[Finding]:
    acts, written = compared.acts, compared.written
    for id in sorted({*acts, *written} - seen.erased):
        if acts[id] != written[id]:
            told = f"{count(acts[id], 'act')} of the team, {count(written[id], 'entry', 'entries')} in the journal"
            yield Finding("I16", f"{compared.what} {id}", told)


_COMPARED = {"registration": _registration, "programme": _programme, "badges": _badges}
