"""What the form shows: the answers given so far, the sessions by time, and what is to be mended."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from services.registration.domain.places import Level, left, level
from services.registration.domain.refusals import Mistake
from services.registration.intake import Typed
from services.registration.organisations import Authority
from services.registration.store import Shown
from shared.events import Text
from shared.events.programme import Session
from shared.web import said

_ELEMENTS = {
    "language": "language-fr",
    "needs": "needs-step-free",
    "privacy": "privacy-yes",
    "sessions": "seances",
    "organisation_kind": "organisation_name",
    "": "bilan",
}
"""The element a link leads to, where it is not named like the field."""


@dataclass(frozen=True)
class Fault:
    """A mistake as the page tells it. `field` is the id of the element to go to."""

    field: str
    text: str
    name: str


@dataclass(frozen=True)
class Choice:
    """A session on the form."""

    id: str
    title: Text
    kind: Text
    tone: str
    access: str
    level: Level
    left: int | None
    percent: int
    checked: bool
    fault: str = ""
    waiting: int = 0


@dataclass(frozen=True)
class Slot:
    """Sessions that begin and end together; `clash` is the sentence when two of them are chosen."""

    start: datetime
    end: datetime
    choices: tuple[Choice, ...]
    clash: str = ""


@dataclass(frozen=True)
class Given:
    """Everything of a post that the page shows again, or carries along."""

    typed: Typed
    key: str = ""
    mark: str = ""
    choice: str = ""
    """Which of several homonyms: `commune:93048`, `other`, or nothing yet."""
    homonyms: tuple[Authority, ...] = ()
    mistakes: tuple[Mistake, ...] = field(default=())


def faults(mistakes: Iterable[Mistake], lang: str) -> list[Fault]:
    """The mistakes in words, each with the element it is about."""
    return [Fault(_element(one), said(lang, one), one.field) for one in mistakes]


def _element(mistake: Mistake) -> str:
    sessions = _sessions_of(mistake)
    if sessions:
        return f"s-{sessions[0]}"
    if mistake.code == "homonyms":
        return "organisation_choice"
    return _ELEMENTS.get(mistake.field, mistake.field)


def _sessions_of(mistake: Mistake) -> tuple[str, ...]:
    one = mistake.params.get("session")
    return (str(one),) if one else tuple(mistake.params.get("sessions", ()))


def slots(shown: Shown, given: Given, now: datetime, lang: str) -> list[Slot]:
    """Sessions still to come that one can, or only the invited can, sign up to; by time."""
    listed = [one for one in shown.programme.sessions.values() if one.status == "scheduled" and one.start > now]
    wrong = {id: one for one in given.mistakes for id in _sessions_of(one)}
    made = []
    for (start, end), group in groupby(listed, key=lambda one: (one.start, one.end)):
        sessions = list(group)
        choices = tuple(_choice(one, shown, given, wrong, lang) for one in sessions if one.access != "open")
        clash = next((said(lang, wrong[one.id]) for one in sessions if _clashes(wrong.get(one.id))), "")
        if choices:
            made.append(Slot(start, end, choices, clash))
    return made


def _clashes(mistake: Mistake | None) -> bool:
    return mistake is not None and mistake.code == "sessions-overlap"


def _choice(session: Session, shown: Shown, given: Given, wrong: dict[str, Mistake], lang: str) -> Choice:
    taken = shown.places.sessions.get(session.id, 0)
    kind = shown.programme.kinds.get(session.kind)
    mistake = wrong.get(session.id)
    full = shown.places.is_full(session)
    return Choice(
        id=session.id,
        title=session.title,
        kind=kind.label if kind else {"fr": session.kind},
        tone=shown.programme.tone(session),
        access=session.access,
        level="full" if full else level(session.capacity, taken),
        left=left(session.capacity, taken),
        percent=min(100, 100 * taken // session.capacity) if session.capacity else 0,
        checked=session.id in (*given.typed.sessions, *given.typed.waiting),
        fault=said(lang, mistake) if mistake else "",
        waiting=shown.places.waiting.get(session.id, 0),
    )


def fullness(shown: Shown, now: datetime) -> dict[str, Any]:
    """Which public categories take nobody now, and whether the edition as a whole does not."""
    public = [one for one in shown.edition.categories if one.public and shown.edition.is_open(now, one)]
    refusals = {one.id: shown.places.refusal(shown.edition, one, now) for one in public if not one.approval}
    full = {id for id, refusal in refusals.items() if refusal}
    return {
        "full_categories": full,
        "all_full": bool(full) and len(full) == len(public),
        "queued": shown.places.waitlisted,
        "queued_in": shown.places.queued,
    }


def open_sessions(shown: Shown, now: datetime) -> Sequence[Session]:
    """What everybody may attend, breaks left out."""
    return [
        one
        for one in shown.programme.sessions.values()
        if one.access == "open" and one.start > now and shown.programme.tone(one) != "break"
    ]


def context(shown: Shown, given: Given, now: datetime, lang: str) -> dict[str, Any]:
    """What the template works with."""
    found = faults(given.mistakes, lang)
    by_name = defaultdict(str, ((one.name, one.text) for one in reversed(found)))
    return {
        "edition": shown.identity,
        "zone": shown.identity.timezone,
        "categories": [one for one in shown.edition.categories if one.public],
        "typed": given.typed,
        "given": given,
        "errors": found,
        "error": by_name,
        "slots": slots(shown, given, now, lang),
        "open_sessions": open_sessions(shown, now),
        **fullness(shown, now),
        "may_keep_both": shown.edition.overlaps == "warn",
    }
