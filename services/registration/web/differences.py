"""Two versions of somebody's answers, side by side in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.registration import countries
from services.registration.intake import Typed
from services.registration.web.labels import NEEDS
from shared.i18n import N_, gettext

LABELS = {
    "given_name": N_("Prénom"),
    "family_name": N_("Nom"),
    "email": N_("Adresse électronique"),
    "phone": N_("Téléphone mobile"),
    "language": N_("Langue"),
    "organisation_name": N_("Nom de la structure"),
    "organisation_country": N_("Pays"),
    "function": N_("Fonction"),
    "needs": N_("Repas et accès"),
    "needs_other": N_("Allergie ou autre besoin"),
    "participants_list": N_("Dans la liste des participants"),
    "image": N_("Image autorisée"),
}
"""Every answer a person may change, in the order of the form."""

LANGUAGES = {"fr": N_("Français"), "en": N_("Anglais"), "es": N_("Espagnol")}


@dataclass(frozen=True)
class Difference:
    """One answer: as it is saved, and as it was typed. `label` is a French source."""

    label: str
    saved: str
    typed: str


def differences(saved: Typed, typed: Typed, lang: str) -> Iterator[Difference]:
    """What differs between what is saved and what was typed."""
    for name, label in LABELS.items():
        theirs, yours = getattr(saved, name), getattr(typed, name)
        if theirs != yours:
            yield Difference(label, _said(name, theirs, lang), _said(name, yours, lang))


def _said(name: str, value: str | bool | tuple[str, ...], lang: str) -> str:
    if isinstance(value, bool):
        return gettext(lang, N_("Oui")) if value else gettext(lang, N_("Non"))
    if isinstance(value, tuple):
        return ", ".join(gettext(lang, NEEDS[code]) for code in value if code in NEEDS) or "–"
    if name == "language" and value in LANGUAGES:
        return gettext(lang, LANGUAGES[value])
    if name == "organisation_country":
        return countries.name(value, lang) or "–"
    return value or "–"
