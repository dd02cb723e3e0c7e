"""The list of registrations as a file for spreadsheets: the page that asks which, and the file."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from services.registration import actions
from services.registration.store import Needs
from services.registration.store.pages import Search
from services.registration.web.api import MAY as PROGRAMS_MAY
from services.registration.web.columns import Words
from services.registration.web.context import PRIVATE, Desk, DeskDep, ShownDep
from services.registration.web.staff import MAY, STATE_WORDS, Filters
from shared import tables
from shared.clock import now
from shared.i18n import N_, gettext
from shared.tables import Rows
from shared.web import Input, Staff, language, read_form

router = APIRouter(prefix="/equipe/inscriptions", include_in_schema=False)
api = APIRouter(prefix="/api/registration/v1", tags=["registration"])

Format = Literal["csv", "xlsx"]
TYPES = {"csv": tables.CSV_TYPE, "xlsx": tables.XLSX_TYPE}
SHEET = N_("Inscriptions")


class ExportIn(Input):
    """Which registrations a program wants as a file; the same words as in the list."""

    edition: str | None = None
    q: str = Field(default="", max_length=200)
    status: str = ""
    category: str = ""
    format: Format = "csv"


@dataclass(frozen=True)
class Wanted:
    """A file to make: these registrations, in these words."""

    search: Search
    words: Words
    format: Format

    def journal(self, count: int) -> list[str]:
        """What the journal keeps. A search may be somebody's name, so only that there was one."""
        said = {"format": self.format, "status": self.search.status, "category": self.search.category}
        extra = [*(["q"] if self.search.q else []), *(["needs"] if self.words.with_needs else [])]
        return [*(f"{name}:{value}" for name, value in said.items() if value), *extra, f"lines:{count}"]


@router.get("/exporter")
async def ask(
    request: Request, desk: DeskDep, shown: ShownDep, filters: Annotated[Filters, Query()], _who: Staff = MAY
) -> Response:
    """Which file: the list as it is narrowed, in which format, with or without needs."""
    return desk.pages.render(
        request,
        "equipe-exporter.html",
        edition=shown.identity,
        filters=filters,
        count=await desk.store.pages.count(shown.edition.id, filters.search()),
        state=STATE_WORDS.get(filters.etat, "") if filters.etat else "",
        category=next((one.label for one in shown.edition.categories if one.id == filters.categorie), None),
    )


@router.post("/exporter")
async def send(request: Request, desk: DeskDep, shown: ShownDep, who: Staff = MAY) -> Response:
    """The file. It is asked for by a post: the journal notes who has it."""
    form = await read_form(request)
    filters = Filters(q=form.get("q", "")[:200], categorie=form.get("categorie", ""), etat=form.get("etat", ""))
    words = Words(shown, language(request), with_needs=bool(form.get("needs")))
    return await file(desk, Wanted(filters.search(), words, "csv" if form.get("format") == "csv" else "xlsx"), who)


@api.post(
    "/exports",
    response_class=StreamingResponse,
    responses={200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in TYPES.values()}}},
)
async def to_program(body: ExportIn, desk: DeskDep, who: Staff = PROGRAMS_MAY) -> Response:
    """Registrations as CSV or XLSX, columns and values in codes, which the journal remembers. Without needs."""
    shown = await desk.store.pages.shown(body.edition)
    words = Words(shown, "fr", for_programs=True)
    return await file(desk, Wanted(Search(body.q, body.status, body.category), words, body.format), who)


async def file(desk: Desk, wanted: Wanted, who: Staff) -> StreamingResponse:
    """The answer that streams it, noted in the journal before its first line."""
    words, edition = wanted.words, wanted.words.shown.edition.id
    count = await desk.store.pages.count(edition, wanted.search)
    await actions.note_export(desk.store, edition, wanted.journal(count), actor=who.actor)
    columns, rows = words.columns(), _rows(desk, wanted)
    if wanted.format == "csv":
        between = "," if words.for_programs else tables.separator(words.lang)
        body = tables.as_csv(columns, rows, between)
    else:
        body = tables.as_xlsx(gettext(words.lang, SHEET), columns, rows)
    name = f"{edition}-inscriptions-{now().date()}.{wanted.format}"
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(body, media_type=TYPES[wanted.format], headers=headers)


async def _rows(desk: Desk, wanted: Wanted) -> AsyncIterator[Rows]:
    pages, words = desk.store.pages, wanted.words
    async for some in pages.all(words.shown.edition.id, wanted.search):
        needs = await pages.needs_of([one.id for one in some]) if words.with_needs else {}
        yield [words.row(one, needs.get(one.id, Needs())) for one in some]
