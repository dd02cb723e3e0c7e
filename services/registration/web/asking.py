"""What every page with the form's questions does: read the answers, keep the question of homonyms, list countries."""

from dataclasses import replace
from typing import Any

from services.registration.domain.refusals import Invalid, Mistake, mistake_of
from services.registration.intake import Typed
from services.registration.store import Shown
from services.registration.web.context import Desk
from services.registration.web.labels import NEEDS, authority_label, country_options
from services.registration.web.view import Given, context
from shared.clock import now
from shared.errors import Refusal
from shared.web import Form

TEXTS = (
    "category",
    "given_name",
    "family_name",
    "email",
    "phone",
    "language",
    "function",
    "organisation_name",
    "organisation_kind",
    "organisation_code",
    "organisation_country",
    "needs_other",
)
TICKS = ("privacy", "participants_list", "image", "wait", "both")


def given(form: Form) -> Given:
    """The answers as they came."""
    fields: dict[str, Any] = {name: form.get(name, "") for name in TEXTS}
    fields |= {name: bool(form.get(name)) for name in TICKS}
    lists: dict[str, Any] = {name: tuple(form.all(name)) for name in ("sessions", "waiting", "needs")}
    typed = Typed(**fields, **lists)
    choice = form.get("organisation_choice", "")
    return Given(typed, key=form.get("form_key", ""), mark=form.get("form_mark", ""), choice=choice)


def mistakes_of(refusal: Refusal) -> tuple[Mistake, ...]:
    """What a refusal says is to be mended."""
    return refusal.mistakes if isinstance(refusal, Invalid) else (mistake_of(refusal),)


def mended(given: Given, refusal: Refusal, desk: Desk) -> Given:
    """The answers with what is to be mended, to be shown again."""
    return with_homonyms(replace(given, mistakes=mistakes_of(refusal)), desk)


def with_homonyms(given: Given, desk: Desk) -> Given:
    """The question which of several homonyms is meant stays until it is answered and the name unchanged."""
    asked = given.choice or any(one.code == "homonyms" for one in given.mistakes)
    bearers = desk.organisations.named(given.typed.organisation_name) if asked else []
    return replace(given, homonyms=tuple(bearers), choice=given.choice if bearers else "")


def asked(shown: Shown, given: Given, lang: str) -> dict[str, Any]:
    """What a template with the form's questions works with."""
    return {
        "country_options": country_options(lang, given.typed.organisation_country),
        "needs": NEEDS,
        "homonyms": [(f"{one.kind}:{one.code}", one.name, authority_label(one, lang)) for one in given.homonyms],
        **context(shown, given, now(), lang),
    }
