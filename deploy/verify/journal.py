"""I11 and I16: what failed for good is kept and shown; what the team did is in the journal, once.

The journal is in no fact, and grows old: what it had said before a rebuild, or a year ago, is counted, not found.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, time, timedelta

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.seen import NEVER, Document, Seen
from services.badges.domain.rebuilding import ACTOR
from shared.purposes import JOURNAL

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
    compared = [compare(seen) for service in seen.entries for compare in _COMPARED.get(service, ())]
    findings = [finding for one in compared for finding in _unequal(one, seen)]
    entries = sum(len(seen.of(service, "audit")) for service in seen.entries)
    notes = tuple(
        f"{count(one.lost, 'act')} before the journal of {one.service} begins: lost with its database, or a year ago"
        for one in compared
        if one.lost
    )
    return Checked("I16", "journal of the team", count(entries, "entry", "entries"), tuple(findings), notes)


class _Compared:
    """What facts and documents say the team did to what, and what the journal says of it, from its beginning on.

    `lost` is how much was done before that.
    """

    def __init__(self, service: str, what: str, begins: datetime) -> None:
        self.service, self.what, self._begins = service, what, begins
        self.acts: Counter[str] = Counter()
        self.written: Counter[str] = Counter()
        self.lost = 0

    def noted(self, journal: Iterable[Document], actions: Collection[str], by: str = "subject") -> None:
        """The entries of the journal that speak of such acts."""
        self.written.update(one[by] for one in journal if one["action"] in actions and one["at"] > self._begins)

    def did(self, id: str, at: datetime) -> None:
        """One act."""
        if at > self._begins:
            self.acts[id] += 1
        else:
            self.lost += 1


def _kept_from(seen: Seen) -> datetime:
    """What was written since then is still there; whoever deletes may be a day ahead."""
    assert JOURNAL.kept
    return datetime.combine(JOURNAL.kept.cutoff(seen.at.date()) + timedelta(days=1), time(), UTC)


def _begins(seen: Seen, service: str) -> datetime:
    return max(seen.journal_lost_until(service), _kept_from(seen))


def _registration(seen: Seen) -> _Compared:
    compared = _Compared("registration", "registration", _begins(seen, "registration"))
    compared.noted(seen.of("registration", "audit"), ACTS)
    for history in seen.histories.values():
        for entry in history:
            if entry.body.get("actor") == "staff" and entry.sequence > 1:
                compared.did(entry.key, entry.at)
    return compared


def _programme(seen: Seen) -> _Compared:
    compared = _Compared("programme", "release", _begins(seen, "programme"))
    compared.noted(seen.of("programme", "audit"), {"programme.release"})
    for release in seen.of("programme", "releases"):
        compared.did(release["_id"], release["released_at"])
    return compared


def _badges(seen: Seen) -> _Compared:
    """Here each act says itself whether it came back from a fact."""
    compared = _Compared("badges", "check-ins at", _kept_from(seen))
    compared.noted(seen.of("badges", "audit"), {"check-in", "check-in.undo"}, by="actor")
    for one in seen.of("badges", "check_ins"):
        for at in filter(None, (one["at"], one["undone_at"])):
            compared.did(one["actor"], NEVER if one["actor"] == ACTOR else at)
    return compared


def _batches(seen: Seen) -> _Compared:
    """A batch that was forgotten is known by the entry that says so alone."""
    compared = _Compared("badges", "batch", _begins(seen, "badges"))
    journal = seen.of("badges", "audit")
    compared.noted(journal, {"batch.print"})
    for batch in seen.of("badges", "batches"):
        compared.did(batch["_id"], batch["made_at"])
    for one in journal:
        if one["action"] == "batch.discard":
            compared.did(one["subject"], one["at"])
    return compared


def _unequal(compared: _Compared, seen: Seen) -> Iterator[Finding]:
    acts, written = compared.acts, compared.written
    for id in sorted({*acts, *written} - seen.erased):
        if acts[id] != written[id]:
            told = f"{count(acts[id], 'act')} of the team, {count(written[id], 'entry', 'entries')} in the journal"
            yield Finding("I16", f"{compared.what} {id}", told)


_COMPARED = {"registration": (_registration,), "programme": (_programme,), "badges": (_badges, _batches)}
