"""One session's form: new, copied, changed, put back; and both versions where two people were at work."""

import json
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.programme.actions import drafting
from services.programme.domain import drafts
from services.programme.domain.drafts import ChangedMeanwhile
from services.programme.domain.editions import ProgrammeRefusal, Session
from services.programme.web.context import DeskDep, PublicDep
from services.programme.web.editor.choosing import FIELDS, choices
from services.programme.web.editor.typed import Mistake, Mistakes, Typed
from services.programme.web.editor.work import Editor, Work, author, load, read_version, spelled
from services.programme.web.models import Id
from shared.errors import NotFound
from shared.i18n import N_, dates, translate
from shared.ids import new_id
from shared.web import language, read_form, said
from shared.web.pages import capitalize, text

router = APIRouter(prefix="/equipe/programme/seances")

_FIELD_OF = {"ends-before-it-starts": "end", "outside-edition": "date", "unknown-room": "room", "unknown-kind": "kind"}


@router.get("/nouvelle")
async def new(
    request: Request, desk: DeskDep, _editor: Editor, public: PublicDep, de: str = "", jour: str = ""
) -> Response:
    """An empty form, or with `de` a copy of another session. Nothing is kept before it is saved."""
    work = await load(desk, public)
    model = drafts.find(work.saved.draft, de)
    if model:
        typed = Typed.of(model, work.zone, language(request))
    else:
        days = [day.isoformat() for day in work.saved.edition.dates]
        typed = Typed({"date": jour if jour in days else days[0], "access": "open"})
    return _form(request, work, _Sheet(new_id(), typed, copied=model))


@router.get("/{id}")
async def edit(request: Request, id: Id, desk: DeskDep, _editor: Editor, public: PublicDep) -> Response:
    """The form of a session of the draft; of one that was taken out of it, as it was released."""
    work = await load(desk, public)
    session = drafts.find(work.saved.draft, id) or _released(work, id)
    if session is None:
        raise NotFound
    typed = Typed.of(session, work.zone, language(request))
    return _form(request, work, _Sheet(id, typed, str(work.saved.stamps.of(id).version)))


@router.post("/{id}")
async def save(request: Request, id: Id, desk: DeskDep, editor: Editor, public: PublicDep) -> Response:
    """Save the form: back to the list, or what is to be mended, or the two versions to choose from."""
    form, work = await read_form(request), await load(desk, public)
    version, typed, edition = form.get("version", ""), Typed.read(form), work.saved.edition
    current, stamp = drafts.find(work.saved.draft, id), work.saved.stamps.of(id)
    if current and version == str(stamp.version):
        theirs = Typed.of(current, work.zone, language(request))
        typed = typed.choose(theirs, [name for name in FIELDS if form.get(f"keep_{name}") == "theirs"])
    sheet = _Sheet(id, typed, version, form.get("base", ""))
    try:
        session = typed.session(id, edition, work.saved.draft, language(request))
        sheet = replace(sheet, typed=Typed.of(session, work.zone, language(request)))
        await drafting.save_session(desk.store, edition.id, session, read_version(version), author(editor))
    except Mistakes as mistakes:
        return _form(request, work, replace(sheet, mistakes=mistakes.found))
    except ChangedMeanwhile as refusal:
        return _conflict(request, await load(desk, public), sheet, refusal)
    except ProgrammeRefusal as refusal:
        found = Mistake(_FIELD_OF.get(refusal.code, "title_fr"), said(language(request), refusal))
        return _form(request, work, replace(sheet, mistakes=(found,)))
    return RedirectResponse(f"/equipe/programme?fait=seance&seance={id}", 303)


def _released(work: Work, id: str) -> Session | None:
    """A session that the draft no longer has, as the newest release shows it."""
    found = work.previous.session(id) if work.previous else None
    if found is None:
        return None
    rooms, kinds = {room.id: room for room in work.saved.draft.rooms}, {kind.id for kind in work.saved.draft.kinds}
    room = rooms.get(found.room or "")
    whole = room is not None and room.capacity == found.capacity
    return Session(
        **{name: getattr(found, name) for name in ("id", "title", "start", "end", "description", "access", "speakers")},
        kind=found.kind if found.kind in kinds else "",
        room=room.id if room else None,
        capacity=None if whole else found.capacity,
    )


@dataclass(frozen=True)
class _Sheet:
    """The form as it lies there: read at `version`, empty for a new session, when it said `base`."""

    id: str
    typed: Typed
    version: str = ""
    base: str = ""
    mistakes: tuple[Mistake, ...] = ()
    copied: Session | None = None


def _form(request: Request, work: Work, sheet: _Sheet) -> Response:
    base = sheet.base or json.dumps(sheet.typed.said(), ensure_ascii=False)
    return request.app.state.pages.render(  # type: ignore[no-any-return]
        request,
        "equipe_seance.html",
        422 if sheet.mistakes else 200,
        id=sheet.id,
        typed=sheet.typed,
        version=sheet.version,
        base=base,
        errors=sheet.mistakes,
        wrong={mistake.field: mistake.text for mistake in sheet.mistakes},
        copied=sheet.copied,
        row=work.rows().get(sheet.id),
        work=work,
        **_options(work, sheet.typed, language(request)),
        spelled=spelled(request, work.saved.edition.timezone),
    )


def _options(work: Work, typed: Typed, lang: str) -> dict[str, list[tuple[str, str]]]:
    """What the form lets one choose from, as pairs of value and label."""
    draft, zone = work.saved.draft, work.saved.edition.timezone
    rooms = [(room.id, f"{room.name} ({room.capacity})" if room.capacity else room.name) for room in draft.rooms]
    kinds = [(kind.id, text(lang, kind.label)) for kind in draft.kinds]
    known = typed["kind"] in {id for id, _ in kinds}
    return {
        "days": [(day.isoformat(), capitalize(dates.day(day, lang, zone=zone))) for day in work.saved.edition.dates],
        "rooms": [("", translate(lang, N_("sans salle"))), *rooms],
        "kinds": kinds if known else [("", translate(lang, N_("à choisir"))), *kinds],
    }


def _conflict(request: Request, work: Work, sheet: _Sheet, refusal: ChangedMeanwhile) -> Response:
    lang = language(request)
    mine = sheet.typed
    theirs = Typed.of(refusal.current, work.zone, lang) if refusal.current else None
    return request.app.state.pages.render(  # type: ignore[no-any-return]
        request,
        "equipe_conflit.html",
        409,
        id=sheet.id,
        mine=mine,
        version=refusal.stamp.version,
        base=json.dumps((theirs or mine).said(), ensure_ascii=False),
        stamp=refusal.stamp,
        removed=theirs is None,
        sentence=said(lang, refusal),
        choices=choices(mine, theirs, sheet.base, work, lang) if theirs else (),
    )
