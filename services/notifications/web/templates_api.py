"""The JSON API of the words of each mail. The ETag of version 3 is `"3"`; version 0 says our own words."""

import re
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from services.notifications import defaults
from services.notifications.actions import wording as acting
from services.notifications.domain.deliveries import Template
from services.notifications.domain.wording import IN_TITLES, MAILS, ChangedMeanwhile, Wording, Words
from services.notifications.web.context import Desk, DeskDep
from shared.errors import Refusal
from shared.i18n import LANGUAGES
from shared.web import Input, Staff, problem, staff_or_token

router = APIRouter(prefix="/api/notifications/v1/templates", tags=["templates"])

MAY = staff_or_token("messages", "messages")
Lang = Annotated[str, Path(pattern="^(fr|en|es)$")]
IfMatch = Annotated[str | None, Header(max_length=200, description="The ETag of what was read, or `*`")]


class VersionMissing(Refusal):
    """A change that does not say what it was made from could overwrite somebody else's."""

    code = "version-missing"
    status = 428
    text = "Lisez d’abord ce modèle, puis renvoyez son ETag dans l’en-tête If-Match."


class PlaceholderItem(BaseModel):
    """A placeholder of a template: `{nom}` where `name` is `nom`."""

    name: str
    in_title: bool
    required: bool
    """It must be in the opening or in the closing."""


class TemplateItem(BaseModel):
    """The words of one mail in one language, paragraphs separated by an empty line. `own`: the team wrote them."""

    name: Template
    lang: str
    title: str
    opening: str
    closing: str
    own: bool
    version: int
    placeholders: list[PlaceholderItem]


class TemplateList(BaseModel):
    """Every mail in every language."""

    items: list[TemplateItem]
    next: None = None


class WordsIn(Input):
    """Words to keep: checked as on the page, with the same reasons."""

    title: str
    opening: str
    closing: str = ""


@router.get("")
async def templates(desk: DeskDep, _person: Staff = MAY) -> TemplateList:
    """The words of every mail, in every language."""
    written = await desk.store.wordings()
    pairs = [(template, lang) for template in Template for lang in LANGUAGES]
    return TemplateList(items=[_item(written.get(pair) or Wording(*pair)) for pair in pairs])


@router.get("/{name}/{lang}")
async def get_template(
    name: Template, lang: Lang, desk: DeskDep, response: Response, _person: Staff = MAY
) -> TemplateItem:
    """The words of one mail in one language."""
    kept = await desk.store.wording(name, lang)
    response.headers["ETag"] = f'"{kept.version}"'
    return _item(kept)


@router.put("/{name}/{lang}", response_model=TemplateItem)
async def put_template(
    name: Template,
    lang: Lang,
    given: WordsIn,
    desk: DeskDep,
    *,
    request: Request,
    if_match: IfMatch = None,
    person: Staff = MAY,
) -> Response:
    """Write these words in place of those read at `If-Match`. 412 with the newest ones when somebody was quicker."""
    words = Words.typed(given.title, given.opening, given.closing)
    return await _rewrite(request, desk, (name, lang), words, if_match=if_match, person=person)


@router.delete("/{name}/{lang}", response_model=TemplateItem)
async def reset_template(
    name: Template, lang: Lang, desk: DeskDep, *, request: Request, if_match: IfMatch = None, person: Staff = MAY
) -> Response:
    """Our own words again."""
    return await _rewrite(request, desk, (name, lang), None, if_match=if_match, person=person)


async def _rewrite(
    request: Request,
    desk: Desk,
    which: tuple[Template, str],
    words: Words | None,
    *,
    if_match: str | None,
    person: Staff,
) -> Response:
    expected = _version(if_match)
    try:
        kept = await acting.rewrite(desk.store, *which, words, expected, actor=person.actor, name=person.name)
    except ChangedMeanwhile as refusal:
        more = {"current": _item(refusal.current).model_dump(mode="json")}
        return problem(request, refusal, {"ETag": f'"{refusal.current.version}"'}, more=more)
    return JSONResponse(_item(kept).model_dump(mode="json"), headers={"ETag": f'"{kept.version}"'})


def _version(if_match: str | None) -> int | None:
    """The version named, None for `*`; what is no ETag of ours is no version at all."""
    if if_match is None:
        raise VersionMissing
    if if_match.strip() == "*":
        return None
    found = re.fullmatch(r'\s*"(\d{1,9})"\s*', if_match)
    return int(found[1]) if found else -1


def _item(kept: Wording) -> TemplateItem:
    mail = MAILS[kept.template]
    words = kept.words or defaults.words(kept.template, kept.lang)
    placeholders = [
        PlaceholderItem(name=name, in_title=name in IN_TITLES, required=name in mail.needs)
        for name in mail.placeholders
    ]
    return TemplateItem(
        name=kept.template,
        lang=kept.lang,
        **vars(words),
        own=kept.words is not None,
        version=kept.version,
        placeholders=placeholders,
    )
