"""Text that people type: how long it may be, which characters it may hold, and the sentence when it may not."""

import unicodedata

from services.registration.domain.refusals import Mistake

LIMITS = {
    "given_name": 60,
    "family_name": 60,
    "email": 254,
    "function": 140,
    "organisation_name": 160,
    "phone": 40,
    "needs_other": 200,
}
"""Characters at most. Published names reach 57, functions 139, organisations 77; an address may have 254 (RFC 5321)."""

TOO_LONG = {
    "given_name": "Prénom : 60 signes au plus, il y en a %(count)s.",
    "family_name": "Nom : 60 signes au plus, il y en a %(count)s.",
    "email": "Adresse électronique : 254 signes au plus, il y en a %(count)s.",
    "function": "Fonction : 140 signes au plus, il y en a %(count)s.",
    "organisation_name": "Nom de la structure : 160 signes au plus, il y en a %(count)s.",
    "phone": "Téléphone mobile : 40 signes au plus, il y en a %(count)s.",
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
    "needs_other": "Autre besoin : le texte contient un signe invisible (%(sign)s). Retapez-le au clavier.",
}

_LINES = str.maketrans({"\r": " ", "\n": " ", "\t": " "})

_MISLEADING = frozenset("\u200b\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
"""Zero-width spaces, separators and the marks that turn text around: what is shown would not be what is kept."""

_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers of Korean and Braille: letters and signs to Unicode, nothing to the eye."""


def tidy(value: str) -> str:
    """The text as it is kept: composed (NFC), without surrounding blanks; a line break is a blank."""
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").translate(_LINES)).strip()


def fault(field: str, value: str) -> Mistake | None:
    """What is wrong with a tidy text, if anything; `field` is a key of the tables above."""
    # What Python calls printable holds none of them, and is nearly everything people write.
    sign = None if value.isprintable() else next((character for character in value if _unshowable(character)), None)
    if sign is not None:
        return Mistake(field, "unshowable", UNSHOWABLE[field], {"sign": f"U+{ord(sign):04X}"})
    if len(value) > LIMITS[field]:
        return Mistake(field, "too-long", TOO_LONG[field], {"count": len(value)})
    if field in MISSING and not _visible(value):
        return Mistake(field, "missing", MISSING[field])
    return None


def _unshowable(character: str) -> bool:
    return character in _MISLEADING or unicodedata.category(character) in {"Cc", "Cs", "Cn"}


def _visible(value: str) -> bool:
    """Whether there is anything to see: not only blanks, joiners and marks without a letter to stand on."""
    return any(unicodedata.category(character)[0] in "LNPS" and character not in _BLANK for character in value)
