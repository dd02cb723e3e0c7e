"""The JSON API: editions are saved and released with a right, the released programme is public."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.programme.actions import editions as actions
from services.programme.store import Saved
from services.programme.web.context import Desk, DeskDep
from services.programme.web.etags import IfMatch, etag, version
from services.programme.web.models import EditionIn, Id, ReleaseIn
from services.programme.web.outputs import EditionOut, ReleaseOut, ReleasesOut, RoundOut
from services.programme.web.programme_api import Wanted
from shared.errors import NotFound
from shared.web import Staff, staff_or_token

router = APIRouter(prefix="/api/programme/v1")

Editor = Annotated[Staff, staff_or_token("programme", "programme")]
Meant = Annotated[
    date | None, Query(description="The last day once more, when it moves into the past: what is due then is deleted")
]


@router.get("/editions/{edition}", tags=["editions"])
async def get_edition(edition: Id, desk: DeskDep) -> EditionOut:
    """The public identity of an edition, and the number of its newest release."""
    public = await desk.shown.current()
    if public and public.edition.id == edition:  # what the pages show, not what they are about to show
        return EditionOut.of(public.edition, public.release.number if public.release else 0)
    saved = await _saved(desk, edition)
    return EditionOut.of(saved.edition, saved.release)


@router.put("/editions/{edition}", tags=["editions"])
async def put_edition(
    edition: Id,
    given: EditionIn,
    editor: Editor,
    desk: DeskDep,
    *,
    response: Response,
    if_match: IfMatch = None,
    last_day: Meant = None,
) -> EditionOut:
    """Replace an edition: its identity, public at once, and the draft of its programme, public once released.

    With the ETag of the draft in `If-Match`, only if nobody changed it meanwhile. A last day that moves into the past
    is refused (409, `past-last-day`, with what would be deleted and when) until it is named once more as `last_day`.
    """
    saved = await actions.save(
        desk.store,
        given.edition(edition),
        given.draft(),
        editor.actor,
        by=editor.name,
        expected=version(if_match),
        last_day=last_day,
    )
    await desk.shown.refresh()
    response.headers["ETag"] = etag(saved.stamps.whole)
    return EditionOut.of(saved.edition, saved.release)


@router.get("/editions/{edition}/draft", tags=["editions"])
async def get_draft(edition: Id, _editor: Editor, desk: DeskDep, response: Response) -> EditionIn:
    """The edition with the draft of its programme, as PUT takes it."""
    saved = await _saved(desk, edition)
    response.headers["ETag"] = etag(saved.stamps.whole)
    return EditionIn.of(saved)


@router.post("/releases", tags=["releases"], status_code=201, responses={200: {"model": ReleaseOut}})
async def post_release(
    given: ReleaseIn, editor: Editor, desk: DeskDep, response: Response, if_match: IfMatch = None
) -> ReleaseOut:
    """Freeze the draft as the next release: 201. Without changes since the last one, that one again: 200.

    With the ETag of the draft in `If-Match`, only if nobody changed it meanwhile.
    """
    release, new = await actions.release(
        desk.store, given.edition, given.model_dump()["note"], editor.actor, version(if_match)
    )
    await desk.shown.refresh()
    if not new:
        response.status_code = 200
    return ReleaseOut.of(release)


@router.get("/releases", tags=["releases"])
async def list_releases(
    desk: DeskDep,
    edition: Wanted = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 100,
    cursor: Annotated[int | None, Query(ge=1, description="`next` of the page before")] = None,
) -> ReleasesOut:
    """Every release with what it changed, newest first."""
    saved = await _saved(desk, edition or await _current(desk))
    newest = min(saved.release, cursor if cursor is not None else saved.release)
    rounds = await desk.history.of(saved.edition.id, newest, limit)
    following = newest - limit
    return ReleasesOut(items=tuple(map(RoundOut.of, rounds)), next=following if following > 0 else None)


@router.get("/releases/{number}", tags=["releases"])
async def get_release(number: int, desk: DeskDep, edition: Wanted = None) -> ReleaseOut:
    """One release, as it was frozen."""
    release = await desk.store.release(edition or await _current(desk), number)
    if release is None:
        raise NotFound
    return ReleaseOut.of(release)


async def _saved(desk: Desk, edition: str) -> Saved:
    saved = await desk.store.saved(edition)
    if saved is None:
        raise NotFound
    return saved


async def _current(desk: Desk) -> str:
    public = await desk.shown.current()
    if public is None:
        raise NotFound
    return public.edition.id
