"""The JSON API: which mail went to whom, in which state, and sending again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.notifications.actions import retrying
from services.notifications.domain.deliveries import Delivery, State, Template
from services.notifications.masking import masked
from services.notifications.web.context import DeskDep, cursor, place
from shared.errors import NotFound
from shared.web import Staff, staff_or_token

router = APIRouter(prefix="/api/notifications/v1", tags=["notifications"])

MAY = staff_or_token("messages", "messages")


class DeliveryItem(BaseModel):
    """One mail to one person. `due_at` is when it is tried next; null when nothing is planned."""

    id: str
    registration: str
    edition: str
    template: Template
    recipient: str
    language: str
    state: State
    reason: str
    attempts: int
    possibly_twice: bool
    """The outcome of an attempt before the last one is unknown: the person may have received more than one copy."""
    created_at: datetime
    changed_at: datetime
    due_at: datetime | None


class DeliveryList(BaseModel):
    """A page of deliveries, newest first; `next` is the cursor of the page after it."""

    items: list[DeliveryItem]
    next: str | None


class FileItem(BaseModel):
    """A file that went with a mail."""

    name: str
    media_type: str
    size: int


class DeliveryContent(DeliveryItem):
    """One mail with what it said, once it has been written. Links and codes that open something are masked."""

    title: str | None
    text: str | None
    files: list[FileItem]


@router.get("/deliveries")
async def deliveries(
    desk: DeskDep,
    *,
    _person: Staff = MAY,
    recipient: Annotated[str, Query(max_length=300)] = "",
    state: State | None = None,
    template: Template | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor_: Annotated[str, Query(alias="cursor", max_length=200)] = "",
) -> DeliveryList:
    """Deliveries, newest first. `recipient` is an address, or the beginning of names."""
    page = await desk.store.page(recipient=recipient, state=state, template=template, after=place(cursor_), limit=limit)
    return DeliveryList(items=[_item(one) for one in page.deliveries], next=cursor(page.next))


@router.get("/deliveries/{id}")
async def delivery(id: str, desk: DeskDep, _person: Staff = MAY) -> DeliveryContent:
    """One delivery and what it said."""
    found = await desk.store.delivery(id)
    if found is None:
        raise NotFound
    kept = await desk.store.content(id)
    return DeliveryContent(
        **_item(found).model_dump(),
        title=kept.title if kept else None,
        text=masked(kept.text) if kept else None,
        files=[FileItem(name=file.name, media_type=file.media_type, size=file.size) for file in kept.files]
        if kept
        else [],
    )


@router.post("/deliveries/{id}/retry")
async def retry(id: str, desk: DeskDep, person: Staff = MAY) -> DeliveryItem:
    """Try a refused, waiting or doubtful delivery again at once."""
    return _item(await retrying.retry(desk.store, id, person.actor))


@router.post("/deliveries/{id}/abandon")
async def abandon(id: str, desk: DeskDep, person: Staff = MAY) -> DeliveryItem:
    """Give up a delivery that waits, for its time or for a person."""
    return _item(await retrying.abandon(desk.store, id, person.actor))


def _item(one: Delivery) -> DeliveryItem:
    return DeliveryItem(
        id=one.id,
        registration=one.registration,
        edition=one.edition,
        template=one.template,
        recipient=one.recipient,
        language=one.language,
        state=one.state,
        reason=one.reason,
        attempts=one.attempts,
        possibly_twice=one.possibly_twice,
        created_at=one.created,
        changed_at=one.changed,
        due_at=one.due,
    )
