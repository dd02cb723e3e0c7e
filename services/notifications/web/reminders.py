"""For the team: the rules of reminders, when each writes next and to how many, what became of the last."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.notifications.actions import reminding
from services.notifications.domain import reminders
from services.notifications.domain.reminders import BadAmount, Firing, Occasion, Rule, SameRule
from services.notifications.store import Edition
from services.notifications.web.context import Desk, DeskDep, current_edition
from shared.clock import now
from shared.errors import NotFound, Refusal
from shared.events import Text
from shared.ids import new_id
from shared.web import Form, Staff, language, read_form, said, staff

router = APIRouter(prefix="/equipe/messages/rappels", include_in_schema=False)

MAY = staff("messages")
LIST = "/equipe/messages/rappels"
SHOWN = 3
NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Next:
    """One time a rule will write, as the programme is now."""

    moment: datetime
    start: datetime
    title: Text
    people: int


@dataclass(frozen=True)
class Line:
    """One rule as the list shows it. `more` further occasions follow those shown.

    `people` is who all of them write to, each counted once: whom deleting the rule would leave without it.
    """

    rule: Rule
    next: tuple[Next, ...]
    more: int
    people: int
    sent: int
    last: Firing | None
    skipped: int


@router.get("")
async def rules(request: Request, desk: DeskDep, _person: Staff = MAY) -> HTMLResponse:
    """The rules of the current edition."""
    return await _page(request, desk)


@router.post("")
async def add(request: Request, desk: DeskDep, person: Staff = MAY) -> Response:
    """One more rule."""
    form = await read_form(request)
    edition = await current_edition(desk)
    if edition is None:
        raise NotFound
    try:
        rule = Rule(
            id=new_id(),
            edition=edition.changed.edition,
            anchor="session" if form.get("anchor") == "session" else "edition",
            amount=_amount(form),
            unit=_unit(form),
            since=now(),
            by=person.name,
        )
        await reminding.add(desk.store, rule, person.actor)
    except (BadAmount, SameRule) as refusal:
        return await _page(request, desk, typed=form, refusal=refusal)
    return _back()


@router.post("/{id}")
async def change(request: Request, desk: DeskDep, id: str, person: Staff = MAY) -> Response:
    """Another time before the anchor."""
    form = await read_form(request)
    try:
        await reminding.change(desk.store, id, _amount(form), _unit(form), person.actor)
    except (BadAmount, SameRule) as refusal:
        return await _page(request, desk, typed=form, refusal=refusal, changing=id)
    return _back()


@router.post("/{id}/suspendre")
async def pause(desk: DeskDep, id: str, person: Staff = MAY) -> Response:
    """Stop it for a while."""
    await reminding.pause(desk.store, id, person.actor, paused=True)
    return _back()


@router.post("/{id}/reprendre")
async def resume(desk: DeskDep, id: str, person: Staff = MAY) -> Response:
    """Let it go on; what would have left meanwhile does not leave."""
    await reminding.pause(desk.store, id, person.actor, paused=False)
    return _back()


@router.post("/{id}/supprimer")
async def remove(desk: DeskDep, id: str, person: Staff = MAY) -> Response:
    """Delete it."""
    await reminding.remove(desk.store, id, person.actor)
    return _back()


async def _page(
    request: Request, desk: Desk, *, typed: Form | None = None, refusal: Refusal | None = None, changing: str = ""
) -> HTMLResponse:
    edition = await current_edition(desk)
    lines = await _lines(desk, edition) if edition else []
    return desk.pages.render(
        request,
        "equipe_rappels.html",
        refusal.status if refusal else 200,
        lines=lines,
        known=edition is not None,
        typed=typed or {},
        error=said(language(request), refusal) if refusal else "",
        changing=changing,
    )


async def _lines(desk: Desk, edition: Edition) -> list[Line]:
    id = edition.changed.edition
    if not await desk.store.furnished(id):
        return []
    firings, moment = await desk.store.firings(id), now()
    sessions = {one.id: one.title for one in (edition.released.sessions if edition.released else ())}
    lines = []
    for rule in await desk.store.rules(id):
        coming = _coming(rule, edition, firings, moment)
        shown = coming[:SHOWN]
        people = await desk.store.how_many(id, [one.session for one in shown if one.session])
        past = [firing for firing in firings.values() if firing.rule == rule.id]
        written = [firing for firing in past if firing.state != "skipped"]
        lines.append(
            Line(
                rule,
                tuple(Next(one.moment, one.start, sessions.get(one.session, {}), people[one.session]) for one in shown),
                more=len(coming) - len(shown),
                people=await desk.store.how_many_in_any(id, [one.session for one in coming]),
                sent=sum(firing.count for firing in written),
                last=max(written, key=lambda firing: firing.at, default=None),
                skipped=len(past) - len(written),
            )
        )
    return lines


def _coming(rule: Rule, edition: Edition, firings: dict[str, Firing], moment: datetime) -> list[Occasion]:
    found = reminders.occasions(rule, edition.changed, edition.released)
    coming = [one for one in found if one.moment > moment and one.is_open(firings.get(one.id))]
    return sorted(coming, key=lambda one: (one.moment, one.id))


def _amount(form: Form) -> int:
    given = form.get("amount", "").strip()
    if not (given.isascii() and given.isdecimal() and len(given) < 4):
        raise BadAmount
    return int(given)


def _unit(form: Form) -> reminders.Unit:
    return "hours" if form.get("unit") == "hours" else "days"


def _back() -> RedirectResponse:
    return RedirectResponse(LIST, 303, NO_STORE)
