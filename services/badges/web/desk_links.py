"""Desk links: the team makes and withdraws them, a volunteer's phone enters by them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.badges import actions
from services.badges.domain import Edition
from services.badges.domain.desk_links import DeskLink, DeskState, NoSuchMoment, TooManyPins, WrongPin
from services.badges.rendering import qr
from services.badges.web.context import Desk, DeskDep, EditionDep
from services.badges.web.door import UNSTORED
from services.badges.web.volunteers import desk_cookie
from shared.clock import now
from shared.errors import NotFound, Refusal
from shared.ids import new_id
from shared.web import Staff, client_address, language, patience, read_form, said, staff

router = APIRouter(include_in_schema=False)

Organiser = Annotated[Staff, staff("registrations")]
"""Who hands out desks: whoever hands out badges may check in, but not let others do so."""
_ID = re.compile(r"[0-9a-z]{26}")
_REMEMBERS = timedelta(days=7)
"""How long after its end a phone still knows its desk: the door says that it is closed, and asks nobody to sign in."""


@router.get("/equipe/badges/postes")
async def desks(request: Request, desk: DeskDep, edition: EditionDep, _person: Organiser) -> HTMLResponse:
    """The desk links there are, and the form for another."""
    return await _list(request, desk, edition)


@router.post("/equipe/badges/postes")
async def make(request: Request, desk: DeskDep, edition: EditionDep, person: Organiser) -> HTMLResponse:
    """Make a desk link and show its sheet, with the PIN, this once. Sent again, the page makes no second one."""
    form = await read_form(request)
    asked = form.get("id", "")
    try:
        link = await actions.open_desk(
            desk.store,
            (person.actor, person.generation),
            id=asked if _ID.fullmatch(asked) else new_id(),
            edition=edition.id,
            gate=form.get("porte", ""),
            start=_moment(form.get("debut", ""), edition),
            end=_moment(form.get("fin", ""), edition),
        )
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        return await _list(request, desk, edition, typed=form, refusal=refusal)
    address = desk.workshop.absolute(desk.keys.path(link.id))
    return desk.pages.render(
        request, "equipe_poste.html", link=link, address=address, pin=desk.keys.pin(link.id), qr=qr(address)
    )


@router.post("/equipe/badges/postes/{id}/retirer")
async def withdraw(desk: DeskDep, person: Organiser, id: str) -> RedirectResponse:
    """Close a desk at once."""
    await actions.withdraw_desk(desk.store, person.actor, id)
    return RedirectResponse("/equipe/badges/postes", 303)


@router.get("/accueil/poste/{token}")
async def asked(request: Request, desk: DeskDep, token: str) -> HTMLResponse:
    """What a phone that followed the link sees: the question for the PIN, or why there is none."""
    return _question(request, desk, await _linked(desk, token))


@router.post("/accueil/poste/{token}")
async def enter(request: Request, desk: DeskDep, token: str) -> Response:
    """With the right PIN, the door, until the desk closes."""
    link = await _linked(desk, token)
    if link.state(now()) is not DeskState.OPEN:
        return _question(request, desk, link)
    form = await read_form(request)
    right = desk.keys.is_pin(link.id, form.get("pin", "")[:40])
    try:
        await actions.enter_desk(desk.store, link, right=right, client=client_address(request))
    except (WrongPin, TooManyPins) as refusal:
        return _question(request, desk, link, refusal)
    answer = RedirectResponse("/accueil", 303, UNSTORED)
    cookie, kept = desk_cookie(request.app.state.gate.https), link.end - now() + _REMEMBERS
    answer.set_cookie(value=desk.keys.cookie(link.id), max_age=int(kept.total_seconds()), **cookie)
    return answer


async def _linked(desk: Desk, token: str) -> DeskLink:
    link = await desk.store.desk(desk.keys.read_link(token))
    if link is None:
        raise NotFound
    return link


def _question(request: Request, desk: Desk, link: DeskLink, refusal: Refusal | None = None) -> HTMLResponse:
    return desk.pages.render(
        request,
        "poste.html",
        refusal.status if refusal else 200,
        headers={**UNSTORED, "X-Robots-Tag": "noindex", **patience(refusal)},
        link=link,
        state=link.state(now()).value,
        sentence=said(language(request), refusal) if refusal else "",
    )


async def _list(
    request: Request,
    desk: Desk,
    edition: Edition,
    *,
    typed: Mapping[str, str] | None = None,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    moment = now()
    first = min(edition.dates).isoformat()
    fresh = {"id": new_id(), "porte": "", "debut": f"{first}T07:30", "fin": f"{first}T19:00"}
    shown: dict[str, Any] = {**fresh, **(typed or {})}
    return desk.pages.render(
        request,
        "equipe_postes.html",
        refusal.status if refusal else 200,
        links=[(link, link.state(moment).value) for link in await desk.store.desks(edition.id)],
        typed=shown,
        wrong=refusal.field if refusal else "",
        sentence=said(language(request), refusal) if refusal else "",
    )


def _moment(typed: str, edition: Edition) -> datetime:
    """A day and an hour at the venue; raises `NoSuchMoment`."""
    try:
        moment = datetime.fromisoformat(typed.strip())
    except ValueError:
        raise NoSuchMoment from None
    if not 2000 <= moment.year < 2200:
        raise NoSuchMoment
    if moment.tzinfo:
        return moment.astimezone(UTC)
    there = moment.replace(tzinfo=ZoneInfo(edition.timezone))
    exact = there.astimezone(UTC)
    if exact.astimezone(there.tzinfo).replace(tzinfo=None) != moment:  # the hour that is skipped in spring
        raise NoSuchMoment
    return exact
