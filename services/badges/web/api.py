"""The JSON API: badges, check-ins and attendance, for programs with a token and for staff."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.badges import actions
from services.badges.actions import Answer, Question
from services.badges.domain import Badge, CheckIn, Holder, Reason, Result
from services.badges.domain.desk_links import GATE_LENGTH
from services.badges.web.context import Desk, DeskDep, EditionDep, current_edition
from shared.clock import now
from shared.events import Text
from shared.web import Input, Staff, Words, either, json_body, staff_or_token

router = APIRouter(prefix="/api/badges/v1", tags=["badges"])
T = TypeVar("T")

Organiser = Annotated[Staff, staff_or_token("registrations", "registrations")]
"""Who may read what opens the door: with a badge's token one stands in for its holder."""

at_the_desk = either("desk", "desk")
AtTheDesk = Annotated[Staff, staff_or_token("desk", "desk")]
"""Who checks people in: staff in the role `desk`, or a token with that scope."""

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""What a device's clock may say, however wrong: west of Greenwich, the last hours of 9999 have no time in UTC."""

Nonce = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,80}$")]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=200)]


class BadgeItem(BaseModel):
    """One badge. `token` is the text of its QR, `code` what a person types instead."""

    id: str
    registration: str
    token: str
    code: str
    state: Literal["active", "revoked"]
    category: str
    generation: int


class BadgeList(BaseModel):
    """A page of badges; `next` is the cursor of the page after it."""

    items: list[BadgeItem]
    next: str | None


class CheckInRequest(Input):
    """What was shown at a gate. The same `nonce` again is the same question and gets the same answer."""

    token: Annotated[str, StringConstraints(max_length=500)]
    """The text of the QR, or the typed code."""
    gate: Annotated[str, Words(GATE_LENGTH), Field(min_length=1)]
    scanned_at: Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)] | None = None
    """By the clock of the device; ours decides."""
    nonce: Nonce


class HolderItem(BaseModel):
    """The person, as far as the door needs to know."""

    registration: str
    given_name: str
    family_name: str
    function: str
    organisation: str
    country: str
    category: str
    category_label: Text


class CheckInAnswer(BaseModel):
    """What the door says. `first_seen` and `first_gate` say when and where the badge was admitted before."""

    result: Result
    rehearsal: bool
    holder: HolderItem | None
    """The person as they are known now: for a badge that was transferred, who comes instead."""
    first_seen: datetime | None
    first_gate: str | None
    reason: Reason | None = None
    """Why a revoked badge is void."""
    undone_at: datetime | None = None
    """When this admission was taken back."""


class Attendee(BaseModel):
    """One person on one day. `seen_at` is the first admission."""

    registration: str
    day: date
    seen_at: datetime
    gate: str
    desk: str
    """Whose desk: `staff:`, `token:` or `desk:` and the id of an account, a token or a desk link."""
    category: str
    without_badge: bool
    """They were looked up by name."""


class Attendance(BaseModel):
    """A page of admissions, without rehearsals and without what was taken back."""

    items: list[Attendee]
    next: str | None


@router.get("/badges")
async def badges(
    desk: DeskDep, _person: Organiser, registration: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> BadgeList:
    """All badges, or those of one registration."""
    found = await desk.store.page_of_badges(registration, cursor, limit + 1)
    items = [_badge(badge, holder, desk.workshop.token(badge)) for badge, holder in found[:limit]]
    return BadgeList(items=items, next=_next([badge.key for badge, _ in found], limit))


@router.post("/check-ins")
async def check_in(desk: DeskDep, edition: EditionDep, person: AtTheDesk, body: CheckInRequest) -> CheckInAnswer:
    """Answer at the door. Before the first day it is a rehearsal: nothing counts towards attendance."""
    question = Question(text=body.token, gate=body.gate, scanned_at=body.scanned_at or now(), nonce=body.nonce)
    answer = await actions.check_in(desk.store, desk.workshop, person.actor, edition, question)
    return _answer(answer)


async def check_in_quickly(request: Request) -> Response | None:
    """The same for a door with a queue: what is plainly right does not go through FastAPI."""
    body = await json_body(request, CheckInRequest)
    if body is None:
        return None
    person = await at_the_desk(request)
    desk: Desk = request.app.state.desk
    said = await check_in(desk, await current_edition(desk), person, body)
    return Response(said.model_dump_json(), media_type="application/json")


@router.post("/check-ins/{nonce}/undo")
async def undo(desk: DeskDep, person: AtTheDesk, nonce: Nonce) -> CheckInAnswer:
    """Take back an admission made with this nonce and this token or account, within ten minutes.

    It counts no more, and the badge may enter again. Taken back twice is once.
    """
    return _answer(await actions.undo(desk.store, person.actor, nonce))


@router.get("/attendance")
async def attendance(
    desk: DeskDep, edition: EditionDep, _person: AtTheDesk, limit: Limit = 100, cursor: Cursor = None
) -> Attendance:
    """Who was admitted on which day of the current edition."""
    found = await desk.store.page_of_attendance(edition.id, cursor, limit + 1)
    items = [_attendee(seen) for seen in found[:limit]]
    return Attendance(items=items, next=_next([seen.key for seen in found], limit))


def _next(keys: Sequence[str], limit: int) -> str | None:
    return keys[limit - 1] if len(keys) > limit else None


def _badge(badge: Badge, holder: Holder, token: str) -> BadgeItem:
    return BadgeItem(
        id=badge.id,
        registration=badge.registration,
        token=token,
        code=badge.code,
        state=badge.state,
        category=holder.category,
        generation=badge.generation,
    )


def _answer(answer: Answer) -> CheckInAnswer:
    said = answer.check_in
    return CheckInAnswer(
        result=said.result,
        rehearsal=said.rehearsal,
        holder=_holder(answer.holder) if answer.holder else None,
        first_seen=said.first_seen,
        first_gate=said.first_gate,
        reason=answer.badge.reason if answer.badge else None,
        undone_at=said.undone_at,
    )


def _holder(holder: Holder) -> HolderItem:
    return HolderItem(
        registration=holder.registration,
        given_name=holder.given_name,
        family_name=holder.family_name,
        function=holder.function,
        organisation=holder.organisation,
        country=holder.country,
        category=holder.category,
        category_label=holder.category_label,
    )


def _attendee(seen: CheckIn) -> Attendee:
    return Attendee(
        registration=seen.registration or "",
        day=seen.day,
        seen_at=seen.at,
        gate=seen.gate,
        desk=seen.actor,
        category=seen.category,
        without_badge=seen.without_badge,
    )
