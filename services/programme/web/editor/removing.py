"""Taking a session out of the programme: it asks first, and says what will come of it."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.programme.actions import drafting
from services.programme.domain import drafts
from services.programme.domain.drafts import ChangedMeanwhile
from services.programme.web.context import DeskDep, PublicDep
from services.programme.web.editor.work import Editor, Work, author, load, read_version
from services.programme.web.models import Id
from shared.errors import NotFound
from shared.web import language, read_form, said

router = APIRouter(prefix="/equipe/programme/seances")


@router.get("/{id}/retirer")
async def ask(request: Request, id: Id, desk: DeskDep, _editor: Editor, public: PublicDep) -> Response:
    """Whether this session shall go, and what will come of it."""
    return _question(request, await load(desk, public), id)


@router.post("/{id}/retirer")
async def remove(request: Request, id: Id, desk: DeskDep, editor: Editor, public: PublicDep) -> Response:
    """Take it out of the draft; asked again if somebody changed it meanwhile."""
    form, work = await read_form(request), await load(desk, public)
    expected = read_version(form.get("version", "")) or 0
    try:
        await drafting.remove_session(desk.store, work.saved.edition.id, id, expected, author(editor))
    except ChangedMeanwhile as refusal:
        return _question(request, await load(desk, public), id, said(language(request), refusal))
    return RedirectResponse("/equipe/programme?fait=retrait", 303)


def _question(request: Request, work: Work, id: str, sentence: str = "") -> Response:
    if drafts.find(work.saved.draft, id) is None:
        raise NotFound
    row = work.rows()[id]
    return request.app.state.pages.render(  # type: ignore[no-any-return]
        request, "equipe_retirer.html", 409 if sentence else 200, id=id, row=row, work=work, sentence=sentence
    )
