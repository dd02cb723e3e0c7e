"""The released programme for other programs, in pages: sessions, rooms, speakers. Nobody needs a right to read it."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query

from services.programme.domain.releases import Release
from services.programme.domain.speakers import announced
from services.programme.web.context import Desk, DeskDep
from services.programme.web.models import Id
from services.programme.web.outputs import AnnouncedOut, RoomOut, RoomsOut, SessionOut, SessionsOut, SpeakersOut
from shared.errors import NotFound

router = APIRouter(prefix="/api/programme/v1", tags=["programme"])

Wanted = Annotated[Id | None, Query(description="The current edition when left out")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most")]
Cursor = Annotated[str | None, Query(max_length=600, description="`next` of the page before")]
Thing = TypeVar("Thing")


@router.get("/sessions")
async def list_sessions(
    desk: DeskDep, edition: Wanted = None, limit: Limit = 100, cursor: Cursor = None
) -> SessionsOut:
    """The sessions of the newest release, by start; cancelled ones come last."""
    sessions = (await newest(desk, edition)).sessions
    shown, following = _page(sessions, [session.id for session in sessions], limit, cursor)
    return SessionsOut(items=tuple(map(SessionOut.of, shown)), next=following)


@router.get("/sessions/{session}")
async def get_session(session: Id, desk: DeskDep, edition: Wanted = None) -> SessionOut:
    """One session of the newest release."""
    found = (await newest(desk, edition)).session(session)
    if found is None:
        raise NotFound
    return SessionOut.of(found)


@router.get("/rooms")
async def list_rooms(desk: DeskDep, edition: Wanted = None, limit: Limit = 200, cursor: Cursor = None) -> RoomsOut:
    """The rooms of the newest release, in the order the team gave them."""
    rooms = (await newest(desk, edition)).rooms
    shown, following = _page(rooms, [room.id for room in rooms], limit, cursor)
    return RoomsOut(items=tuple(map(RoomOut.model_validate, shown)), next=following)


@router.get("/speakers")
async def list_speakers(
    desk: DeskDep, edition: Wanted = None, limit: Limit = 100, cursor: Cursor = None
) -> SpeakersOut:
    """Who speaks, chairs or moderates in the newest release, by name; cancelled sessions do not count."""
    people = announced(await newest(desk, edition))
    shown, following = _page(people, [person.key for person in people], limit, cursor)
    return SpeakersOut(items=tuple(map(AnnouncedOut.model_validate, shown)), next=following)


def _page(
    things: Sequence[Thing], keys: list[str], limit: int, cursor: str | None
) -> tuple[Sequence[Thing], str | None]:
    """One page of `things`, and the key that the next one begins with. An unknown cursor begins anew."""
    start = keys.index(cursor) if cursor in keys else 0
    following = keys[start + limit : start + limit + 1]
    return things[start : start + limit], following[0] if following else None


async def newest(desk: Desk, edition: str | None) -> Release:
    """The newest release of this edition, or of the current one."""
    public = await desk.shown.current()
    if public and edition in {None, public.edition.id}:
        release = public.release
    elif edition is None:
        raise NotFound
    else:
        saved = await desk.store.saved(edition)
        release = await desk.store.release(edition, saved.release) if saved else None
    if release is None:
        raise NotFound
    return release
