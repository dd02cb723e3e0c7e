"""The JSON API of the draft's sessions: each has a version of its own, so that nobody overwrites a colleague."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from services.programme.actions import drafting
from services.programme.actions.drafting import Author
from services.programme.domain import drafts
from services.programme.domain.drafts import ChangedMeanwhile
from services.programme.store import Saved
from services.programme.web.context import Desk, DeskDep
from services.programme.web.etags import IfMatch, IfNoneMatch, VersionMissing, etag, version
from services.programme.web.models import DraftSessionIn, Id
from shared.errors import NotFound
from shared.web import Staff, problem, staff_or_token

router = APIRouter(prefix="/api/programme/v1/editions/{edition}/draft/sessions", tags=["editions"])

Editor = Annotated[Staff, staff_or_token("programme", "programme")]


@router.get("/{session}")
async def get_session(edition: Id, session: Id, _editor: Editor, desk: DeskDep, response: Response) -> DraftSessionIn:
    """One session of the draft, as PUT takes it. Its ETag is its version."""
    saved = await _saved(desk, edition)
    found = drafts.find(saved.draft, session)
    if found is None:
        raise NotFound
    response.headers["ETag"] = etag(saved.stamps.of(session).version)
    return DraftSessionIn.of(found, saved.edition.timezone)


@router.put("/{session}", responses={201: {"model": DraftSessionIn}}, response_model=DraftSessionIn)
async def put_session(
    edition: Id,
    session: Id,
    given: DraftSessionIn,
    editor: Editor,
    desk: DeskDep,
    *,
    request: Request,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Replace a session read at `If-Match`: 200; with `If-None-Match: *`, add it: 201.

    412 with the session as it is now (`current`) when somebody was quicker, 428 when no version is named.
    """
    expected = version(if_match)
    if expected is None and (if_none_match or "").strip() != "*":
        raise VersionMissing
    saved = await _saved(desk, edition)
    wanted = given.session(session, saved.edition.timezone)
    try:
        saved, stamp = await drafting.save_session(desk.store, edition, wanted, expected, author(editor))
    except ChangedMeanwhile as refusal:
        return _conflict(request, refusal, saved.edition.timezone)
    body = DraftSessionIn.of(wanted, saved.edition.timezone).model_dump(mode="json")
    return JSONResponse(body, 201 if expected is None else 200, {"ETag": etag(stamp.version)})


@router.delete("/{session}", status_code=204)
async def delete_session(
    edition: Id, session: Id, editor: Editor, desk: DeskDep, *, request: Request, if_match: IfMatch = None
) -> Response:
    """Take a session out of the draft; the next release cancels it."""
    expected = version(if_match)
    if expected is None:
        raise VersionMissing
    saved = await _saved(desk, edition)
    try:
        await drafting.remove_session(desk.store, edition, session, expected, author(editor))
    except ChangedMeanwhile as refusal:
        return _conflict(request, refusal, saved.edition.timezone)
    return Response(status_code=204)


def author(person: Staff) -> Author:
    """Who is at work, for the journal and for colleagues."""
    return Author(person.actor, person.name)


def _conflict(request: Request, refusal: ChangedMeanwhile, timezone: str) -> JSONResponse:
    """412, with what somebody else left and the version to name next."""
    current, stamp = refusal.current, refusal.stamp
    body = DraftSessionIn.of(current, timezone).model_dump(mode="json") if current else None
    headers = {"ETag": etag(stamp.version)}
    more = {"current": body, "version": stamp.version, "saved_by": stamp.by}
    return problem(request, refusal, headers, more=more)


async def _saved(desk: Desk, edition: str) -> Saved:
    saved = await desk.store.saved(edition)
    if saved is None:
        raise NotFound
    return saved
