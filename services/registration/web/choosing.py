"""`/seances`: the sessions of one's own registration, chosen anew; full ones can be waited for."""

from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.registration import actions
from services.registration.actions import By
from services.registration.domain import changes, choosing
from services.registration.domain.choosing import Choice
from services.registration.domain.refusals import ChangesClosed, NoLongerComing, SavedBefore
from services.registration.domain.registrations import Registration
from services.registration.intake import Typed
from services.registration.store import Shown
from services.registration.web import asking, view
from services.registration.web.context import PRIVATE, Desk, DeskDep, Mine, MineDep
from services.registration.web.differences import Difference
from services.registration.web.selfservice import Shape, closed, sorry
from services.registration.web.view import Given
from shared.clock import now
from shared.errors import Away, Refusal
from shared.i18n import N_
from shared.web import client_address, language, patience, read_form
from shared.web.pages import text
from shared.web.problems import Stopped

router = APIRouter(prefix="/mon-inscription", include_in_schema=False)


@dataclass(frozen=True)
class Own:
    """A session on the page: what it is, whether one has a place in it, waits for it, or is offered it."""

    one: view.Choice
    held: bool
    waited_for: bool
    offered_until: datetime | None
    wait: bool
    """Whether the box for waiting is ticked."""


@dataclass(frozen=True)
class OwnSlot:
    """Sessions that begin and end together; `clash` is the sentence when two of them are chosen."""

    start: datetime
    end: datetime
    choices: tuple[Own, ...]
    clash: str = ""


@router.get("/{token}/seances")
async def show(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """The present choice."""
    if refusal := closed(mine, "sessions"):
        return sorry(request, desk, mine, refusal)
    choice = choosing.present(mine.registration)
    return _page(request, desk, mine, choice, Shape(choice.version))


@router.post("/{token}/seances")
async def send(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """Save the choice, all of it or nothing."""
    form = await read_form(request)
    wanted = Choice(tuple(form.all("sessions")), tuple(form.all("waiting")), bool(form.get("both")))
    version, one = form.get("version", ""), mine.registration
    if "change_language" in form:
        return _page(request, desk, mine, wanted, Shape(version))
    try:
        desk.sieve.admit(client_address(request))
        by = By(generation=one.generation, version=version)
        await actions.choose(desk.store, one, wanted, by, manage_url=desk.manage_url)
    except (ChangesClosed, NoLongerComing) as refusal:
        return sorry(request, desk, mine, refusal)
    except SavedBefore as refusal:
        return await _both(request, desk, mine, wanted, refusal)
    except (Refusal, Away) as failure:
        why = failure if isinstance(failure, Refusal) else Stopped()
        return _again(request, desk, mine, wanted, (version, why))
    desk.store.pages.forget()  # the places shown next are those after this choice
    return RedirectResponse(f"/mon-inscription/{mine.token}?fait=seances", 303, PRIVATE)


def _again(request: Request, desk: Desk, mine: Mine, wanted: Choice, why: tuple[str, Refusal]) -> Response:
    version, refusal = why
    desk.store.pages.forget()
    shape = Shape(version, refusal.status, patience(refusal))
    return _page(request, desk, mine, wanted, replace(shape, refusal=refusal))


async def _both(request: Request, desk: Desk, mine: Mine, wanted: Choice, refusal: Refusal) -> Response:
    """Both versions, session by session. Sent again, what was ticked is kept."""
    one = await desk.store.pages.registration(mine.registration.id)
    mine = replace(mine, registration=one or mine.registration)
    saved = choosing.present(mine.registration)
    shape = Shape(saved.version, refusal.status, both=_differences(mine.shown, saved, wanted, language(request)))
    return _page(request, desk, mine, wanted, shape)


def _differences(shown: Shown, saved: Choice, wanted: Choice, lang: str) -> tuple[Difference, ...]:
    ids = dict.fromkeys([*saved.sessions, *wanted.sessions, *saved.waiting, *wanted.waiting])
    known = shown.programme.sessions
    return tuple(
        Difference(text(lang, known[id].title), _state(saved, id), _state(wanted, id))
        for id in ids
        if id in known and _state(saved, id) != _state(wanted, id)
    )


def _state(choice: Choice, id: str) -> str:
    if id in choice.sessions:
        return N_("Choisie")
    return N_("Liste d’attente") if id in choice.waiting else N_("Pas choisie")


def own_slots(mine: Mine, wanted: Choice, given: Given, lang: str) -> list[OwnSlot]:
    """The sessions one can still choose, each as it stands for this person."""
    one = mine.registration
    return [
        OwnSlot(slot.start, slot.end, tuple(_own(each, one, wanted) for each in slot.choices), slot.clash)
        for slot in view.slots(mine.shown, given, now(), lang)
    ]


def _own(choice: view.Choice, one: Registration, wanted: Choice) -> Own:
    wish = one.wish(choice.id)
    before = choosing.present(one)
    return Own(
        one=choice,
        held=choice.id in before.sessions,
        waited_for=choice.id in before.waiting,
        offered_until=wish.offered_until if wish else None,
        wait=choice.id in wanted.waiting,
    )


def _page(request: Request, desk: Desk, mine: Mine, wanted: Choice, shape: Shape) -> Response:
    lang = language(request)
    mistakes = asking.mistakes_of(shape.refusal) if shape.refusal else ()
    given = Given(Typed(sessions=wanted.sessions), mistakes=mistakes)
    return desk.pages.render(
        request,
        "seances.html",
        shape.status,
        headers={**PRIVATE, **shape.headers},
        edition=mine.shown.identity,
        zone=mine.shown.identity.timezone,
        token=mine.token,
        version=shape.version,
        both=shape.both,
        errors=view.faults(mistakes, lang),
        own_slots=own_slots(mine, wanted, given, lang),
        both_kept=wanted.both,
        may_keep_both=mine.shown.edition.overlaps == "warn",
        placed=mine.registration.status == "confirmed",
        until=changes.last_day("sessions", mine.shown.edition),
    )
