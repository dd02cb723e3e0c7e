"""What lies on the editor's desk: the draft, what is released, places, and what should be looked at."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Request

from services.programme.actions.drafting import Author
from services.programme.domain import checks, releases
from services.programme.domain.checks import Finding
from services.programme.domain.drafts import Stamp
from services.programme.domain.places import Places
from services.programme.domain.releases import Release, ReleasedSession
from services.programme.domain.review import Line, Review, review
from services.programme.store import Public, Saved
from services.programme.web import views
from services.programme.web.context import Desk
from services.programme.web.views import Card
from shared.clock import now
from shared.errors import NotFound
from shared.web import Staff, language, said, staff

Editor = Annotated[Staff, staff("programme")]
"""Who may change the programme; everybody else of the team reads it."""


@dataclass(frozen=True)
class Row:
    """One session on the editor's list."""

    card: Card
    line: Line
    stamp: Stamp
    findings: tuple[Finding, ...]

    @property
    def listed(self) -> tuple[Finding, ...]:
        """Those that the list says here: a conflict with each session that could mend it, all else with its first."""
        id = self.card.session.id
        return tuple(one for one in self.findings if one.severity == "bad" or one.sessions[0] == id)


@dataclass(frozen=True)
class Work:
    """The draft, with all that is known of it. `planned` is the release that would be made now."""

    saved: Saved
    previous: Release | None
    places: Places
    planned: Release
    review: Review
    findings: tuple[Finding, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The edition's clocks."""
        return ZoneInfo(self.saved.edition.timezone)

    @property
    def conflicts(self) -> int:
        """How many findings are conflicts."""
        return sum(finding.severity == "bad" for finding in self.findings)

    def cards(self) -> list[Card]:
        """Every session of the draft, in order of time, those taken out of it too."""
        public = Public(self.saved.edition, self.planned, self.previous, self.places)
        return views.cards(public, self.planned, self.previous)

    def rows(self) -> dict[str, Row]:
        """The same by id, with what the team should know."""
        lines = {line.after.id: line for line in self.review.lines}
        stamps = self.saved.stamps
        return {
            card.session.id: Row(
                card,
                lines[card.session.id],
                stamps.of(card.session.id),
                tuple(finding for finding in self.findings if card.session.id in finding.sessions),
            )
            for card in self.cards()
        }

    @property
    def affected(self) -> str:
        """The changed sessions as they will be, in JSON, for the service that knows whom they concern.

        People know a room by its name: where that changes, its sessions do.
        """
        changed = self.review.changed
        found = [line.after for line in self.review.lines if line in changed or self._renamed(line.after.room)]
        return json.dumps([self._planned(session) for session in found], ensure_ascii=False)

    def _renamed(self, room: str | None) -> bool:
        before = self.previous.room(room) if self.previous else None
        after = self.planned.room(room)
        return before is not None and after is not None and before.name != after.name

    def _planned(self, session: ReleasedSession) -> dict[str, Any]:
        room = self.planned.room(session.room) or (self.previous.room(session.room) if self.previous else None)
        return {
            "id": session.id,
            "status": session.status,
            "start": session.start.astimezone(self.zone).isoformat(),
            "end": session.end.astimezone(self.zone).isoformat(),
            "room": room.name if room else None,
            "title": session.title,
        }


async def load(desk: Desk, public: Public | None) -> Work:
    """The draft of the current edition, read afresh. Raises `NotFound` before the first edition is saved."""
    found = await desk.store.work(public.edition.id) if public else None
    if found is None:
        raise NotFound
    saved, previous, places = found
    planned = releases.release(saved.edition, saved.draft, previous, {}, now())
    findings = checks.findings(saved.edition, saved.draft, places, previous)
    return Work(saved, previous, places, planned, review(previous, planned), findings)


def author(person: Staff) -> Author:
    """Who is at work, for the journal and for colleagues."""
    return Author(person.actor, person.name)


def read_version(typed: str) -> int | None:
    """The version of a session that a form was built on; None for none, and for what is none of ours."""
    return int(typed) if re.fullmatch(r"[0-9]{1,9}", typed) else None


def spelled(request: Request, zone: str) -> Callable[[Any], str]:
    """What spells a finding or its way out in the person's language."""
    return lambda finding: said(language(request), finding, zone)
