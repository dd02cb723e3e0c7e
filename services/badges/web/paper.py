"""The badge as PDF, for whoever holds its link."""

from fastapi import APIRouter, Response

from services.badges.domain import BadgeWithdrawn
from services.badges.web.context import DeskDep
from shared.errors import NotFound

router = APIRouter(include_in_schema=False)


@router.get("/badge/{link}.pdf")
async def badge(desk: DeskDep, link: str) -> Response:
    """The PDF, drawn anew from what is true now; a withdrawn badge says so instead."""
    id, generation = desk.workshop.read_link(link)
    found = await desk.store.badge(id=id)
    if found is None or found.generation != generation:
        raise NotFound
    if found.state == "revoked":
        raise BadgeWithdrawn
    holder, edition = await desk.store.holder(found.registration), await desk.store.edition(found.edition)
    if holder is None or edition is None:
        raise NotFound
    content = await desk.workshop.pdf(found, holder, edition)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": 'inline; filename="badge.pdf"',
        "X-Robots-Tag": "noindex",
    }
    return Response(content, media_type="application/pdf", headers=headers)
