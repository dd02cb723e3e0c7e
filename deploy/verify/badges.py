"""I9: exactly one valid badge for each confirmed registration, and nobody admitted with one that was not."""

import base64
from collections import Counter
from collections.abc import Iterator

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.seen import Document, Entry, Seen
from services.badges.tokens import Mint


def check_badges(seen: Seen) -> Checked:
    """I9: what is valid, what is void, and what the door did."""
    badges: dict[str, list[Document]] = {}
    for one in seen.of("badges", "badges"):
        if one["registration"] not in seen.erased:
            badges.setdefault(one["registration"], []).append(one)
    findings: list[Finding] = [*_valid(seen, badges), *_genuine(seen, badges), *_door(seen, badges)]
    valid = sum(one["state"] == "active" for some in badges.values() for one in some)
    void = sum(map(len, badges.values())) - valid
    admitted = sum(one["result"] == "admitted" for one in seen.of("badges", "check_ins"))
    looked_at = f"{count(valid, 'valid badge')}, {void:,} void, {count(admitted, 'admission')}"
    return Checked("I9", "badges", looked_at, tuple(findings))


def _valid(seen: Seen, badges: dict[str, list[Document]]) -> Iterator[Finding]:
    """Of each registration: the badge of its generation if it is confirmed, and no other."""
    due = {one["_id"] for one in seen.of("badges", "holders") if one["due"]}
    for id, history in seen.histories.items():
        newest = history[-1].body
        wanted = [newest["generation"]] if newest["status"] == "confirmed" else []
        valid = sorted(one["generation"] for one in badges.get(id, []) if one["state"] == "active")
        if id in due:
            yield Finding("I9", f"registration {id}", "its badge is still to be drawn")
        elif valid != wanted:
            what = f"is {newest['status']} with badge {newest['generation']}; valid: {valid or 'none'}"
            yield Finding("I9", f"registration {id}", what)


def _genuine(seen: Seen, badges: dict[str, list[Document]]) -> Iterator[Finding]:
    """Each badge is the one that our secret gives this registration and generation."""
    key = seen.environments.get("badges", {}).get("BADGE_PRIVATE_KEY")
    if not key:
        return
    mint = Mint(base64.b64decode(key))
    for some in badges.values():
        for one in some:
            secrets = mint.secrets(one["registration"], one["generation"])
            if (one["id"], one["code"]) != (secrets.id, secrets.code):
                yield Finding("I9", f"badge {one['_id']}", "its id or its code is not ours")


def _door(seen: Seen, badges: dict[str, list[Document]]) -> Iterator[Finding]:
    """Each admission was of a badge valid at that moment, and is counted once."""
    facts: dict[str, list[Entry]] = {}
    for entry in seen.entries["badges"]:
        facts.setdefault(entry.key, []).append(entry)
    for id in sorted(facts.keys() - seen.erased):
        yield from _void_admissions(id, facts[id])
        names = Counter(entry.name for entry in facts[id])
        admitted = names["checked-in"] - names["check-in-undone"]
        entries = [(one["_id"], entry) for one in badges.get(id, []) for entry in one["entries"]]
        if len(entries) != admitted:
            what = f"{count(admitted, 'admission')} told, {count(len(entries), 'entry', 'entries')} on its badges"
            yield Finding("I9", f"registration {id}, entries", what)
        for (badge, day, _), times in Counter((key, one["day"], one["rehearsal"]) for key, one in entries).items():
            if times > 1:
                yield Finding("I9", f"badge {badge}, {day}", f"was admitted {times} times on one day")


def _void_admissions(id: str, told: list[Entry]) -> Iterator[Finding]:
    """Admissions at a moment when no badge of this registration was valid: the facts tell them in order."""
    valid: set[int] = set()
    for entry in told:
        if entry.name == "issued":
            valid.add(entry.body["generation"])
        elif entry.name == "revoked":
            valid.discard(entry.body["generation"])
        elif entry.name == "checked-in" and not valid:
            yield Finding("I9", f"registration {id}", f"was admitted at {entry.at:%H:%M:%S} without a valid badge")
