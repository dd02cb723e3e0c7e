"""What changed, as people read it: times and rooms before and after, and the fields of a registration by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.notifications.domain.letters import Difference, Said
from shared.events.registration import RegistrationFact
from shared.i18n import N_, dates, gettext, translate
from shared.web.pages import text


@dataclass(frozen=True)
class Change:
    """One line of a list of changes, in words. A side is empty where there is nothing to say."""

    what: str
    before: str = ""
    after: str = ""


_NOTES = {
    "cancelled": N_("séance annulée"),
    "reinstated": N_("la séance a lieu"),
    "added": N_("vous y avez une place"),
    "dropped": N_("vous n’y êtes plus"),
    "waiting": N_("liste d’attente, rang %(position)s"),
}

_FIELDS: Mapping[str, str] = {
    "given_name": N_("Prénom"),
    "family_name": N_("Nom"),
    "email": N_("Adresse électronique"),
    "language": N_("Langue"),
    "function": N_("Fonction"),
    "organisation": N_("Structure"),
    "phone": N_("Téléphone"),
    "category": N_("Catégorie"),
    "consents": N_("Autorisations"),
    "needs": N_("Besoins"),
    "sessions": N_("Séances"),
}

_LANGUAGES = {"fr": N_("français"), "en": N_("anglais"), "es": N_("espagnol")}


def change(one: Difference, lang: str, zone: str) -> Change:
    """A session that is elsewhere, gone, back, chosen or given up."""
    before, after = ([said(part, lang, zone) for part in side] for side in (one.before, one.after))
    if one.note:
        after.append(translate(lang, _NOTES[one.note], position=dates.number(one.position, lang)))
    return Change(said(one.what, lang, zone), ", ".join(before), ", ".join(after))


def field(name: str, fact: RegistrationFact, lang: str) -> Change:
    """A field of the registration, with what it says now where a mail may say it."""
    label = gettext(lang, _FIELDS[name]) if name in _FIELDS else name
    return Change(label, after=_value(name, fact, lang))


def _value(name: str, fact: RegistrationFact, lang: str) -> str:
    person = fact.person
    if name == "language":
        return gettext(lang, _LANGUAGES.get(person.language, person.language))
    if name == "organisation":
        return fact.organisation.name
    if name == "category":
        return text(lang, fact.category_label)
    return str(getattr(person, name, ""))


def said(part: Said, lang: str, zone: str) -> str:
    """Words, a moment, or the hours from one to another, in this language."""
    if isinstance(part, str):
        return part
    if isinstance(part, datetime):
        return f"{dates.day(part, lang, zone=zone)}, {dates.time(part, lang, zone=zone)}"
    if isinstance(part, tuple):
        return f"{dates.day(part[0], lang, zone=zone)}, {dates.time_range(*part, lang, zone=zone)}"
    return text(lang, part)
