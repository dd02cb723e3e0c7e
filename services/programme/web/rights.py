"""Roles and scopes as pages say them, and the little that all pages about accounts share."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Request, Response

from services.programme.domain.accounts import ROLES
from services.programme.domain.tokens import SCOPES
from services.programme.web.context import Desk
from shared.errors import Refusal
from shared.i18n import N_, translate
from shared.web import Form, Staff, language, patience, said, staff

Admin = Annotated[Staff, staff("admin")]

RIGHTS: Mapping[str, str] = {
    "admin": N_("Administration : tout, et les comptes"),
    "registrations": N_("Inscriptions : lire, corriger, accepter, annuler"),
    "programme": N_("Programme : préparer et publier"),
    "messages": N_("Messages : lire les envois, écrire les modèles"),
    "desk": N_("Accueil : contrôler les badges"),
    "press": N_("Chiffres seulement"),
    "import": N_("Imports en nombre, sans limite de débit"),
}
"""What each role or scope opens."""


def chosen(form: Form, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The boxes ticked, in the order of the list; what is no box of ours is left to the rules to refuse."""
    ticked = form.all(name)
    return (*(one for one in known if one in ticked), *(one for one in ticked if one not in known))


def roles(lang: str) -> list[tuple[str, str]]:
    """Every role with its words."""
    return [(role, translate(lang, RIGHTS[role])) for role in ROLES]


def scopes(lang: str) -> list[tuple[str, str]]:
    """Every scope with its words."""
    return [(scope, translate(lang, RIGHTS[scope])) for scope in SCOPES]


def page(request: Request, desk: Desk, template: str, refusal: Refusal | None = None, **context: Any) -> Response:
    """A page with what was refused, if anything: `wrong` is the field it belongs to."""
    lang = language(request)
    return desk.pages.render(
        request,
        template,
        refusal.status if refusal else 200,
        headers=patience(refusal),
        sentence=said(lang, refusal) if refusal else "",
        wrong=(refusal.field or "") if refusal else "",
        rights={name: translate(lang, words).partition(":")[0].rstrip() for name, words in RIGHTS.items()},
        **context,
    )
