"""The rules of registration, for the team: quotas, opening days, approval, how long an offer stands."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.registration import actions
from services.registration.domain.editions import Act, Category, Rules
from services.registration.domain.refusals import Mistake, RulesSavedBefore
from services.registration.store import Shown
from services.registration.web import view
from services.registration.web.context import PRIVATE, Desk, DeskDep, ShownDep
from shared.i18n import N_
from shared.web import Form, Staff, language, read_form, said, staff

router = APIRouter(prefix="/equipe/inscriptions", include_in_schema=False)

MAY = staff("registrations", "admin")
LARGEST = {"quota": 1_000_000, "hours": 720, "days": 1000}
ACTS = get_args(Act)

NOT_A_NUMBER = "%(name)s : écrivez un nombre entier entre %(least)s et %(most)s, ou laissez vide."
NEEDED = "%(name)s : écrivez un nombre entier entre %(least)s et %(most)s."


@dataclass(frozen=True)
class Number:
    """A number on the page. `kind` is what `LARGEST` limits."""

    name: str
    label: str
    kind: str
    needed: bool = False
    least: int = 0


EDITION = (
    Number("quota", N_("Places de l’édition"), "quota"),
    Number("opens_days_before", N_("Ouverture, jours avant"), "days", needed=True),
    Number("closes_days_before", N_("Clôture, jours avant"), "days", needed=True),
    Number("offer_hours", N_("Une place proposée est tenue, en heures"), "hours", needed=True, least=1),
    Number("changes_close_days_before", N_("Fin des modifications, jours avant"), "days", needed=True),
)
FREEZES: dict[Act, Number] = {
    "details": Number("freeze.details", N_("Informations, jours avant"), "days"),
    "sessions": Number("freeze.sessions", N_("Séances, jours avant"), "days"),
    "transfer": Number("freeze.transfer", N_("Transmission, jours avant"), "days"),
    "cancel": Number("freeze.cancel", N_("Annulation, jours avant"), "days"),
}
CATEGORY = (
    Number("quota", N_("Places"), "quota"),
    Number("opens_days_before", N_("Ouverture, jours avant"), "days"),
    Number("closes_days_before", N_("Clôture, jours avant"), "days"),
)


@router.get("/reglages")
async def show(request: Request, desk: DeskDep, shown: ShownDep, _who: Staff = MAY) -> Response:
    """The rules as they are."""
    return _page(request, desk, shown, typed=as_typed(shown.edition), version=actions.rules_version(shown.edition))


@router.post("/reglages")
async def send(request: Request, desk: DeskDep, shown: ShownDep, who: Staff = MAY) -> Response:
    """Save them, or show what is to be mended with everything typed kept."""
    form = await read_form(request)
    version = form.get("version", "")
    rules, mistakes = read(form, shown.edition)
    if mistakes:
        return _page(request, desk, shown, typed=form, version=version, mistakes=mistakes)
    try:
        await actions.set_rules(desk.store, rules, actor=who.actor, version=version)
    except RulesSavedBefore as refusal:
        desk.store.pages.forget()
        shown = await desk.store.pages.shown(shown.edition.id)
        mistake = Mistake("bilan", refusal.code, refusal.text)
        newest = actions.rules_version(shown.edition)
        return _page(request, desk, shown, typed=form, version=newest, mistakes=[mistake])
    return RedirectResponse("/equipe/inscriptions/reglages?fait=oui", 303, PRIVATE)


def as_typed(rules: Rules) -> dict[str, str]:
    """The rules as the page's fields hold them; `approval` and `public` are there when ticked."""
    typed = {one.name: _text(getattr(rules, one.name)) for one in EDITION}
    typed |= {"overlaps": "yes"} if rules.overlaps == "warn" else {}
    typed |= {one.name: _text(rules.freezes.get(act)) for act, one in FREEZES.items()}
    for category in rules.categories:
        typed |= {f"{category.id}.{one.name}": _text(getattr(category, one.name)) for one in CATEGORY}
        ticks = {f"{category.id}.{name}": "yes" for name in ("approval", "public") if getattr(category, name)}
        typed |= ticks
    return typed


def read(form: Form, before: Rules) -> tuple[Rules, list[Mistake]]:
    """The rules typed, and what is wrong with them. What the page does not show stays as it was."""
    mistakes: list[Mistake] = []

    def number(one: Number, prefix: str = "") -> int | None:
        value, wrong = _number(form.get(prefix + one.name, ""), one, prefix)
        mistakes.extend([wrong] if wrong else [])
        return value

    edition: dict[str, Any] = {one.name: number(one) for one in EDITION}
    freezes = {act: days for act, one in FREEZES.items() if (days := number(one)) is not None}

    def changed(category: Category) -> Category:
        fields: dict[str, Any] = {one.name: number(one, f"{category.id}.") for one in CATEGORY}
        fields |= {name: bool(form.get(f"{category.id}.{name}")) for name in ("approval", "public")}
        return replace(category, **fields)

    categories = tuple(changed(category) for category in before.categories)
    if mistakes:
        return before, mistakes
    overlaps = "warn" if form.get("overlaps") else "refuse"
    kept = {name: value for name, value in vars(before).items() if name not in {"first_day", "timezone"}}
    return Rules(**{**kept, **edition, "overlaps": overlaps, "freezes": freezes, "categories": categories}), []


def _number(typed: str, one: Number, prefix: str) -> tuple[int | None, Mistake | None]:
    text, most = typed.strip().replace("\u00a0", "").replace(" ", ""), LARGEST[one.kind]
    if not text and not one.needed:
        return None, None
    if text.isascii() and text.isdecimal() and len(text) < 10 and one.least <= int(text) <= most:
        return int(text), None
    params = {"name": one.label, "least": one.least, "most": most}
    return None, Mistake(prefix + one.name, "invalid", NEEDED if one.needed else NOT_A_NUMBER, params)


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _page(
    request: Request,
    desk: Desk,
    shown: Shown,
    *,
    typed: Mapping[str, str],
    version: str,
    mistakes: list[Mistake] | None = None,
) -> Response:
    lang = language(request)
    errors = view.faults([_translated(one, lang) for one in mistakes or []], lang)
    return desk.pages.render(
        request,
        "equipe-reglages.html",
        422 if mistakes else 200,
        headers=PRIVATE,
        edition=shown.identity,
        rules=shown.edition,
        places=shown.places,
        typed=defaultdict(str, typed),
        version=version,
        errors=errors,
        error=defaultdict(str, {one.name: one.text for one in errors}),
        numbers=EDITION,
        freezes=[*FREEZES.values()],
        in_category=CATEGORY,
        done=request.query_params.get("fait") == "oui",
    )


def _translated(one: Mistake, lang: str) -> Mistake:
    """The name of the field inside the sentence is a source too."""
    name = one.params.get("name")
    if name is None:
        return one
    return replace(one, params={**one.params, "name": said(lang, Mistake("", "", str(name)))})
