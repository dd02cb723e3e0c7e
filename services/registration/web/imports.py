"""A list that the team sends: looked at line by line before anybody is registered, then carried out and followed."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.registration import actions
from services.registration.domain.importing import MOST, Choices, Full, Import, Line, LineState
from services.registration.domain.refusals import ImportUnderWay, Mistake
from services.registration.store import Shown
from services.registration.web import view
from services.registration.web.columns import HEADINGS, NEEDED, WIDTHS
from services.registration.web.context import PRIVATE, Desk, DeskDep, ShownDep
from services.registration.web.exports import TYPES, Format
from services.registration.web.lines import NEEDED_OF_ALL, READ, Checking, understood
from services.registration.web.sorting import sorted_lines
from shared import tables
from shared.clock import now
from shared.errors import NotFound, Refusal
from shared.i18n import N_, gettext
from shared.ids import new_id
from shared.tables import Column, Rows
from shared.web import Form, Staff, Upload, language, read_file, read_form, said, staff

router = APIRouter(prefix="/equipe/inscriptions", include_in_schema=False)

MAY = staff("registrations")
PATH = "/equipe/inscriptions/importer"
BULKY = {PATH: tables.BYTES + 100_000}
"""The file with the rest of its form."""
SHOWN = 200
"""Lines that a page tells about one by one."""
EVERY = 2
"""Seconds until a page of a list that is carried out asks again."""

NO_FILE = "Choisissez le fichier à importer."
NO_MAILS = "Dites si une confirmation part à chaque personne."
NOT_INFORMED = "Cochez que ces personnes savent comment leurs données sont utilisées."
FULL: tuple[Full, ...] = ("refuse", "wait", "beyond")

WHAT = {
    "family_name": N_("Aussi le seul nom de qui n’en a qu’un."),
    "given_name": N_("Vide pour qui n’a qu’un nom."),
    "function": N_("Telle qu’elle figurera sur le badge."),
    "organisation_name": N_("Collectivité, association, entreprise… en entier."),
    "organisation_country": N_("Son nom ou son code, Madagascar ou MG. Vide : la France."),
    "organisation_kind": N_(
        "Seulement entre collectivités du même nom, avec le code : commune, epci, departement, region."
    ),
    "organisation_code": N_("Code INSEE ou SIREN de la collectivité."),
    "category": N_("Son nom ou son identifiant."),
    "email": N_("L’adresse où la personne lit ses messages."),
    "phone": N_("Des chiffres, avec l’indicatif du pays."),
    "language": N_("Français, anglais ou espagnol. Vide : français."),
    "sessions": N_("Titres ou identifiants, séparés par une barre |. Une séance complète met en liste d’attente."),
    "waiting": N_("De même, pour attendre une place."),
    "participants_list": N_("Oui ou non. Vide : non."),
    "image": N_("Oui ou non. Vide : non."),
    "needs": N_("Comme sur le formulaire, séparés par une barre |. Jamais la raison."),
    "needs_other": N_("200 signes au plus."),
    "reference": N_("Le numéro de la personne dans votre logiciel : le même ne l’inscrit pas deux fois."),
}
"""What stands in each column of a list."""


@router.get("/importer")
async def ask(request: Request, desk: DeskDep, shown: ShownDep, _who: Staff = MAY) -> Response:
    """Where a list is sent, what it may say, and the lists sent lately."""
    return await _upload_page(request, desk, shown)


@router.get("/importer/modele.{kind}")
async def template(kind: Format, request: Request, shown: ShownDep, _who: Staff = MAY) -> Response:
    """A table with the headings alone, in the person's language."""
    lang = language(request)
    columns = [Column(gettext(lang, {**HEADINGS, **NEEDED}[key]), WIDTHS.get(key, 18)) for key in READ]
    if kind == "csv":
        body = tables.csv_file([[one.heading for one in columns]], tables.separator(lang))
    else:
        body = b"".join(
            [piece async for piece in tables.as_xlsx(gettext(lang, N_("Inscriptions")), columns, _nothing())]
        )
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{shown.edition.id}-import.{kind}"'}
    return Response(body, media_type=TYPES[kind], headers=headers)


async def _nothing() -> AsyncIterator[Rows]:
    rows: Rows
    for rows in ():
        yield rows


@router.post("/importer")
async def send(request: Request, desk: DeskDep, shown: ShownDep, who: Staff = MAY) -> Response:
    """Check a list and go on to what would come of it; nobody is registered."""
    upload = await read_file(request, "file")
    if upload is None:
        return await _upload_page(request, desk, shown, Mistake("file", "missing", NO_FILE))
    try:
        made = await _received(desk, shown, upload, who)
    except Refusal as refusal:
        if refusal.status not in {413, 422}:
            raise
        return await _upload_page(request, desk, shown, Mistake("file", refusal.code, refusal.text, refusal.params))
    return RedirectResponse(f"/equipe/inscriptions/imports/{made.id}", 303, PRIVATE)


async def _received(desk: Desk, shown: Shown, upload: Upload, who: Staff) -> Import:
    table = await tables.read(upload.content, MOST)
    headings = understood(table.headings)
    at = now()
    made = Import(
        id=new_id(),
        edition=shown.edition.id,
        at=at,
        actor=who.actor,
        name=upload.name,
        sheet=table.sheet,
        others=table.others,
        headings=headings.names,
        unread=headings.unread,
        unknown=headings.unknown,
    )
    checked = await Checking(shown, desk.organisations, headings, at).all(table)
    await actions.keep_import(desk.store, made, await sorted_lines(desk.store, made, checked))
    return made


async def _upload_page(request: Request, desk: Desk, shown: Shown, mistake: Mistake | None = None) -> Response:
    lang = language(request)
    return desk.pages.render(
        request,
        "equipe-importer.html",
        422 if mistake else 200,
        headers=PRIVATE,
        edition=shown.identity,
        zone=shown.identity.timezone,
        errors=view.faults([mistake] if mistake else [], lang),
        columns=[({**HEADINGS, **NEEDED}[key], WHAT[key], key in NEEDED_OF_ALL) for key in READ],
        categories=shown.edition.categories,
        most=MOST,
        latest=await desk.store.imports.latest(shown.edition.id, 10),
    )


@dataclass(frozen=True)
class Told:
    """A cell to mend as the page shows it."""

    line: int
    name: str
    column: str
    value: str
    text: str


@router.get("/imports/{id}")
async def show(id: str, request: Request, desk: DeskDep, _who: Staff = MAY) -> Response:
    """What would come of a list, how far it is, or what came of it."""
    return await _page(request, desk, await _found(desk, id))


@router.post("/imports/{id}")
async def confirm(id: str, request: Request, desk: DeskDep, who: Staff = MAY) -> Response:
    """Carry it out, as far as it is good and as was chosen."""
    made, form = await _found(desk, id), await read_form(request)
    if mistakes := _missing(form):
        return await _page(request, desk, made, form, mistakes)
    full = form.get("full", "")
    choices = Choices(
        mails=form["mails"] == "yes",
        twins=bool(form.get("twins")),
        full=next((one for one in FULL if one == full), FULL[0]),
    )
    counts = await desk.store.imports.counts(id)
    try:
        await actions.confirm_import(desk.store, id, choices, actor=who.actor, counts=counts)
    except ImportUnderWay as refusal:
        return await _page(request, desk, await _found(desk, id), form, [Mistake("", refusal.code, refusal.text)])
    return RedirectResponse(f"/equipe/inscriptions/imports/{id}", 303, PRIVATE)


@router.post("/imports/{id}/effacer")
async def discard(id: str, desk: DeskDep, who: Staff = MAY) -> Response:
    """Throw the list away with the lines that are left of it."""
    await actions.discard_import(desk.store, id, actor=who.actor)
    return RedirectResponse(PATH, 303, PRIVATE)


async def _found(desk: Desk, id: str) -> Import:
    if (made := await desk.store.imports.one(id)) is None:
        raise NotFound
    return made


def _missing(form: Form) -> list[Mistake]:
    mistakes = [] if form.get("mails") in {"yes", "no"} else [Mistake("mails", "missing", NO_MAILS)]
    return mistakes + ([] if form.get("informed") else [Mistake("informed", "missing", NOT_INFORMED)])


async def _page(
    request: Request, desk: Desk, made: Import, form: Mapping[str, str] | None = None, mistakes: Sequence[Mistake] = ()
) -> Response:
    lang, running = language(request), made.state == "running"
    paused = request.query_params.get("pause") == "oui"
    counts, shown = await desk.store.imports.counts(made.id), await desk.store.pages.shown(made.edition)
    errors = view.faults(mistakes, lang)
    zone = shown.identity.timezone
    return desk.pages.render(
        request,
        "equipe-import.html",
        (409 if mistakes[0].code == ImportUnderWay.code else 422) if mistakes else 200,
        headers={**PRIVATE, **({"Refresh": str(EVERY)} if running and not paused else {})},
        edition=shown.identity,
        zone=zone,
        made=made,
        paused=paused,
        counts={state: counts.get(state, 0) for state in _STATES},
        total=sum(counts.values()),
        faults=[*_told(await _some(desk, made, "faulty", "refused"), lang, zone)],
        twins=await _some(desk, made, "twin"),
        known=await _some(desk, made, "known"),
        shown_at_most=SHOWN,
        typed=defaultdict(str, form or {}),
        errors=errors,
        error=defaultdict(str, {one.name: one.text for one in errors}),
    )


_STATES: tuple[LineState, ...] = ("ready", "twin", "known", "faulty", "done", "refused")


async def _some(desk: Desk, made: Import, *states: LineState) -> Sequence[Line]:
    return await desk.store.imports.lines(made.id, states, SHOWN)


def _told(lines: Sequence[Line], lang: str, zone: str) -> list[Told]:
    return [
        Told(line.number, line.name, one.column, one.value, said(lang, one, zone))
        for line in lines
        for one in line.faults
    ]
