"""A session as somebody types it into the form, and back: whatever is wrong is named by field, and nothing is lost."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from services.programme.domain.editions import Draft, Edition, Session
from services.programme.web.editor import hours
from services.programme.web.models import MOST_PLACES, DraftSessionIn
from shared.i18n import LANGUAGES, N_, dates, translate
from shared.text import is_visible
from shared.web import Form
from shared.web.validation import explain

TEXTS = tuple(f"{name}_{lang}" for name in ("title", "description") for lang in LANGUAGES)
PLAIN = ("kind", "date", "start", "end", "room", "access", "capacity")
SPARE_ROWS = 3
MOST_ROWS = 50

_NO_TITLE = N_("Titre en français : écrivez-le, les autres langues s’appuient sur lui.")
_NO_KIND = N_("Format : choisissez celui de la séance.")
_NO_DAY = N_("Jour : choisissez un jour de cette édition.")
_NO_START = N_("Début : écrivez une heure, par exemple 14 h 30.")
_NO_END = N_("Fin : écrivez une heure, par exemple 16 h 00.")
_TOO_EARLY = N_("Fin : elle doit venir après le début.")
_NO_ROOM = N_("Salle : celle-ci n’existe plus. Choisissez-en une autre.")
_NO_NUMBER = N_("Jauge : écrivez un nombre de 1 à 100 000, ou laissez vide pour compter les places de la salle.")
TEXT_LABELS = {
    "title_fr": N_("Titre en français"),
    "title_en": N_("Titre en anglais"),
    "title_es": N_("Titre en espagnol"),
    "description_fr": N_("Description en français"),
    "description_en": N_("Description en anglais"),
    "description_es": N_("Description en espagnol"),
}
"""What the form calls the texts of a session."""
_LABELS = {
    **TEXT_LABELS,
    "name": N_("Nom, ligne %(row)s"),
    "function": N_("Fonction, ligne %(row)s"),
}
_NAMED = N_("%(field)s\u00a0: %(sentence)s")
_NO_NAME = N_("Ligne %(row)s : écrivez aussi le nom, ou videz la ligne.")


@dataclass(frozen=True)
class Mistake:
    """What to mend in which field; `field` is the id to jump to."""

    field: str
    text: str


class Mistakes(Exception):
    """The form cannot be a session yet."""

    def __init__(self, found: Sequence[Mistake]) -> None:
        super().__init__()
        self.found = tuple(found)


@dataclass(frozen=True)
class Person:
    """One row of the people announced."""

    name: str = ""
    function: str = ""
    role: str = "speaker"


@dataclass(frozen=True)
class Typed:
    """The form's fields exactly as they stand in it."""

    fields: Mapping[str, str] = field(default_factory=dict)
    people: tuple[Person, ...] = ()

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @classmethod
    def read(cls, form: Form) -> Self:
        """What was sent; line breaks as the database has them."""
        fields = {name: form.get(name, "").replace("\r\n", "\n") for name in (*TEXTS, *PLAIN)}
        rows = range(min(MOST_ROWS, sum(name.startswith("name_") for name in form)))
        people = (_person(form, row) for row in rows)
        return cls(fields, tuple(one for one in people if one.name.strip() or one.function.strip()))

    @classmethod
    def of(cls, session: Session, zone: ZoneInfo, lang: str) -> Self:
        """What to show for a session of the draft."""
        start, end = session.start.astimezone(zone), session.end.astimezone(zone)
        texts = {
            f"{name}_{code}": said.get(code, "")
            for name, said in (("title", session.title), ("description", session.description))
            for code in LANGUAGES
        }
        plain = {
            "kind": session.kind,
            "date": start.date().isoformat(),
            "start": dates.time(start, lang, zone=zone.key),
            "end": dates.time(end, lang, zone=zone.key),
            "room": session.room or "",
            "access": session.access,
            "capacity": str(session.capacity or ""),
        }
        return cls({**texts, **plain}, tuple(Person(s.name, s.function, s.role) for s in session.speakers))

    def rows(self) -> tuple[Person, ...]:
        """The people's rows, with some to spare."""
        return (*self.people, *[Person()] * SPARE_ROWS)[:MOST_ROWS]

    def choose(self, theirs: Self, fields: Iterable[str]) -> Self:
        """This, with some fields as the other version has them."""
        taken = set(fields)
        mixed = {name: theirs[name] if name in taken else value for name, value in self.fields.items()}
        return type(self)(mixed, theirs.people if "people" in taken else self.people)

    def said(self) -> dict[str, str]:
        """Every field as one text, the people as one of them: what is compared when two people were at work."""
        rows = [[one.name, one.function, one.role] for one in self.people]
        return {**self.fields, "people": json.dumps(rows, ensure_ascii=False)}

    def session(self, id: str, edition: Edition, draft: Draft, lang: str) -> Session:
        """The session this stands for. Raises `Mistakes`."""
        found = {mistake.field: mistake for mistake in self._mistakes(edition, draft, lang)}
        try:
            given = DraftSessionIn.model_validate(self._body())
        except ValidationError as error:
            for one in explain(error.errors(), lang):
                place = _place(one["field"])
                found.setdefault(place, Mistake(place, _named(place, one["detail"], lang)))
        if found:
            raise Mistakes(sorted(found.values(), key=_in_the_form))
        return given.session(id, edition.timezone)

    def _mistakes(self, edition: Edition, draft: Draft, lang: str) -> Iterable[Mistake]:
        start, end = hours.read(self["start"]), hours.read(self["end"])
        wrong = {
            "title_fr": not is_visible(self["title_fr"]) and _NO_TITLE,
            "kind": self["kind"] not in {kind.id for kind in draft.kinds} and _NO_KIND,
            "date": self["date"] not in {day.isoformat() for day in edition.dates} and _NO_DAY,
            "start": start is None and _NO_START,
            "end": (end is None and _NO_END) or (start and end and end <= start and _TOO_EARLY),
            "room": self["room"] not in {"", *(room.id for room in draft.rooms)} and _NO_ROOM,
            "capacity": not _is_size(self["capacity"]) and _NO_NUMBER,
        }
        for name, sentence in wrong.items():
            if sentence:
                yield Mistake(name, translate(lang, sentence))
        for row, person in enumerate(self.people):
            if not is_visible(person.name):
                yield Mistake(f"name_{row}", translate(lang, _NO_NAME, row=row + 1))

    def _body(self) -> dict[str, Any]:
        def text(name: str) -> dict[str, str]:
            return {lang: said for lang in LANGUAGES if (said := self[f"{name}_{lang}"].strip())}

        titles = {lang: re.sub(r"\s*\n\s*", " ", said) for lang, said in text("title").items()}
        return {
            "title": titles,
            "description": text("description"),
            "kind": self["kind"],
            "date": self["date"],
            "start": hours.read(self["start"]),
            "end": hours.read(self["end"]),
            "room": self["room"] or None,
            "access": self["access"],
            "capacity": _number(self["capacity"]),
            "speakers": [vars(one) for one in self.people],
        }


def _person(form: Form, row: int) -> Person:
    return Person(form.get(f"name_{row}", ""), form.get(f"function_{row}", ""), form.get(f"role_{row}", "speaker"))


def _is_size(typed: str) -> bool:
    """Whether a session may have so many places; it may have none of its own."""
    size = _number(typed)
    return size is None or 1 <= size <= MOST_PLACES


def _number(typed: str) -> int | None:
    """A number of places; None when nothing is typed, 0 when it is not one."""
    plain = "".join(typed.split())
    if not plain:
        return None
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 7 else 0


def _named(place: str, sentence: str, lang: str) -> str:
    """The sentence with the field it is about, for the list above the form; of texts, whose checks know no field."""
    name, _, row = place.partition("_")
    label = _LABELS.get(place) or _LABELS.get(name)
    if label is None:
        return sentence
    field = translate(lang, label, row=int(row) + 1 if row.isdecimal() else "")
    return translate(lang, _NAMED, field=field, sentence=sentence[:1].lower() + sentence[1:])


def _in_the_form(mistake: Mistake) -> tuple[int, int]:
    """Where its field stands: those of the people come last, row by row."""
    fields = (*TEXTS, *PLAIN)
    row = mistake.field.rpartition("_")[2]
    return fields.index(mistake.field) if mistake.field in fields else len(fields), int(row) if row.isdecimal() else 0


def _place(field: str) -> str:
    """The form's field for one of the API's: `title.fr` is `title_fr`, `speakers.2.name` is `name_2`."""
    parts = field.split(".")
    if parts[0] == "speakers" and len(parts) == 3:
        return f"{parts[2]}_{parts[1]}"
    return "_".join(parts)
