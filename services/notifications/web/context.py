"""What every route of the notifications service may ask for, and what they all hide."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request

from services.notifications.composing import Composer
from services.notifications.store import Edition, Store
from shared.errors import NotFound
from shared.events.programme import EditionChanged
from shared.web import Pages


@dataclass(frozen=True)
class Desk:
    """Everything the routes work with."""

    store: Store
    pages: Pages
    composer: Composer
    public_url: str
    quiet: timedelta
    """How long a message about a release waits for other changes."""
    editions: dict[str, Edition] = field(default_factory=dict)
    """The editions as last read, so that what did not change is not read again."""


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskDep = Annotated[Desk, Depends(_desk)]


async def current_edition(desk: Desk) -> Edition | None:
    """The edition that staff pages name, with its programme."""
    current: EditionChanged | None = desk.pages.edition()
    editions = await desk.store.editions({})
    if current is None:
        return max(editions.values(), key=lambda one: max(one.changed.dates), default=None)
    return editions.get(current.edition)


def cursor(place: tuple[datetime, str] | None) -> str | None:
    """Where the next page of a list begins, opaque to the caller."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(json.dumps([place[0].isoformat(), place[1]]).encode()).decode()


def place(cursor: str) -> tuple[datetime, str] | None:
    """The place a cursor means; raises `NotFound` for one we did not make."""
    if not cursor:
        return None
    try:
        created, id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        moment = datetime.fromisoformat(created)
        # MongoDB takes neither half a surrogate pair nor a moment that has no counterpart in UTC
        f"{id}{moment.astimezone(UTC)}".encode()
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise NotFound from None
    if moment.tzinfo is None or not isinstance(id, str):
        raise NotFound
    return moment, id
