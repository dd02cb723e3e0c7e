"""The columns of registrations in a table: what each holds, and what it is called."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from services.registration import countries
from services.registration.domain.choosing import Choice, present
from services.registration.domain.registrations import Registration
from services.registration.store import Needs, Shown
from services.registration.web.labels import NEEDS
from shared.events.programme import Session
from shared.i18n import N_, gettext
from shared.tables import Cell, Column
from shared.web.pages import text

HEADINGS = {
    "family_name": N_("Nom"),
    "given_name": N_("Prénom"),
    "function": N_("Fonction"),
    "organisation_name": N_("Structure"),
    "organisation_country": N_("Pays"),
    "organisation_kind": N_("Genre de structure"),
    "organisation_code": N_("Code de structure"),
    "category": N_("Catégorie"),
    "status": N_("État"),
    "email": N_("Adresse électronique"),
    "phone": N_("Téléphone mobile"),
    "language": N_("Langue"),
    "sessions": N_("Séances"),
    "waiting": N_("Séances attendues"),
    "participants_list": N_("Accord pour la liste"),
    "image": N_("Accord pour l’image"),
    "registered_at": N_("Reçue"),
    "cancelled_at": N_("Annulée le"),
    "id": N_("Identifiant"),
    "reference": N_("Référence externe"),
}
"""The columns, by the names that programs use. The set only grows."""

NEEDED = {"needs": N_("Accueil"), "needs_other": N_("Autre besoin")}
"""Diet and access: only for who may see them and asks for them."""

STATUSES = {
    "confirmed": N_("Confirmée"),
    "pending": N_("À valider"),
    "waitlisted": N_("En liste d’attente"),
    "offered": N_("Place proposée"),
    "refused": N_("Refusée"),
    "cancelled": N_("Annulée"),
}
YES, NO = N_("Oui"), N_("Non")
LANGUAGES = {"fr": N_("Français"), "en": N_("Anglais"), "es": N_("Espagnol")}

BETWEEN = " | "
"""Several in one cell: no title has it, and no spreadsheet takes it for a column."""

WIDTHS = {"email": 32, "function": 32, "organisation_name": 32, "sessions": 40, "waiting": 40, "id": 30, "needs": 32}
_NOTHING = Needs()


def titles(sessions: Iterable[Session]) -> dict[str, list[str]]:
    """The sessions that bear each title, in any language."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in sessions:
        for title in {*one.title.values()}:
            found[title].append(one.id)
    return found


@dataclass(frozen=True)
class Words:
    """What turns a registration into cells: in the words of `lang`, or, `for_programs`, in codes and ISO 8601."""

    shown: Shown
    lang: str
    for_programs: bool = False
    with_needs: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns, in their order."""
        return (*HEADINGS, *NEEDED) if self.with_needs else (*HEADINGS,)

    def columns(self) -> list[Column]:
        """The columns with their headings."""
        return [
            Column(key if self.for_programs else gettext(self.lang, {**HEADINGS, **NEEDED}[key]), WIDTHS.get(key, 18))
            for key in self.keys
        ]

    def row(self, one: Registration, needs: Needs = _NOTHING) -> list[Cell]:
        """The registration's cells, in the order of the columns."""
        choice = present(one) if one.lives else Choice()
        cells = {
            **vars(one.person),
            "organisation_name": one.organisation.name,
            "organisation_country": self._country(one.organisation.country),
            "organisation_kind": one.organisation.kind,
            "organisation_code": one.organisation.code,
            "category": self._category(one.category),
            "status": self._word(one.status, STATUSES),
            "phone": one.phone,
            "language": self._word(one.person.language, LANGUAGES),
            "sessions": self._sessions(choice.sessions),
            "waiting": self._sessions(choice.waiting),
            "participants_list": self._yes(one.consents.participants_list),
            "image": self._yes(one.consents.image),
            "registered_at": self._moment(one.registered_at),
            "cancelled_at": self._moment(one.cancelled_at),
            "id": one.id,
            "reference": one.reference,
            "needs": self._several(self._word(code, NEEDS) for code in needs.codes),
            "needs_other": needs.other,
        }
        return [cells[key] for key in self.keys]

    def _word(self, code: str, words: dict[str, str]) -> str:
        return code if self.for_programs or code not in words else gettext(self.lang, words[code])

    def _yes(self, agreed: bool) -> str:
        return str(agreed).lower() if self.for_programs else gettext(self.lang, YES if agreed else NO)

    def _country(self, code: str) -> str:
        return code if self.for_programs else countries.name(code, self.lang)

    def _category(self, id: str) -> str:
        labels = {one.id: one.label for one in self.shown.edition.categories}
        return id if self.for_programs or id not in labels else text(self.lang, labels[id])

    def _sessions(self, ids: Iterable[str]) -> str:
        if self.for_programs:
            return " ".join(ids)
        return self._several(self._titles.get(id, id) for id in ids)

    @cached_property
    def _titles(self) -> dict[str, str]:
        """By session; of several with one title, each is called by its id."""
        sessions = self.shown.programme.sessions.values()
        shared = titles(sessions)
        said = {one.id: text(self.lang, one.title) for one in sessions}
        return {id: title if len(shared[title]) == 1 else id for id, title in said.items()}

    def _several(self, words: Iterable[str]) -> str:
        return (" " if self.for_programs else BETWEEN).join(words)

    def _moment(self, at: datetime | None) -> Cell:
        if at is None or self.for_programs:
            return at.isoformat() if at else None
        return at.astimezone(ZoneInfo(self.shown.identity.timezone))
