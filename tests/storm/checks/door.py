"""I6 and I9: everybody with a place has one good badge, and only good badges are admitted, once a day."""

from collections import Counter
from collections.abc import Iterator

from tests.storm.checks.finding import Finding
from tests.storm.evidence import Evidence

WANTED = {"forged": {"unknown"}, "withdrawn": {"revoked"}, "good": {"admitted", "already", "revoked"}}
"""What the door may say to what was shown. A good badge may have been withdrawn on the way to the door."""


def check(evidence: Evidence) -> Iterator[Finding]:
    """Every answer of the door, every admission, every badge."""
    yield from _answers(evidence)
    yield from _admissions(evidence)
    yield from _after_the_end(evidence)
    yield from _one_each(evidence)


def _answers(evidence: Evidence) -> Iterator[Finding]:
    said: dict[str, set[str]] = {}
    for one in evidence.asked("scan"):
        if not one.is_ok:
            continue
        result, sort = one.answer["result"], one.about["sort"]
        said.setdefault(one.about["nonce"], set()).add(result)
        if result not in WANTED[sort]:
            yield Finding("I9", f"a {sort} badge was answered {result}", str(one.about))
    for nonce, results in said.items():
        if len(results) > 1:
            yield Finding("I9", f"one nonce, several answers: {sorted(results)}", nonce)


def _admissions(evidence: Evidence) -> Iterator[Finding]:
    admitted = Counter(
        (one["badge"], one["day"], one["rehearsal"])
        for one in evidence.of("badges", "check_ins").values()
        if one["result"] == "admitted" and not one["undone_at"]
    )
    for (badge, day, _), count in admitted.items():
        if count > 1:
            yield Finding("I9", f"one badge was admitted {count} times", f"{badge} on {day}")


def _after_the_end(evidence: Evidence) -> Iterator[Finding]:
    """By the sequence of what badges told of one registration: nobody enters with a badge that was withdrawn."""
    erased = evidence.erased
    for registration, facts in evidence.told("badges").items():
        if registration in erased:
            continue
        good: set[int] = set()
        for fact in facts:
            if fact.kind == "issued":
                good.add(fact.body["generation"])
            elif fact.kind == "revoked":
                good.discard(fact.body["generation"])
            elif fact.kind == "checked-in" and not good:
                yield Finding("I9", "somebody entered with a withdrawn badge", registration)


def _one_each(evidence: Evidence) -> Iterator[Finding]:
    active: dict[str, list[int]] = {}
    for badge in evidence.of("badges", "badges").values():
        if badge["state"] == "active":
            active.setdefault(badge["registration"], []).append(badge["generation"])
    for id, one in evidence.of("registration", "registrations").items():
        wanted = [one["badge"]] if one["status"] == "confirmed" else []
        if active.get(id, []) != wanted:
            yield Finding("I6", f"badges {active.get(id, [])}, wanted {wanted}", id)
