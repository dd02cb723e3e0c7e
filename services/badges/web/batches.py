"""For the team: badges printed in batches, chosen and counted before anything is printed."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.badges import actions
from services.badges.actions import Printable
from services.badges.domain import Edition
from services.badges.domain.batches import Batch, Choice, Order, Which, to_destroy
from services.badges.rendering import pages
from services.badges.tokens import shown_code
from services.badges.web.context import Desk, DeskDep, EditionDep
from services.badges.web.door import UNSTORED
from shared.errors import NotFound, Refusal
from shared.events import Text
from shared.i18n import N_, dates, translate
from shared.ids import new_id
from shared.web import Staff, language, read_form, said, staff

router = APIRouter(include_in_schema=False)

Organiser = Annotated[Staff, staff("registrations")]
"""Who prints badges: with a badge one enters."""
_ID = re.compile(r"[0-9a-z]{26}")
_TITLE = N_("Badges, %(edition)s : tirage du %(day)s, %(time)s")
WHICH = {
    Which.FRESH: N_("Nouveaux ou changés"),
    Which.NEVER: N_("Jamais imprimés"),
    Which.CHANGED: N_("Imprimés, puis changés"),
    Which.ALL: N_("Tous"),
}
ORDERS = {Order.NAME: N_("Nom de famille"), Order.ORGANISATION: N_("Structure"), Order.CATEGORY: N_("Catégorie")}
LAYOUTS = {"four": N_("Quatre par feuille A4, à couper"), "one": N_("Un par page A6")}


@router.get("/equipe/badges/tirages")
async def batches(request: Request, desk: DeskDep, edition: EditionDep, _person: Organiser) -> HTMLResponse:
    """The choice that the address makes, how many badges answer to it, and the batches there were."""
    return await _list(request, desk, edition, request.query_params)


@router.post("/equipe/badges/tirages")
async def print_batch(request: Request, desk: DeskDep, edition: EditionDep, person: Organiser) -> Response:
    """Record a batch and lead to its page. Sent again, the page makes no second one."""
    form = await read_form(request)
    asked, counted = form.get("id", ""), form.get("nombre", "")
    try:
        batch = await actions.print_batch(
            desk.store,
            desk.workshop,
            edition,
            (person.actor, person.name),
            id=asked if _ID.fullmatch(asked) else new_id(),
            choice=_choice(form),
            counted=int(counted) if counted.isascii() and counted.isdigit() and len(counted) < 9 else 0,
        )
    except Refusal as refusal:
        if refusal.status not in {409, 422}:
            raise
        return await _list(request, desk, edition, form, refusal)
    return RedirectResponse(f"/equipe/badges/tirages/{batch.id}", 303)


@router.get("/equipe/badges/tirages/{id}")
async def batch(request: Request, desk: DeskDep, edition: EditionDep, _person: Organiser, id: str) -> HTMLResponse:
    """One batch: what of it can be printed as it was, and what became of the rest."""
    found = await _batch(desk, edition, id)
    since = (await actions.printable(desk.store, desk.workshop, edition)).since(found)
    valid = {one.badge.key: one.holder for one in (*since.same, *since.changed)}
    return desk.pages.render(
        request,
        "equipe_tirage.html",
        headers=UNSTORED,
        batch=found,
        since=since,
        again=len(valid),
        papers=pages(len(since.same), found.choice.layout),
        replaced=[valid[one.badge] for one in found.prints if one.replaces and one.badge in valid],
        id=new_id(),
        **_words(),
    )


@router.get("/equipe/badges/tirages/{id}/badges.pdf")
async def pdf(request: Request, desk: DeskDep, edition: EditionDep, _person: Organiser, id: str) -> Response:
    """The badges of a batch that still are what was recorded."""
    found, lang = await _batch(desk, edition, id), language(request)
    at = found.made_at
    zone = edition.timezone
    when = {"day": dates.day(at, lang, weekday=False, year=True, zone=zone), "time": dates.time(at, lang, zone=zone)}
    title = translate(lang, _TITLE, edition=edition.short, **when)
    content = await actions.paper(desk.store, desk.workshop, edition, found, title=title, language=lang)
    named = f'inline; filename="badges-{at:%Y%m%d-%H%M}.pdf"'
    return Response(content, media_type="application/pdf", headers={**UNSTORED, "Content-Disposition": named})


@router.post("/equipe/badges/tirages/{id}/ecarter")
async def discard(desk: DeskDep, edition: EditionDep, person: Organiser, id: str) -> RedirectResponse:
    """Take a batch back that never became paper."""
    await _batch(desk, edition, id)
    await actions.discard_batch(desk.store, person.actor, id)
    return RedirectResponse("/equipe/badges/tirages", 303)


async def _batch(desk: Desk, edition: Edition, id: str) -> Batch:
    found = await desk.store.batch(id)
    if found is None or found.edition != edition.id:
        raise NotFound
    return found


async def _list(
    request: Request, desk: Desk, edition: Edition, asked: Mapping[str, str], refusal: Refusal | None = None
) -> HTMLResponse:
    choice = _choice(asked)
    now = await actions.printable(desk.store, desk.workshop, edition)
    found = now.chosen(choice)
    return desk.pages.render(
        request,
        "equipe_tirages.html",
        refusal.status if refusal else 200,
        headers=UNSTORED,
        choice=choice,
        count=len(found),
        papers=pages(len(found), choice.layout),
        labels=_labels(now, choice.category),
        valid=len(now.candidates),
        making=max(0, await desk.store.expected(edition.id) - len(now.candidates)),
        batches=await desk.store.batches(edition.id),
        void=await _void(desk, now),
        sentence=said(language(request), refusal) if refusal else "",
        id=new_id(),
        **_words(),
    )


async def _void(desk: Desk, now: Printable) -> list[tuple[Any, str, Any]]:
    """Badges to be destroyed, each with its code and the name on it; nobody's once its holder was erased."""
    printed = {*now.last} - {one.badge.key for one in now.candidates}
    void = to_destroy(await desk.store.void_badges(printed), now.last)
    return [(badge, shown_code(badge.code), now.last[badge.key]) for badge in void]


def _choice(asked: Mapping[str, str]) -> Choice:
    """What the fields say; what they cannot say counts as unsaid."""
    which, order, layout = asked.get("lesquels", ""), asked.get("ordre", ""), asked.get("format", "")
    return Choice(
        which=Which(which) if which in {*Which} else Which.FRESH,
        category=asked.get("categorie", "")[:80],
        organisation=" ".join(asked.get("structure", "").replace("\0", " ").split())[:200],
        order=Order(order) if order in {*Order} else Order.NAME,
        layout="one" if layout == "one" else "four",
        again=asked.get("encore", "")[:40],
    )


def _labels(now: Printable, asked: str) -> dict[str, Text]:
    """The categories of valid badges, and the one that is asked for, with their labels, in the order of these."""
    labels = {one.holder.category: one.holder.category_label for one in now.candidates}
    known = {**({asked: {"fr": asked}} if asked else {}), **labels}
    return dict(sorted(known.items(), key=lambda pair: pair[1].get("fr", pair[0])))


def _words() -> dict[str, Any]:
    return {"WHICH": WHICH, "ORDERS": ORDERS, "LAYOUTS": LAYOUTS}
