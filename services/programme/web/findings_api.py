"""What the checks find in a draft, for programs."""

from typing import Annotated

from fastapi import APIRouter, Request

from services.programme.domain.checks import Finding, findings
from services.programme.web.context import DeskDep
from services.programme.web.models import Id
from services.programme.web.outputs import FindingOut, FindingsOut, WayOutOut
from shared.errors import NotFound
from shared.web import Staff, language, said, staff_or_token

router = APIRouter(prefix="/api/programme/v1", tags=["editions"])

Editor = Annotated[Staff, staff_or_token("programme", "programme")]


@router.get("/editions/{edition}/findings")
async def list_findings(edition: Id, _editor: Editor, desk: DeskDep, request: Request) -> FindingsOut:
    """What contradicts itself in the draft of an edition and its texts. Nothing of it stops a release."""
    work = await desk.store.work(edition)
    if work is None:
        raise NotFound
    saved, released, places = work
    found = findings(saved.edition, saved.draft, places, released)
    return FindingsOut(items=tuple(_out(one, language(request), saved.edition.timezone) for one in found))


def _out(finding: Finding, lang: str, zone: str) -> FindingOut:
    ways = (WayOutOut(session=way.session, room=way.room, detail=said(lang, way, zone)) for way in finding.ways_out)
    return FindingOut(
        code=finding.code,
        severity=finding.severity,
        sessions=finding.sessions,
        detail=said(lang, finding, zone),
        ways_out=tuple(ways),
    )
