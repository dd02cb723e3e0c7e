"""Who will be told what, before it is released: counted, named and written by the code that will send it."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime, Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from services.notifications.actions.sending import Errand
from services.notifications.composing import spoken
from services.notifications.domain import callings, plans
from services.notifications.domain.deliveries import Template
from services.notifications.domain.plans import Planned
from services.notifications.domain.reviews import Holder
from services.notifications.masking import masked
from services.notifications.store import Edition
from services.notifications.web.context import Desk, DeskDep
from services.notifications.writing import letter, usable
from shared.clock import now
from shared.errors import NotFound, Refusal
from shared.events import Text
from shared.i18n import LANGUAGES
from shared.web import Form, Staff, read_form, staff
from shared.web.inputs import Input

router = APIRouter(prefix="/equipe/fragments/notifications", include_in_schema=False)

MAY = staff("programme", "messages")
NAMED = 50
"""Names shown at once; the others are one click away."""
SESSIONS = 2000
"""More than any programme has."""
NO_STORE = {"Cache-Control": "no-store"}
Kept = Annotated[str, StringConstraints(max_length=20_000)]
"""What the draft holds: checked where it was written, by the rules of its day."""


class BadPlan(Refusal):
    """What was sent is not a list of sessions as they will be."""

    code = "bad-plan"
    status = 422
    text = "Ces changements ne se lisent pas : revenez au programme et recommencez."


class PlannedSession(Input):
    """A session as it will be; `room` is its name."""

    id: Kept
    status: Literal["scheduled", "cancelled"]
    start: AwareDatetime
    end: AwareDatetime
    room: Kept | None
    title: Annotated[dict[Literal["fr", "en", "es"], Kept], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> "PlannedSession":
        if self.end < self.start or "fr" not in self.title:
            raise ValueError("an end before its start, or no French title")
        return self

    def planned(self) -> Planned:
        """The same for the domain."""
        title: Text = {str(lang): words for lang, words in self.title.items()}
        return Planned(self.id, self.status == "cancelled", self.start, self.end, self.room, title)


_SESSIONS = TypeAdapter(Annotated[list[PlannedSession], Field(max_length=SESSIONS)])


@router.post("/affected")
async def affected(request: Request, desk: DeskDep, _person: Staff = MAY) -> HTMLResponse:
    """The card: how many people, who, in which languages, and what one of them will read."""
    form = await read_form(request)
    release, sessions = _plan(form)
    edition = await _edition(desk, form.get("edition", ""))
    newest = edition.released
    if newest is None:
        return desk.pages.render(request, "fragment_affected.html", people=[], headers=NO_STORE)
    made = plans.released(newest, release, sessions)
    planned = replace(edition, released=made, programme=plans.programme(edition.programme, made))
    moment = now()
    people = plans.concerned(await desk.store.holders(edition.changed.edition), planned.programme, moment)
    counts = Counter(spoken(one.language) for one in people)
    return desk.pages.render(
        request,
        "fragment_affected.html",
        people=people,
        named=NAMED,
        languages=[(code, counts[code]) for code in LANGUAGES if counts[code]],
        example=people[0] if people else None,
        texts=await _texts(desk, planned, people[0], moment) if people else {},
        minutes=round(desk.quiet.total_seconds() / 60),
        headers=NO_STORE,
    )


def _plan(form: Form) -> tuple[int, list[Planned]]:
    given = form.get("release", "")
    if not (given.isascii() and given.isdecimal() and len(given) < 7):
        raise BadPlan
    try:
        sessions = _SESSIONS.validate_python(json.loads(form.get("sessions", "")), strict=False)
    except (ValueError, RecursionError, ValidationError):
        raise BadPlan from None
    if len({session.id for session in sessions}) < len(sessions):
        raise BadPlan
    return int(given), [session.planned() for session in sessions]


async def _edition(desk: Desk, id: str) -> Edition:
    editions = await desk.store.editions(desk.editions)
    desk.editions.update(editions)
    if id not in editions:
        raise NotFound
    return editions[id]


async def _texts(desk: Desk, planned: Edition, holder: Holder, moment: datetime) -> dict[str, dict[str, str]]:
    """What this person would read, in each language."""
    known = await desk.store.known(holder.registration)
    if known is None or planned.released is None:
        return {}
    words = usable(await desk.store.wordings())
    release = planned.released.release
    queued = callings.programme_changed(known.fact, known.sequence, release, holder.told.count, moment)
    texts = {}
    for lang in LANGUAGES:
        delivery = replace(queued, language=lang, made_from=release)
        made = letter(Errand(delivery, known, holder.told), planned, planned.released, None)
        content = desk.composer.compose(made, words.get((Template.PROGRAMME_CHANGED, lang)))
        texts[lang] = {"title": content.title, "text": masked(content.text)}
    return texts
