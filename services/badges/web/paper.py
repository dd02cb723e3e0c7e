"""The badge as PDF, and its QR code alone, for whoever holds the link."""

from fastapi import APIRouter, Response

from services.badges.domain import Badge, BadgeWithdrawn
from services.badges.web.context import Desk, DeskDep
from shared.errors import NotFound

router = APIRouter(include_in_schema=False)
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
"""Whoever has either of them is let in: neither stays behind on a borrowed computer."""


@router.get("/badge/{link}.pdf")
async def badge(desk: DeskDep, link: str) -> Response:
    """The PDF, drawn anew from what is true now; a withdrawn badge says so instead."""
    found = await _found(desk, link)
    holder, edition = await desk.store.holder(found.registration), await desk.store.edition(found.edition)
    if holder is None or edition is None:
        raise NotFound
    content = await desk.workshop.pdf(found, holder, edition)
    headers = {**PRIVATE, "Content-Disposition": 'inline; filename="badge.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


@router.get("/badge/{link}.svg")
async def code(desk: DeskDep, link: str) -> Response:
    """The QR code alone, which a person's own page shows: two kilobytes instead of the paper's forty."""
    return Response(desk.workshop.qr(await _found(desk, link)), media_type="image/svg+xml", headers=PRIVATE)


async def _found(desk: Desk, link: str) -> Badge:
    id, generation = desk.workshop.read_link(link)
    found = await desk.store.badge(id=id)
    if found is None or found.generation != generation:
        raise NotFound
    if found.state == "revoked":
        raise BadgeWithdrawn
    return found
