"""Publishing: what changes, what is still to be looked at, who will be told; then, once, the release."""

import re
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from services.programme.actions import editions as actions
from services.programme.domain.drafts import DraftChanged
from services.programme.web.context import DeskDep, PublicDep
from services.programme.web.editor.typed import Mistake
from services.programme.web.editor.work import Editor, Work, load, spelled
from services.programme.web.models import ReleaseIn
from shared.i18n import LANGUAGES, N_, translate
from shared.web import Form, language, read_form, said
from shared.web.pages import text
from shared.web.validation import explain

router = APIRouter(prefix="/equipe/programme/publier")

_CONFIRM = N_("Cochez la case : il reste des conflits, et le public les verra.")


@router.get("")
async def review(request: Request, desk: DeskDep, _editor: Editor, public: PublicDep) -> Response:
    """What the next release changes, and whom it concerns."""
    return _page(request, await load(desk, public))


@router.post("")
async def publish(request: Request, desk: DeskDep, editor: Editor, public: PublicDep) -> Response:
    """Release what was looked at, once; if the draft has changed since, show it again instead."""
    form, work = await read_form(request), await load(desk, public)
    mark, lang = form.get("mark", ""), language(request)
    if not re.fullmatch("[0-9]{1,9}", mark) or (work.review.count and int(mark) != work.saved.stamps.whole):
        return _page(request, work, form, sentence=said(lang, DraftChanged()))
    if work.review.count and work.conflicts and form.get("confirm") != "yes":
        return _page(request, work, form, [Mistake("confirm-yes", translate(lang, _CONFIRM))])
    note = {code: words for code in LANGUAGES if (words := form.get(f"note_{code}", "").strip())}
    try:
        given = ReleaseIn.model_validate({"edition": work.saved.edition.id, "note": note})
        _, new = await actions.release(desk.store, given.edition, given.model_dump()["note"], editor.actor, int(mark))
    except ValidationError as error:
        found = [Mistake(one["field"].replace(".", "_"), one["detail"]) for one in explain(error.errors(), lang)]
        return _page(request, work, form, found)
    except DraftChanged as refusal:
        return _page(request, await load(desk, public), form, sentence=said(lang, refusal))
    await desk.shown.refresh()
    return RedirectResponse(f"/equipe/programme?fait={'publiee' if new else 'deja'}", 303)


def _page(
    request: Request, work: Work, form: Form | None = None, mistakes: Sequence[Mistake] = (), sentence: str = ""
) -> Response:
    rows = work.rows()
    return request.app.state.pages.render(  # type: ignore[no-any-return]
        request,
        "equipe_publier.html",
        409 if sentence else 422 if mistakes else 200,
        work=work,
        rows=[rows[card.session.id] for card in work.cards() if rows[card.session.id].line in work.review.changed],
        kinds=_kinds(work, language(request)),
        form=form or {},
        errors=mistakes,
        wrong={mistake.field: mistake.text for mistake in mistakes},
        sentence=sentence,
        spelled=spelled(request, work.saved.edition.timezone),
    )


def _kinds(work: Work, lang: str) -> dict[str, str]:
    """Names of formats, those of the newest release too: a format may have left the draft."""
    known = (*(work.previous.kinds if work.previous else ()), *work.planned.kinds)
    return {kind.id: text(lang, kind.label) for kind in known}
