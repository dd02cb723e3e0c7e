"""I1 and I2: what was acknowledged is there, what was refused is not, and nothing is there twice.

The table in the manner of Jepsen: each operation whose answer is known is held against what was written, and each
whose answer was lost is looked for.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from tests.storm.checks.finding import Finding
from tests.storm.evidence import Evidence, Fact
from tests.storm.history import Operation

ROWS = ("acknowledged", "refused", "lost", "unknown, found", "unknown, not there", "doubled", "refused, but there")


class Written:
    """Looks an operation up in what was written: how often it was carried out."""

    def __init__(self, evidence: Evidence) -> None:
        self._told = evidence.told("registration")
        facts = [fact for facts in self._told.values() for fact in facts]
        self._came = Counter(_email(fact) for fact in facts if fact.sequence == 1 and "person" in fact.body)
        amended = [one for one in facts if one.kind == "amended" and "function" in one.body["changed"]]
        self._marked = Counter((one.key, one.body["person"]["function"]) for one in amended)
        self._handed = Counter((one.key, _email(one)) for one in facts if one.kind == "transferred")
        self._scans = Counter(id.partition(":")[2].partition(":")[2] for id in evidence.of("badges", "check_ins"))
        self._undone = {
            id.partition(":")[2].partition(":")[2]
            for id, one in evidence.of("badges", "check_ins").items()
            if one["undone_at"]
        }
        self._erased = evidence.erased
        self._releases = {fact.body["release"] for fact in evidence.facts if fact.kind == "released"}

    def times(self, operation: Operation) -> int:
        """How often it was carried out."""
        looks: dict[str, Callable[[Operation], int]] = {
            "register": lambda one: self._came[one.about["email"]],
            "amend": lambda one: self._marked[one.about["id"], one.about["marker"]],
            "choose": lambda one: self._marked[one.about["id"], one.about["marker"]],
            "transfer": lambda one: self._handed[one.about["id"], one.about["email"]],
            "cancel": lambda one: self._became(one, "cancelled") or self._became(one, "refused"),
            "erase": lambda one: int(one.about["id"] in self._erased),
            "approve": lambda one: min(1, self._became(one, "confirmed") + self._became(one, "waitlisted")),
            "refuse": lambda one: self._became(one, "refused"),
            "accept": self._accepted,
            "scan": lambda one: self._scans[one.about["nonce"]],
            "undo": lambda one: int(one.about["nonce"] in self._undone),
            "release": lambda one: int(one.answer.get("number") in self._releases),
        }
        return looks[operation.kind](operation)

    def _of(self, operation: Operation) -> list[Fact]:
        return self._told.get(operation.about["id"], [])

    def _became(self, operation: Operation, status: str) -> int:
        return sum(fact.kind == status for fact in self._of(operation))

    def _accepted(self, operation: Operation) -> int:
        if operation.about["what"] == "place":
            return self._became(operation, "confirmed")
        taken = (one for one in self._of(operation) if "offer-accepted" in one.body["changed"])
        return int(any(one.body["session"] == operation.about["what"] for one in taken))


LOOKED_UP = (
    "register",
    "amend",
    "choose",
    "transfer",
    "cancel",
    "erase",
    "approve",
    "refuse",
    "accept",
    "scan",
    "undo",
    "release",
)
"""What leaves a mark of its own. A refusal by the team, a declined offer and an edit may come to nothing."""

NO_MARK_WHEN_REFUSED = {"register", "amend", "choose", "transfer", "scan"}
"""What nobody else can have done: refused, it must not be there."""

ONCE = {"register", "amend", "choose", "transfer", "cancel", "scan"}
"""What may be there once at most."""


def sort(operation: Operation, times: int) -> str:
    """Its row of the table."""
    if times > 1 and operation.kind in ONCE:
        return "doubled"
    if operation.outcome == "ok":
        return "acknowledged" if times else "lost"
    if operation.outcome == "unknown":
        return "unknown, found" if times else "unknown, not there"
    return "refused, but there" if times and operation.kind in NO_MARK_WHEN_REFUSED else "refused"


def table(evidence: Evidence) -> dict[str, Counter[str]]:
    """How many operations of each kind are in each row; those without a mark of their own by their answer alone."""
    written, rows = Written(evidence), dict[str, Counter[str]]()
    held = {one.number for one in _held(evidence)}
    for one in evidence.operations:
        known = {"ok": "acknowledged", "refused": "refused", "unknown": "unknown, not there"}[one.outcome]
        row = sort(one, written.times(one)) if one.number in held else known
        rows.setdefault(one.kind, Counter())[row] += 1
    return rows


def check(evidence: Evidence) -> Iterator[Finding]:
    """Nothing lost, nothing doubled, nothing there that was refused; the same key, the same answer."""
    written = Written(evidence)
    for one in _held(evidence):
        row = sort(one, written.times(one))
        if row in {"lost", "doubled", "refused, but there"} and not _came_later(evidence, one, row):
            yield Finding("I1" if row == "lost" else "I2", f"{one.kind} {row}", str(one.about))
    yield from _keys(evidence)


def _held(evidence: Evidence) -> list[Operation]:
    """What can be held against what was written: of people who were erased, only that they were."""
    forgotten = {one.number for one in evidence.forgotten() if one.kind != "erase"}
    return [one for one in evidence.asked(*LOOKED_UP) if one.number not in forgotten]


def _came_later(evidence: Evidence, operation: Operation, row: str) -> bool:
    """A double click is several operations with one key: one may be refused early and another accepted later."""
    if operation.kind != "register" or row != "refused, but there":
        return False
    same = (one for one in evidence.asked("register", "register-again") if one.about == operation.about)
    return any(one.outcome != "refused" for one in same)


def _keys(evidence: Evidence) -> Iterator[Finding]:
    answers: dict[str, set[str]] = {}
    for one in evidence.asked("register", "register-again"):
        if one.is_ok:
            answers.setdefault(one.about["key"], set()).add(str(sorted(one.answer.items())))
    for key, said in answers.items():
        if len(said) > 1:
            yield Finding("I2", "one key, several answers", f"{key}: {said}")
    for one in evidence.asked("other-body"):
        if one.is_ok or (one.outcome == "refused" and one.code != "idempotency-key-reused"):
            yield Finding("I2", f"the same key with another body: {one.outcome} {one.code}", str(one.about))


def _email(fact: Fact) -> str:
    return str(fact.body["person"]["email"])
