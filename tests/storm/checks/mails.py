"""I6, I8 and I10: every mail has come to an end, arrived once, or more often and flagged, and nobody is told twice."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.storm.checks.finding import Finding
from tests.storm.evidence import Evidence

ENDS = {"sent", "refused", "expired", "unknown"}
WELCOMES = {"confirmation", "transfer-received"}
TELLS = {*WELCOMES, "sessions-changed", "programme-changed"}
ONCE = {*WELCOMES, "cancellation", "submitted", "waitlisted", "refused", "transfer-given"}
"""Mails that one turn of a registration calls for once at most."""


def check(evidence: Evidence) -> Iterator[Finding]:
    """The mailbox against the deliveries, and the deliveries against those who come."""
    yield from _mailbox(evidence)
    yield from _welcomed(evidence)
    yield from _told_once(evidence)
    yield from _told_the_newest(evidence)


def _mailbox(evidence: Evidence) -> Iterator[Finding]:
    deliveries, copies = evidence.of("notifications", "deliveries"), evidence.copies()
    forgotten = evidence.forgotten_addresses()
    for mail in evidence.mails:
        if mail.delivery not in deliveries and mail.recipient not in forgotten:
            yield Finding("I8", "a mail that nobody sent", f"{mail.delivery}: {mail.recipient}")
    for id, one in deliveries.items():
        if wrong := _wrong(one, copies[id]):
            yield Finding("I8", wrong, f"{id}: {one['template']} to {one['recipient']}")
    for mail in evidence.mails:
        known = deliveries.get(mail.delivery)
        if known and known["recipient"].lower() not in mail.recipient:
            yield Finding("I8", "a mail for somebody else", f"{mail.delivery}: {mail.recipient}")


def _wrong(delivery: dict[str, Any], copies: int) -> str:
    """What is wrong with a delivery of which so many copies arrived; empty if nothing is."""
    state, flagged = delivery["state"], bool(delivery["doubts"])
    if state not in ENDS or delivery["due"] is not None:
        return f"forgotten as {state}"
    if copies > 1 and not flagged:
        return f"arrived {copies} times, not flagged"
    if not copies and state == "sent":
        return "sent, and did not arrive"
    if copies and state in {"refused", "expired"} and not flagged:
        return f"{state}, and arrived"
    return ""


def _welcomed(evidence: Evidence) -> Iterator[Finding]:
    """Everybody with a place has been written to; everybody who was and no longer comes, too."""
    deliveries = evidence.of("notifications", "deliveries").values()
    welcomed = {(one["registration"], one["generation"]) for one in deliveries if one["template"] in WELCOMES}
    reached = {(one["registration"], one["generation"]) for one in _sent(evidence) if one["template"] in WELCOMES}
    parted = {one["registration"] for one in deliveries if one["template"] in {"cancellation", "offer-expired"}}
    for id, one in evidence.of("registration", "registrations").items():
        if one["status"] == "confirmed" and (id, one["badge"]) not in welcomed:
            yield Finding("I6", "somebody with a place was not written to", id)
        if one["status"] == "cancelled" and (id, one["badge"]) in reached and id not in parted:
            yield Finding("I6", "somebody who cancelled was not written to", id)


def _told_once(evidence: Evidence) -> Iterator[Finding]:
    sent = Counter(
        (one["registration"], one["generation"], one["template"], one["recipient"]) for one in _sent(evidence)
    )
    for key, count in sent.items():
        if count > 1 and key[2] in ONCE:
            yield Finding("I6", f"{key[2]} was sent {count} times", key[0])
    changes = Counter(
        (one["registration"], one["generation"], one["made_from"])
        for one in _sent(evidence)
        if one["template"] == "programme-changed"
    )
    for (id, _, release), count in changes.items():
        if count > 1:
            yield Finding("I10", f"told {count} times of release {release}", id)


def _told_the_newest(evidence: Evidence) -> Iterator[Finding]:
    """What everybody was told last is what the newest release says of their sessions."""
    now = {id: one for fact in evidence.documents.get(("notifications", "programmes"), []) for id, one in _places(fact)}
    doubtful = {
        one["registration"]
        for one in evidence.of("notifications", "deliveries").values()
        if one["template"] in TELLS and one["state"] != "sent" and one["state"] != "expired"
    }
    registrations = evidence.of("registration", "registrations")
    for told in evidence.documents.get(("notifications", "told"), []):
        one = registrations.get(told["registration"])
        if not told["live"] or not one or one["status"] != "confirmed" or told["registration"] in doubtful:
            continue
        said = {line["id"]: (line["place"]["start"], line["place"]["end"]) for line in told["said"]}
        for session in one["sessions"]:
            if session in now and said.get(session) != now[session]:
                about = f"{told['registration']}: {session}, told {said.get(session)}, is {now[session]}"
                yield Finding("I10", "somebody was not told of a change", about)


def _places(document: dict[str, Any]) -> Iterator[tuple[str, tuple[datetime, datetime]]]:
    for session in document["fact"]["sessions"]:
        yield session["id"], (datetime.fromisoformat(session["start"]), datetime.fromisoformat(session["end"]))


def _sent(evidence: Evidence) -> list[dict[str, Any]]:
    return [one for one in evidence.of("notifications", "deliveries").values() if one["state"] == "sent"]
