"""Two versions of a session field by field, for somebody to choose from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.programme.web.editor.typed import PLAIN, TEXT_LABELS, TEXTS, Person, Typed
from services.programme.web.editor.work import Work
from shared.i18n import LANGUAGES, N_, dates, translate
from shared.web.pages import text

FIELDS = (*TEXTS, *PLAIN, "people")

_LABELS = {
    **TEXT_LABELS,
    "kind": N_("Format"),
    "date": N_("Jour"),
    "start": N_("Début"),
    "end": N_("Fin"),
    "room": N_("Salle"),
    "access": N_("Accès"),
    "capacity": N_("Jauge"),
    "people": N_("Intervenantes et intervenants"),
}
ACCESS = {"open": N_("Ouverte à tous"), "sign-up": N_("Sur inscription"), "invitation": N_("Sur invitation")}
ROLES = {"speaker": N_("intervention"), "chair": N_("présidence"), "moderator": N_("modération")}
_NOTHING = N_("rien")


@dataclass(frozen=True)
class Choice:
    """A field in which the two versions differ. `chosen` is the one that was changed, mine where both were."""

    field: str
    label: str
    mine: str
    theirs: str
    chosen: Literal["mine", "theirs"]
    lang: str
    """The language the two texts are in."""


def choices(mine: Typed, theirs: Typed, base: str, work: Work, lang: str) -> tuple[Choice, ...]:
    """What to choose between. `base` is what the form said when it was opened, as it says itself."""
    here, there, before = mine.said(), theirs.said(), _read(base)
    return tuple(
        Choice(
            field=name,
            label=translate(lang, _LABELS[name]),
            mine=_shown(name, mine, work, lang),
            theirs=_shown(name, theirs, work, lang),
            chosen="theirs" if here[name] == before.get(name) else "mine",
            lang=name[-2:] if name in TEXTS else lang,
        )
        for name in FIELDS
        if here[name] != there[name]
    )


def _read(base: str) -> Mapping[str, object]:
    try:
        found = json.loads(base)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _shown(name: str, typed: Typed, work: Work, lang: str) -> str:
    """A field's value in words."""
    value, draft = typed[name], work.saved.draft
    known: Mapping[str, str] = {
        "kind": next((text(lang, kind.label) for kind in draft.kinds if kind.id == value), value),
        "room": next((room.name for room in draft.rooms if room.id == value), translate(lang, N_("sans salle"))),
        "access": translate(lang, ACCESS.get(value, value)),
        "date": dates.day(date.fromisoformat(value), lang) if name == "date" else "",
        "capacity": value or translate(lang, N_("celle de la salle")),
        "people": "\n".join(_person(one, lang) for one in typed.people),
    }
    return known.get(name, value) or translate(lang, _NOTHING)


def _person(person: Person, lang: str) -> str:
    parts: Sequence[str] = (person.name, person.function, translate(lang, ROLES.get(person.role, person.role)))
    return ", ".join(filter(None, parts))


__all__ = ["ACCESS", "FIELDS", "LANGUAGES", "ROLES", "Choice", "choices"]
