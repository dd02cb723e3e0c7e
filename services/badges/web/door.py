"""The door: a badge gets one answer that fills the screen. Works without JavaScript, and quicker with it."""

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.badges import actions
from services.badges.actions import Answer, Question
from services.badges.designs import country
from services.badges.domain import UNDO_WITHIN, Edition
from services.badges.domain.desk_links import GATE_LENGTH
from services.badges.web.context import Desk, DeskDep, EditionDep
from services.badges.web.volunteers import AtTheDoor, Volunteer
from shared.clock import now
from shared.errors import Refusal
from shared.i18n import N_, translate
from shared.ids import new_id
from shared.text import fault, is_visible, one_line
from shared.web import Form, language, read_form
from shared.web import said as sentence

router = APIRouter(include_in_schema=False)

GATE = N_("Entrée principale")
FOUND = 20
"""People a search shows at the door: more than fit one screen, and the name is to be typed further."""
UNSTORED = {"Cache-Control": "no-store"}


@router.get("/accueil")
async def ready(
    request: Request, desk: DeskDep, edition: EditionDep, person: AtTheDoor, porte: str = ""
) -> HTMLResponse:
    """Ready for the next badge, at the gate named in the address; one that will not do is asked for again."""
    wrong = None if person.gate else fault(one_line(porte), GATE_LENGTH)
    gate = _gate(request, person, porte)
    return await _screen(request, desk, person, gate, edition=edition, renamed=(porte, wrong) if wrong else None)


@router.post("/accueil")
async def answer(request: Request, desk: DeskDep, edition: EditionDep, person: AtTheDoor) -> HTMLResponse:
    """Answer to a code, or to somebody found by name. Sending the page again asks the same question."""
    form = await read_form(request)
    gate = _gate(request, person, form.get("porte", ""))
    code, registration = form.get("code", "")[:500], form.get("inscription", "")[:100]
    if not (code.strip() or registration):
        return await _screen(request, desk, person, gate, edition=edition, missing=True)
    question = Question(code, gate, now(), _nonce(form, code or registration), registration or None)
    said = await actions.check_in(desk.store, desk.workshop, person.actor, edition, question)
    return await _screen(request, desk, person, gate, said, edition=edition)


@router.post("/accueil/annuler")
async def undo(request: Request, desk: DeskDep, edition: EditionDep, person: AtTheDoor) -> HTMLResponse:
    """Take an admission of this desk back."""
    form = await read_form(request)
    said = await actions.undo(desk.store, person.actor, form.get("passage", "")[:200])
    return await _screen(request, desk, person, _gate(request, person, form.get("porte", "")), said, edition=edition)


@router.get("/accueil/compte")
async def count(request: Request, desk: DeskDep, edition: EditionDep, _person: AtTheDoor) -> HTMLResponse:
    """The figures alone, for the page that asks for them every few seconds."""
    counts = await desk.figures.of(edition)
    return desk.pages.render(request, "door/count.html", counts=counts, headers=UNSTORED)


@router.get("/accueil/recherche")
async def search(
    request: Request,
    desk: DeskDep,
    edition: EditionDep,
    person: AtTheDoor,
    *,
    q: Annotated[str, Query(max_length=200)] = "",
    porte: str = "",
) -> HTMLResponse:
    """People by the beginnings of their name or organisation, for who comes without a badge."""
    moment = now()
    sought = " ".join(q.replace("\0", " ").split())
    found = await desk.store.search(edition.id, sought, None, 0, FOUND + 1) if sought else []
    day, rehearsal = edition.today(moment), edition.in_rehearsal(moment)
    people = [
        (holder, badges[0] if badges else None, badges[0].first_entry(day, rehearsal=rehearsal) if badges else None)
        for holder, badges in found[:FOUND]
    ]
    return desk.pages.render(
        request,
        "recherche.html",
        headers=UNSTORED,
        q=sought,
        people=people,
        more=len(found) > FOUND,
        gate=_gate(request, person, porte),
        nonce=new_id(),
        country=lambda holder: country(holder, language(request)),
    )


async def _screen(
    request: Request,
    desk: Desk,
    person: Volunteer,
    gate: str,
    said: Answer | None = None,
    *,
    edition: Edition,
    missing: bool = False,
    renamed: tuple[str, Refusal] | None = None,
) -> HTMLResponse:
    moment = now()
    last = await desk.store.last_admission(person.actor, moment - UNDO_WITHIN)
    return desk.pages.render(
        request,
        "accueil.html",
        422 if missing or renamed else 200,
        headers=UNSTORED,
        person=person,
        gate=gate,
        typed_gate=renamed[0] if renamed else gate,
        gate_error=sentence(language(request), renamed[1]) if renamed else "",
        nonce=new_id(),
        missing=missing,
        rehearsal=edition.in_rehearsal(moment),
        first_day=min(edition.dates),
        counts=await desk.store.counts(edition, moment),
        **_about(request, said),
        last=last,
        last_nonce=last.key.removeprefix(f"{person.actor}:") if last else "",
        last_holder=await desk.store.holder(last.registration) if last and last.registration else None,
    )


def _about(request: Request, said: Answer | None) -> dict[str, Any]:
    """What the answer's template shows; `result` is `undone` for an admission that was taken back."""
    if said is None:
        return {"result": "", "answer": None, "holder": None, "badge": None, "country": ""}
    return {
        "result": "undone" if said.check_in.undone_at else said.check_in.result.value,
        "answer": said.check_in,
        "holder": said.holder,
        "badge": said.badge,
        "country": country(said.holder, language(request)) if said.holder else "",
    }


def _nonce(form: Form, asked: str) -> str:
    """Going back and typing another code is another question, though the page's nonce is the same."""
    return f"{form.get('nonce', '')[:60] or new_id()}.{sha256(asked.encode()).hexdigest()[:12]}"


def _gate(request: Request, person: Volunteer, typed: str) -> str:
    """The desk's own gate, or the name given to it, or the main one: at the door, no name keeps a badge waiting."""
    if person.gate:
        return person.gate
    name = one_line(typed)
    return translate(language(request), GATE) if fault(name, GATE_LENGTH) or not is_visible(name) else name
