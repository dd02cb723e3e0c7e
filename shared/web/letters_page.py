"""Dead letters and paused consumers of one service, for `admin`: a page, and the same as JSON.

Nobody is shown a letter's bytes, nor whose letter it is.
"""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from shared import letters
from shared.deadletters import DeadLetter, DeadLetters
from shared.errors import Refusal
from shared.findings import NAMES
from shared.store import Store
from shared.web.forms import read_form
from shared.web.gate import ADMIN, Staff, staff, staff_or_token
from shared.web.inputs import Input
from shared.web.languages import language
from shared.web.pages import Pages
from shared.web.problems import said

MAY = staff_or_token(ADMIN, ADMIN)


def letters_page(pages: Pages, store: Store) -> APIRouter:
    """`/equipe/sante/<service>` and its three buttons."""
    here = f"/equipe/sante/{pages.service}"
    router = APIRouter(prefix=here, include_in_schema=False)

    async def show(request: Request, refusal: Refusal | None = None, ref: str = "") -> HTMLResponse:
        kept = DeadLetters(store.database)
        return pages.render(
            request,
            "letters.html",
            refusal.status if refusal else 200,
            here=here,
            name=NAMES[pages.service],
            waiting=await kept.waiting(),
            settled=await kept.settled(),
            paused=await kept.pauses.all(),
            names=NAMES,
            sentence=said(language(request), refusal) if refusal else "",
            wrong=ref,
        )

    @router.get("")
    async def listed(request: Request, _person: Staff = staff(ADMIN)) -> HTMLResponse:
        return await show(request)

    @router.post("/messages/{ref}/rejouer")
    async def replay(ref: str, person: Staff = staff(ADMIN)) -> RedirectResponse:
        await letters.replay(store, ref, person.actor)
        return RedirectResponse(here, 303)

    @router.post("/messages/{ref}/classer", response_model=None)
    async def dismiss(request: Request, ref: str, person: Staff = staff(ADMIN)) -> HTMLResponse | RedirectResponse:
        try:
            await letters.dismiss(store, ref, person.actor, (await read_form(request)).get("why", ""))
        except letters.ReasonMissing as refusal:
            return await show(request, refusal, ref)
        return RedirectResponse(here, 303)

    @router.post("/lectures/{consumer}/reprendre")
    async def resume(consumer: str, person: Staff = staff(ADMIN)) -> RedirectResponse:
        await letters.resume(store, consumer, person.actor)
        return RedirectResponse(here, 303)

    return router


class DeadLetterItem(BaseModel):
    """A message set aside. `kind` is its fact; neither its content nor whom it concerns is shown."""

    id: str
    consumer: str
    kind: str
    reason: str
    attempts: int
    at: datetime
    replay_asked_at: datetime | None


class DeadLetterList(BaseModel):
    """What waits for a person, oldest first, and the readings that are paused. There is no further page."""

    items: list[DeadLetterItem]
    paused: dict[str, datetime]
    next: None = None


class Dismissal(Input):
    """Why a message is put away."""

    why: str = Field(max_length=letters.WHY)


def letters_api(service: str, store: Store) -> APIRouter:
    """`/api/<service>/v1/dead-letters`."""
    router = APIRouter(prefix=f"/api/{service}/v1", tags=["dead letters"])

    @router.get("/dead-letters")
    async def dead_letters(_person: Staff = MAY) -> DeadLetterList:
        """The messages that failed for good and wait for a person: at most a hundred."""
        kept = DeadLetters(store.database)
        waiting = [_item(one) for one in await kept.waiting()]
        return DeadLetterList(items=waiting, paused=await kept.pauses.all())

    @router.post("/dead-letters/{id}/replay", status_code=202)
    async def replay(id: str, person: Staff = MAY) -> None:
        """Give the message to its reader once more, within seconds."""
        await letters.replay(store, id, person.actor)

    @router.post("/dead-letters/{id}/dismiss", status_code=204)
    async def dismiss(id: str, body: Dismissal, person: Staff = MAY) -> None:
        """Put the message away, with a reason. It is kept."""
        await letters.dismiss(store, id, person.actor, body.why)

    @router.post("/consumers/{consumer}/resume", status_code=204)
    async def resume(consumer: str, person: Staff = MAY) -> None:
        """End the pause of a reading."""
        await letters.resume(store, consumer, person.actor)

    return router


def _item(letter: DeadLetter) -> DeadLetterItem:
    return DeadLetterItem(
        id=letter.ref,
        consumer=letter.consumer,
        kind=letter.kind,
        reason=letter.reason,
        attempts=letter.attempts,
        at=letter.at,
        replay_asked_at=letter.replay_at,
    )
