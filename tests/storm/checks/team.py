"""I16: what the team changed is in the journal, once for each change."""

from collections import Counter
from collections.abc import Iterator

from tests.storm.checks.finding import Finding
from tests.storm.evidence import Evidence

FURNISHED = 2
"""Changes of the rules that were made before the storm."""

BY_FACT = {"confirmed": "approve", "waitlisted": "approve", "refused": "refuse", "cancelled": "cancel"}
"""What the team's act is called in the journal, by what was told of it."""

EDITED = {"registration.amend", "registration.correct", "registration.choose"}


def check(evidence: Evidence) -> Iterator[Finding]:
    """The journals of registration, programme and badges."""
    yield from _registrations(evidence)
    yield from _rules(evidence)
    yield from _releases(evidence)
    yield from _door(evidence)


def _registrations(evidence: Evidence) -> Iterator[Finding]:
    journal = Counter((one["subject"], one["action"]) for one in evidence.of("registration", "audit").values())
    erased = evidence.erased
    for id, facts in evidence.told("registration").items():
        if id in erased:
            if journal[id, "registration.erase"] != 1:
                yield Finding("I16", "the journal says otherwise of an erasure", id)
            continue
        done = Counter(
            BY_FACT[fact.kind] for fact in facts if fact.kind in BY_FACT and _by_the_team(fact.body, fact.sequence)
        )
        for word in ("approve", "refuse", "cancel"):
            if journal[id, f"registration.{word}"] != done[word]:
                about = f"{id}: {journal[id, f'registration.{word}']} of {done[word]}"
                yield Finding("I16", f"the journal says otherwise of {word}", about)
        edits = sum(fact.kind == "amended" and fact.body["actor"] == "staff" for fact in facts)
        noted = sum(journal[id, action] for action in EDITED)
        if noted != edits:
            yield Finding("I16", "the journal says otherwise of amendments", f"{id}: {noted} of {edits}")


def _by_the_team(body: dict, sequence: int) -> bool:
    return body.get("actor") == "staff" and sequence > 1


def _rules(evidence: Evidence) -> Iterator[Finding]:
    noted = sum(one["action"] == "edition.set-rules" for one in evidence.of("registration", "audit").values())
    asked = Counter(one.outcome for one in evidence.asked("rules"))
    least = asked["ok"] + FURNISHED
    most = least + asked["unknown"]
    if not least <= noted <= most:
        yield Finding("I16", "the journal says otherwise of the rules", f"{noted}, wanted {least} to {most}")


def _releases(evidence: Evidence) -> Iterator[Finding]:
    noted = Counter(
        one["subject"] for one in evidence.of("programme", "audit").values() if one["action"] == "programme.release"
    )
    for id in evidence.of("programme", "releases"):
        if noted[id] != 1:
            yield Finding("I16", f"the journal has release {id} {noted[id]} times")


def _door(evidence: Evidence) -> Iterator[Finding]:
    noted = Counter(one["action"] for one in evidence.of("badges", "audit").values())
    answers = evidence.of("badges", "check_ins").values()
    wanted = {"check-in": len(answers), "check-in.undo": sum(bool(one["undone_at"]) for one in answers)}
    for action, count in wanted.items():
        if noted[action] != count:
            yield Finding("I16", f"the journal says otherwise of {action}", f"{noted[action]} of {count}")
