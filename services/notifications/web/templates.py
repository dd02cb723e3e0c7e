"""For the team: the words of each mail, in each language: read, written, looked at, tried, taken back."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.notifications import defaults, examples
from services.notifications.actions import wording as acting
from services.notifications.composing import printable
from services.notifications.domain.deliveries import Template
from services.notifications.domain.letters import Content
from services.notifications.domain.trials import Trial
from services.notifications.domain.wording import (
    IN_TITLES,
    MAILS,
    TEXT_LENGTH,
    TITLE_LENGTH,
    BadWords,
    ChangedMeanwhile,
    Wording,
    Words,
    are_fillable,
    faults,
)
from services.notifications.masking import masked
from services.notifications.mime import Unsendable, address_for_envelope
from services.notifications.store import Edition, read_known
from services.notifications.web.context import Desk, DeskDep, current_edition
from shared.clock import now
from shared.errors import NotFound, Refusal
from shared.i18n import LANGUAGES, N_, gettext
from shared.ids import new_id
from shared.web import Form, Staff, language, read_form, said, staff

router = APIRouter(prefix="/equipe/messages/modeles", include_in_schema=False)

MAY = staff("messages")
LIST = "/equipe/messages/modeles"
PREVIEWS = 3
TRIAL_MARK = N_("[Essai]")

Lang = Annotated[str, Path(pattern="^(fr|en|es)$")]
NO_STORE = {"Cache-Control": "no-store"}


class NoAddress(Refusal):
    """Nobody can receive a trial there."""

    code = "no-address"
    status = 422
    text = "Adresse de l’essai : écrivez une adresse entière, comme nom@collectivite.example."
    field = "recipient"


@router.get("")
async def templates(request: Request, desk: DeskDep, _person: Staff = MAY) -> HTMLResponse:
    """Every mail with its languages, and whose words it says."""
    return desk.pages.render(
        request, "equipe_modeles.html", templates=[*Template], languages=LANGUAGES, written=await desk.store.wordings()
    )


@router.get("/{template}/{lang}")
async def template_page(
    request: Request,
    desk: DeskDep,
    template: Template,
    lang: Lang,
    _person: Staff = MAY,
) -> HTMLResponse:
    """The words of one mail in one language, to be written."""
    return await _page(request, desk, await desk.store.wording(template, lang))


@router.post("/{template}/{lang}")
async def write(request: Request, desk: DeskDep, template: Template, lang: Lang, person: Staff = MAY) -> Response:
    """Keep what was typed. What cannot be kept is shown again, with the reason."""
    form = await read_form(request)
    words = _typed(form)
    try:
        await acting.rewrite(desk.store, template, lang, words, _version(form), actor=person.actor, name=person.name)
    except BadWords as refusal:
        kept = await desk.store.wording(template, lang)
        return await _page(request, desk, kept, typed=words, version=_version(form), mistakes=refusal.faults)
    except ChangedMeanwhile as refusal:
        return await _page(request, desk, refusal.current, typed=words, conflict=refusal)
    return RedirectResponse(f"{LIST}/{template}/{lang}?fait=enregistre", 303, NO_STORE)


@router.post("/{template}/{lang}/retablir")
async def reset(request: Request, desk: DeskDep, template: Template, lang: Lang, person: Staff = MAY) -> Response:
    """Our own words again."""
    form = await read_form(request)
    try:
        await acting.rewrite(desk.store, template, lang, None, _version(form), actor=person.actor, name=person.name)
    except ChangedMeanwhile as refusal:
        return await _page(request, desk, refusal.current, conflict=refusal)
    return RedirectResponse(f"{LIST}/{template}/{lang}?fait=retabli", 303, NO_STORE)


@router.get("/{template}/{lang}/apercu")
async def preview(
    desk: DeskDep,
    template: Template,
    lang: Lang,
    *,
    pour: Annotated[str, Query(max_length=60)] = "",
    _person: Staff = MAY,
) -> HTMLResponse:
    """The mail as it would leave now, for a sandboxed frame: to an invented person, or to the one named."""
    kept = await desk.store.wording(template, lang)
    return await _preview(desk, template, lang, pour=pour, words=_usable(kept))


@router.post("/{template}/{lang}/apercu")
async def preview_typed(
    request: Request, desk: DeskDep, template: Template, lang: Lang, _person: Staff = MAY
) -> HTMLResponse:
    """The same with the words that are in the form, which are not kept."""
    form = await read_form(request)
    words = _typed(form)
    if found := faults(template, words):
        reasons = [said(language(request), fault) for fault in found.values()]
        return desk.pages.render(request, "apercu_impossible.html", 422, reasons=reasons, headers=NO_STORE)
    return await _preview(desk, template, lang, pour=form.get("pour", ""), words=words)


@router.get("/{template}/{lang}/essai")
async def after_trial(request: Request, template: Template, lang: Lang, _person: Staff = MAY) -> Response:
    """The page of a trial asked for again, in another language say: the words as they are kept."""
    return RedirectResponse(f"{LIST}/{template}/{lang}?{request.url.query}", 303, NO_STORE)


@router.post("/{template}/{lang}/essai")
async def trial(request: Request, desk: DeskDep, template: Template, lang: Lang, person: Staff = MAY) -> Response:
    """Send the words that are in the form to one address, or see what became of that; they stay, and are not kept."""
    form = await read_form(request)
    words, recipient = _typed(form), form.get("recipient", "").strip() or person.email
    kept, version = await desk.store.wording(template, lang), _version(form)
    if asked := form.get("suivi", "")[:40]:
        made = await desk.store.trial(asked)
        return await _page(request, desk, kept, typed=words, version=version, recipient=recipient, trial=made)
    mistakes: dict[str, Refusal] = {**faults(template, words)}
    try:
        address_for_envelope(recipient)
    except Unsendable:
        mistakes["recipient"] = NoAddress()
    if mistakes:
        return await _page(request, desk, kept, typed=words, version=version, mistakes=mistakes, recipient=recipient)
    made = await _trial(desk, template, lang, words, recipient)
    await acting.ask_trial(desk.store, made, template, person.actor)
    return await _page(request, desk, kept, typed=words, version=version, recipient=recipient, trial=made)


async def _trial(desk: Desk, template: Template, lang: str, words: Words, recipient: str) -> Trial:
    edition = await current_edition(desk)
    content = await _content(desk, template, lang, pour="", words=words, edition=edition)
    return Trial(
        id=new_id(),
        reply_to=(edition.changed if edition else examples.EDITION).contact_email,
        recipient=recipient,
        language=lang,
        content=Content(f"{gettext(lang, TRIAL_MARK)} {content.title}", content.text, content.html),
        at=now(),
    )


async def _page(
    request: Request,
    desk: Desk,
    kept: Wording,
    *,
    typed: Words | None = None,
    version: int | None = None,
    mistakes: Mapping[str, Refusal] | None = None,
    conflict: ChangedMeanwhile | None = None,
    recipient: str = "",
    trial: Trial | None = None,
) -> HTMLResponse:
    lang, shown = language(request), defaults.words(kept.template, kept.lang)
    edition = await current_edition(desk)
    letter = _letter(desk, kept.template, kept.lang, edition)
    return desk.pages.render(
        request,
        "equipe_modele.html",
        409 if conflict else 422 if mistakes else 200,
        kept=kept,
        words=typed or kept.words or shown,
        current=kept.words or shown,
        ours=shown,
        version=kept.version if version is None else version,
        errors=[{"field": field, "text": said(lang, fault)} for field, fault in (mistakes or {}).items()],
        conflict=said(lang, conflict) if conflict else "",
        mail=MAILS[kept.template],
        examples=desk.composer.examples(letter),
        in_titles=IN_TITLES,
        title_length=TITLE_LENGTH,
        text_length=TEXT_LENGTH,
        languages=LANGUAGES,
        people=await _people(desk, edition),
        recipient=recipient,
        trial=trial,
        unsaved=bool(trial and typed and typed != (kept.words or shown)),
        done=request.query_params.get("fait", ""),
    )


async def _people(desk: Desk, edition: Edition | None) -> list[dict[str, str]]:
    if edition is None:
        return []
    found = [read_known(one).fact for one in await desk.store.recipients(edition.changed.edition, PREVIEWS)]
    return [
        {"id": one.registration, "name": printable(f"{one.person.given_name} {one.person.family_name}".strip())}
        for one in found
    ]


async def _preview(desk: Desk, template: Template, lang: str, *, pour: str, words: Words | None) -> HTMLResponse:
    content = await _content(desk, template, lang, pour=pour, words=words, edition=await current_edition(desk))
    return HTMLResponse(masked(content.html), headers=NO_STORE)


async def _content(
    desk: Desk, template: Template, lang: str, *, pour: str, words: Words | None, edition: Edition | None
) -> Content:
    known = await desk.store.known(pour) if pour else None
    if pour and known is None:
        raise NotFound
    letter = _letter(desk, template, lang, edition, known)
    return desk.composer.compose(letter, words)


def _letter(desk: Desk, template: Template, lang: str, edition: Edition | None, known: Any = None) -> Any:
    changed, released = (edition.changed, edition.released) if edition else (None, None)
    return examples.letter(template, lang, changed, released, desk.public_url, known=known)


def _usable(kept: Wording) -> Words | None:
    return kept.words if kept.words and are_fillable(kept.template, kept.words) else None


def _typed(form: Form) -> Words:
    return Words.typed(form.get("title", ""), form.get("opening", ""), form.get("closing", ""))


def _version(form: Form) -> int:
    """The version the form was made from; one that is none of ours is no version at all."""
    given = form.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 10 else -1
