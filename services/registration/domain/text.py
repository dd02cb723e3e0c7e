"""Text that people type: how long it may be, and the sentence when it may not be so; its signs are `shared.text`'s."""

from services.registration.domain.refusals import Mistake
from shared.text import is_visible, unshowable

LIMITS = {
    "given_name": 60,
    "family_name": 60,
    "email": 254,
    "function": 140,
    "organisation_name": 160,
    "phone": 40,
    "needs_other": 200,
    "reference": 100,
}
"""Characters at most. Published names reach 57, functions 139, organisations 77; an address may have 254 (RFC 5321)."""

TOO_LONG = {
    "given_name": "Prénom : 60 signes au plus, il y en a %(count)s.",
    "family_name": "Nom : 60 signes au plus, il y en a %(count)s.",
    "email": "Adresse électronique : 254 signes au plus, il y en a %(count)s.",
    "function": "Fonction : 140 signes au plus, il y en a %(count)s.",
    "organisation_name": "Nom de la structure : 160 signes au plus, il y en a %(count)s.",
    "phone": "Téléphone mobile : 40 signes au plus, il y en a %(count)s.",
    "reference": "Référence externe : 100 signes au plus, il y en a %(count)s.",
    "needs_other": "Autre besoin : 200 signes au plus, il y en a %(count)s.",
}

MISSING = {
    "category": "Choisissez la catégorie qui vous correspond.",
    "family_name": "Nom : écrivez votre nom, même s’il n’y en a qu’un.",
    "email": "Adresse électronique : écrivez l’adresse où vous lisez vos messages.",
    "function": "Fonction : écrivez-la comme vous la dites.",
    "organisation_name": "Nom de la structure : écrivez-le en entier.",
    "privacy": "Cochez que vous avez lu comment vos données sont utilisées.",
}

UNSHOWABLE = {
    "given_name": "Prénom : il contient un signe invisible (%(sign)s). Retapez-le au clavier.",
    "family_name": "Nom : il contient un signe invisible (%(sign)s). Retapez-le au clavier.",
    "email": "Adresse électronique : elle contient un signe invisible (%(sign)s). Retapez-la au clavier.",
    "function": "Fonction : elle contient un signe invisible (%(sign)s). Retapez-la au clavier.",
    "organisation_name": "Nom de la structure : il contient un signe invisible (%(sign)s). Retapez-le au clavier.",
    "phone": "Téléphone mobile : il contient un signe invisible (%(sign)s). Retapez-le au clavier.",
    "reference": "Référence externe : elle contient un signe invisible (%(sign)s). Retapez-la au clavier.",
    "needs_other": "Autre besoin : le texte contient un signe invisible (%(sign)s). Retapez-le au clavier.",
}


def fault(field: str, value: str) -> Mistake | None:
    """What is wrong with a tidy text, if anything; `field` is a key of the tables above."""
    if sign := unshowable(value):
        return Mistake(field, "unshowable", UNSHOWABLE[field], {"sign": sign})
    if len(value) > LIMITS[field]:
        return Mistake(field, "too-long", TOO_LONG[field], {"count": len(value)})
    if field in MISSING and not is_visible(value):
        return Mistake(field, "missing", MISSING[field])
    return None
