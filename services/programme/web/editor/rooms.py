"""Rooms and formats of the draft: add, rename, change places, remove what nothing uses."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from services.programme.actions import drafting
from services.programme.domain.editions import Kind, ProgrammeRefusal, Room
from services.programme.domain.slugs import slug
from services.programme.web.context import DeskDep, PublicDep
from services.programme.web.editor.work import Editor, Work, author, load
from services.programme.web.models import Id, KindIn, RoomIn
from shared.i18n import LANGUAGES, N_, translate
from shared.text import is_visible
from shared.web import Form, language, read_form, said
from shared.web.validation import explain

router = APIRouter(prefix="/equipe/programme")

TONES = {
    "plenary": N_("Plénière"),
    "workshop": N_("Atelier"),
    "country": N_("Groupe-pays"),
    "meeting": N_("Réunion"),
    "cafe": N_("Café"),
    "b2b": N_("Rendez-vous"),
    "break": N_("Pause, sans page à elle"),
}
_NO_NAME = N_("Nom : écrivez celui de la salle.")
_NO_LABEL = N_("Nom en français : écrivez-le, les autres langues s’appuient sur lui.")
_NEW = "nouvelle"


@router.get("/salles")
async def show(request: Request, desk: DeskDep, _editor: Editor, public: PublicDep) -> Response:
    """Rooms and formats, each with its form."""
    return _page(request, await load(desk, public))


@router.post("/salles/{id}")
async def save_room(request: Request, id: Id, desk: DeskDep, editor: Editor, public: PublicDep) -> Response:
    """Save a room, or remove it; `nouvelle` adds one."""
    form, work = await read_form(request), await load(desk, public)
    edition, draft = work.saved.edition.id, work.saved.draft
    try:
        if form.get("action") == "remove":
            await drafting.remove_room(desk.store, edition, id, author(editor))
            return _done("retrait-salle")
        wanted = slug(form.get("name", "")[:24], {room.id for room in draft.rooms}) if id == _NEW else id
        body = {
            "id": wanted,
            "name": form.get("name", ""),
            "capacity": "".join(form.get("capacity", "").split()) or None,
        }
        given = RoomIn.model_validate(body)
        if not is_visible(given.name):
            return _page(request, work, f"salle-{id}", form, ("name", translate(language(request), _NO_NAME)))
        await drafting.save_room(desk.store, edition, Room(**given.model_dump()), author(editor))
    except (ValidationError, ProgrammeRefusal) as error:
        return _page(request, work, f"salle-{id}", form, _sentence(request, error))
    return _done("salle")


@router.post("/formats/{id}")
async def save_kind(request: Request, id: Id, desk: DeskDep, editor: Editor, public: PublicDep) -> Response:
    """Save a format, or remove it; `nouvelle` adds one."""
    form, work = await read_form(request), await load(desk, public)
    edition, draft = work.saved.edition.id, work.saved.draft
    try:
        if form.get("action") == "remove":
            await drafting.remove_kind(desk.store, edition, id, author(editor))
            return _done("retrait-format")
        label = {lang: text for lang in LANGUAGES if (text := form.get(f"label_{lang}", "").strip())}
        if not is_visible(label.get("fr", "")):
            return _page(request, work, f"format-{id}", form, ("label_fr", translate(language(request), _NO_LABEL)))
        wanted = slug(label["fr"][:24], {kind.id for kind in draft.kinds}) if id == _NEW else id
        given = KindIn.model_validate({"id": wanted, "label": label, "tone": form.get("tone", "")})
        await drafting.save_kind(desk.store, edition, Kind(**given.model_dump()), author(editor))
    except (ValidationError, ProgrammeRefusal) as error:
        return _page(request, work, f"format-{id}", form, _sentence(request, error))
    return _done("format")


def _done(what: str) -> Response:
    return RedirectResponse(f"/equipe/programme/salles?fait={what}", 303)


def _sentence(request: Request, error: ValidationError | ProgrammeRefusal) -> tuple[str, str]:
    """The field of the row it belongs to, none for the row's first, and what to mend."""
    lang = language(request)
    if isinstance(error, ProgrammeRefusal):
        return "", said(lang, error)
    first = explain(error.errors(), lang)[0]
    return first["field"].replace(".", "_"), first["detail"]


def _page(
    request: Request, work: Work, wrong: str = "", form: Form | None = None, mistake: tuple[str, str] = ("", "")
) -> Response:
    draft = work.saved.draft
    context: dict[str, Any] = {
        "rooms": [*draft.rooms, Room(_NEW, "")],
        "kinds": [*draft.kinds, Kind(_NEW, {}, "workshop")],
        "used": {session.room for session in draft.sessions} | {session.kind for session in draft.sessions},
        "tones": [(tone, translate(language(request), word)) for tone, word in TONES.items()],
        "wrong": wrong,
        "form": form or {},
        "at": mistake[0],
        "sentence": mistake[1],
        "fait": request.query_params.get("fait", ""),
    }
    return request.app.state.pages.render(  # type: ignore[no-any-return]
        request, "equipe_salles.html", 422 if wrong else 200, **context
    )
