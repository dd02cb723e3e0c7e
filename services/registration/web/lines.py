"""From the lines of a list to what would be registered, or to all that is to be mended, named as the list names it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from services.registration import countries, intake
from services.registration.domain.importing import SHOWN_NAME, Fault, Import, Line, LineState, fault, shortened
from services.registration.domain.refusals import HeadingsMissing, Invalid, Mistake
from services.registration.domain.registrations import Application, Person
from services.registration.domain.text import fault as text_fault
from services.registration.intake import Scene, Typed
from services.registration.organisations import Organisations, searchable
from services.registration.store import Shown
from services.registration.store.documents import address_hash, who
from services.registration.web import columns
from services.registration.web.columns import HEADINGS, NEEDED
from services.registration.web.labels import NEEDS
from shared import tables
from shared.i18n import LANGUAGES, gettext
from shared.mailboxes import one_spelling
from shared.tables import Table
from shared.text import one_line

READ = (
    *("family_name", "given_name", "function", "organisation_name", "organisation_country", "organisation_kind"),
    *("organisation_code", "category", "email", "phone", "language", "sessions", "waiting", "participants_list"),
    *("image", "needs", "needs_other", "reference"),
)
"""What a list may say of a person; of the columns of an export, the others are not read."""
ASKED = (*READ, "status", "id")
NEEDED_OF_ALL = ("family_name", "function", "organisation_name", "category", "email")

ALSO = {
    "family_name": ("Nom de famille", "Last name", "Family name", "Apellidos"),
    "given_name": ("First name", "Given name"),
    "function": ("Titre", "Job title", "Role", "Cargo"),
    "organisation_name": ("Organisation", "Organization", "Collectivité", "Employeur", "Organización"),
    "email": ("E-mail", "Email", "Mail", "Courriel", "Adresse e-mail", "Email address", "Correo", "Correo electrónico"),
    "phone": ("Téléphone", "Portable", "Mobile", "Phone", "Móvil", "Teléfono"),
    "reference": ("Référence", "Reference", "Referencia"),
}
"""What people call these columns besides, in any language."""

NO_CATEGORY = "Catégorie : écrivez l’une de celles-ci : %(known)s."
NO_COUNTRY = "Pays : écrivez son nom en entier, ou son code de deux lettres."
NO_LANGUAGE = "Langue : écrivez français, anglais ou espagnol, ou fr, en, es."
NO_SESSION = "Séances : « %(said)s » n’est pas au programme sur inscription. Écrivez le titre exact, ou l’identifiant."
NO_NEED = "Accueil : « %(said)s » n’est pas proposé. Écrivez-le dans « Autre besoin »."
NEITHER = "Écrivez oui ou non."
HOMONYMS = "Plusieurs collectivités portent ce nom : précisez son genre et son code, par exemple commune et 93048."
NOT_COMING = "Cette personne ne vient plus : enlevez la ligne, ou videz son état."
SAME_REFERENCE = "La ligne %(line)s a la même référence : gardez l’une des deux."

_YES = frozenset({"oui", "yes", "si", "o", "y", "s", "x", "1", "true", "vrai", "verdadero"})
_NO = frozenset({"", "non", "no", "n", "0", "false", "faux", "falso"})
_BREAK = 20
"""Lines checked before others have their turn: 20 take some ten milliseconds."""


@dataclass(frozen=True)
class Headings:
    """How a list names its columns. `places` are their positions, by field."""

    places: Mapping[str, int]
    names: Mapping[str, str]
    unread: tuple[str, ...]
    unknown: tuple[str, ...]


def understood(headings: Sequence[str]) -> Headings:
    """Which column is which; raises `HeadingsMissing` without those that everybody needs."""
    known = _known_headings()
    places: dict[str, int] = {}
    unread, unknown = [], []
    for place, heading in enumerate(headings):
        key = known.get(searchable(heading), "")
        if key in ASKED and key not in places:
            places[key] = place
        elif key:
            unread.append(shortened(heading))
        elif heading:
            unknown.append(shortened(heading))
    if missing := [key for key in NEEDED_OF_ALL if key not in places]:
        raise HeadingsMissing(names={lang: ", ".join(_heading(key, lang) for key in missing) for lang in LANGUAGES})
    return Headings(places, {key: headings[place] for key, place in places.items()}, (*unread,), (*unknown,))


def _known_headings() -> dict[str, str]:
    known = {searchable(name): key for key, names in ALSO.items() for name in names}
    for key in (*HEADINGS, *NEEDED):
        known |= {searchable(key): key, **{searchable(_heading(key, lang)): key for lang in LANGUAGES}}
    return known


def _heading(key: str, lang: str) -> str:
    return gettext(lang, {**HEADINGS, **NEEDED}[key])


@dataclass(frozen=True)
class Checked:
    """A line as far as it can be told by itself."""

    number: int
    cells: Mapping[str, str]
    application: Application | None
    faults: tuple[Fault, ...]

    @property
    def person(self) -> Person:
        """Who is in it, also when something else is to be mended."""
        if self.application:
            return self.application.person
        given, family, email = (one_line(self.cells.get(key, "")) for key in ("given_name", "family_name", "email"))
        return Person(given, family, one_spelling(email), "fr", "")

    @property
    def reference(self) -> str:
        """What the list calls them, empty where it does not."""
        return one_line(self.cells.get("reference", ""))

    def kept(self, made: Import, state: LineState, registration: str = "") -> Line:
        """The line as it is stored. Of somebody who is known for certain, only who they are."""
        person = self.person
        return Line(
            id=f"{made.id}:{self.number}",
            list=made.id,
            number=self.number,
            state=state,
            at=made.at,
            name=shortened(person.name, SHOWN_NAME),
            application=self.application if state in {"ready", "twin"} else None,
            faults=self.faults if state == "faulty" else (),
            registration=registration,
            who=who(made.edition, person),
            address=address_hash(person.email),
        )


@dataclass
class Checking:
    """What the lines of one list are held against; organisations are looked up once for each name."""

    shown: Shown
    organisations: Organisations
    headings: Headings
    now: datetime
    references: dict[str, int] = field(default_factory=dict)

    async def all(self, table: Table) -> list[Checked]:
        """Every line; others are answered meanwhile."""
        found = []
        for count, line in enumerate(table.lines):
            found.append(self.line(line))
            if count % _BREAK == 0:
                await asyncio.sleep(0)
        return found

    def line(self, line: tables.Line) -> Checked:
        """One line, with everything that is to be mended in the order of the columns."""
        cells = {key: self._cell(line, place) for key, place in self.headings.places.items()}
        typed, wrong = self._typed(cells)
        wrong += self._own(cells, line.number)
        application = None
        try:
            scene = Scene(self.shown.edition, self.shown.programme, self.now, staff=True)
            application = intake.read(typed, scene, self._organisation(typed))
        except Invalid as invalid:
            known = {one.field for one in wrong}
            wrong += [_here(one) for one in invalid.mistakes if one.field not in known]
        if wrong or application is None:
            order = [*self.headings.places]
            wrong.sort(key=lambda one: order.index(one.field) if one.field in order else len(order))
            said = {**cells, "organisation_kind": cells.get("organisation_name", "")}
            names = {"organisation_kind": self.headings.names["organisation_name"], **self.headings.names}
            return Checked(line.number, cells, None, tuple(fault(one, names, {**said, **cells}) for one in wrong))
        return Checked(line.number, cells, replace(application, reference=one_line(cells.get("reference", ""))), ())

    def _cell(self, line: tables.Line, place: int) -> str:
        return line.cells[place] if place < len(line.cells) else ""

    def _own(self, cells: Mapping[str, str], number: int) -> list[Mistake]:
        """What a form does not ask for."""
        wrong = []
        reference = one_line(cells.get("reference", ""))
        if mistake := text_fault("reference", reference):
            wrong.append(mistake)
        if reference and (before := self.references.setdefault(reference, number)) != number:
            wrong.append(Mistake("reference", "same-reference", SAME_REFERENCE, {"line": before}))
        if searchable(cells.get("status", "")) in self._gone:
            wrong.append(Mistake("status", "not-coming", NOT_COMING))
        return wrong

    def _typed(self, cells: Mapping[str, str]) -> tuple[Typed, list[Mistake]]:
        """The answers as a form would have them, and the words that stand for none of its choices."""
        wrong: list[Mistake] = []
        texts = {key: cells.get(key, "") for key in _TEXTS}
        for key, known, otherwise, mistake in self._choices:
            said = searchable(cells.get(key, ""))
            texts[key] = known.get(said, "") if said else otherwise
            if not texts[key]:
                wrong.append(replace(mistake, field=key))
        lists = {key: tuple(self._several(cells, key, wrong)) for key in ("sessions", "waiting", "needs")}
        ticks = {key: _agreed(cells, key, wrong) for key in ("participants_list", "image")}
        kind = one_line(texts["organisation_kind"]) or intake.OTHER
        typed: dict[str, Any] = {**texts, **lists, **ticks, "organisation_kind": kind}
        return Typed(**typed, privacy=True, both=True), wrong

    def _several(self, cells: Mapping[str, str], key: str, wrong: list[Mistake]) -> Iterator[str]:
        known, text = (self._needs, NO_NEED) if key == "needs" else (self._sessions, NO_SESSION)
        for said in _parts(cells.get(key, ""), known):
            if searchable(said) in known:
                yield known[searchable(said)]
            else:
                wrong.append(Mistake(key, "unknown-value", text, {"said": shortened(said)}))

    def _organisation(self, typed: Typed) -> Any:
        """As a program names it where the list gives kind and code, else as a person writes it."""
        if typed.organisation_code or typed.organisation_kind != intake.OTHER:
            return intake.named(typed)
        key = (one_line(typed.organisation_name), typed.organisation_country, typed.category)
        if key not in self._recognised:
            found = intake.recognised(typed, self.shown.edition, self.organisations, "")
            self._recognised[key] = found
        return self._recognised[key]

    @cached_property
    def _recognised(self) -> dict[tuple[str, str, str], Any]:
        return {}

    @cached_property
    def _choices(self) -> list[tuple[str, dict[str, str], str, Mistake]]:
        """Fields of which one value is chosen: the words for each, what an empty cell means, and the mistake."""
        categories = self.shown.edition.categories
        labels = {lang: ", ".join(one.label.get(lang) or one.id for one in categories) for lang in LANGUAGES}
        by_category = {searchable(word): one.id for one in reversed(categories) for word in one.label.values()}
        by_category |= {searchable(one.id): one.id for one in categories}
        by_country = {searchable(name): code for lang in LANGUAGES for code, name in countries.names(lang).items()}
        by_country |= {code.casefold(): code for code in countries.names("fr")}
        words = columns.LANGUAGES
        by_language = {searchable(gettext(lang, word)): code for lang in LANGUAGES for code, word in words.items()}
        by_language |= {code: code for code in LANGUAGES}
        return [
            ("category", by_category, "", Mistake("", "category-unknown", NO_CATEGORY, {"known": labels})),
            ("organisation_country", by_country, countries.FRANCE, Mistake("", "unknown-value", NO_COUNTRY)),
            ("language", by_language, "fr", Mistake("", "unknown-value", NO_LANGUAGE)),
        ]

    @cached_property
    def _sessions(self) -> dict[str, str]:
        """The sessions one signs up to, by id, slug and the titles that only one of them has."""
        sessions = [one for one in self.shown.programme.sessions.values() if one.access == "sign-up"]
        titles = columns.titles(sessions)
        named = {searchable(title): ids[0] for title, ids in titles.items() if len(ids) == 1}
        return {**named, **{searchable(name): one.id for one in sessions for name in (one.slug, one.id)}}

    @cached_property
    def _needs(self) -> dict[str, str]:
        words = {searchable(gettext(lang, word)): code for lang in LANGUAGES for code, word in NEEDS.items()}
        return {**words, **{searchable(code): code for code in NEEDS}}

    @cached_property
    def _gone(self) -> set[str]:
        gone = ("cancelled", "refused")
        return {searchable(gettext(lang, columns.STATUSES[one])) for one in gone for lang in LANGUAGES} | {*gone}


_TEXTS = tuple(
    key for key in READ if key not in {"sessions", "waiting", "needs", "participants_list", "image", "reference"}
)


def _parts(cell: str, known: Mapping[str, str]) -> Iterator[str]:
    """The values of a cell that may have several. A title may contain any of the signs that stand between them."""
    for line in cell.replace("|", "\n").splitlines():
        whole = line.strip()
        several = [whole] if searchable(whole) in known else [part.strip() for part in whole.split(";")]
        for part in several:
            words = part.split()
            yield from (
                words if len(words) > 1 and all(searchable(one) in known for one in words) else filter(None, [part])
            )


def _agreed(cells: Mapping[str, str], key: str, wrong: list[Mistake]) -> bool:
    said = searchable(cells.get(key, ""))
    if said not in _YES | _NO:
        wrong.append(Mistake(key, "unknown-value", NEITHER))
    return said in _YES


def _here(one: Mistake) -> Mistake:
    """A mistake in the words of a list, where those of the form ask a question."""
    return replace(one, text=HOMONYMS) if one.code == "homonyms" else one
