"""The words of each mail as people may write them: what a template is made of, its placeholders, and what is refused.

A mail is its words (a title, an opening, a closing: `Words`) around fixed parts (`templates/mails/parts`), which
text and HTML have in common. To add a mail: a member of `Template`, a line in `MAILS`, its default words in
`defaults.py`, and a part only if none of those there says it. What a mail speaks of besides the registration itself
(a session, an offer, a list of changes, another person) is `letters.Matter`: whoever queues the mail fills it.

Placeholders are `{nom}`: a name of the closed table between braces, filled in as plain text, once: a value that has
braces of its own stays as it is. Braces serve for nothing else, so there is no way to write one: `{{` is refused.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.notifications.domain.deliveries import Template
from shared.errors import Refusal
from shared.text import fault, is_visible, tidy

TITLE_LENGTH = 150
TEXT_LENGTH = 4000

COMMON = ("nom", "edition", "dates", "lieu", "debut", "organisateur", "telephone", "lien")
"""Placeholders that every mail knows."""

IN_TITLES = frozenset(
    {"edition", "dates", "debut", "organisateur", "seance", "horaire", "salle", "echeance", "version"}
)
"""Placeholders a title may hold: nothing that a person typed about themselves goes into a header."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True)
class Words:
    """What staff may write of a mail, as typed. Paragraphs are separated by an empty line."""

    title: str
    opening: str
    closing: str

    @classmethod
    def typed(cls, title: str, opening: str, closing: str) -> "Words":
        """From a form: line ends as ours, nothing around."""
        return cls(*map(tidy, (title, opening, closing)))


@dataclass(frozen=True)
class Mail:
    """What is fixed of a template. `parts` are shown in this order between opening and closing."""

    parts: tuple[str, ...]
    knows: tuple[str, ...] = ()
    """Placeholders of its own, besides the common ones."""
    needs: tuple[str, ...] = ("nom",)
    """Placeholders that its opening or closing must hold. The name: several people may share one address."""
    badge: bool = False
    """Whether the badge goes with it, once there is one."""
    calendar: Literal["PUBLISH", "CANCEL"] | None = None
    """What its calendar does to the sessions in the person's agenda; `CANCEL` only where one may have been sent."""

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Every placeholder it knows, in the order in which they are offered."""
        return (*COMMON, *self.knows)


MAILS: Mapping[Template, Mail] = {
    Template.CONFIRMATION: Mail(
        ("same-address", "link", "moved", "sessions", "waiting", "badge"),
        needs=("nom", "lien"),
        badge=True,
        calendar="PUBLISH",
    ),
    Template.BADGE_READY: Mail(("badge-code", "link"), badge=True),
    Template.CANCELLATION: Mail(("given-back", "calendar", "same-address"), calendar="CANCEL"),
    Template.SUBMITTED: Mail(("same-address", "link")),
    Template.WAITLISTED: Mail(("same-address", "link"), knows=("place", "rang")),
    Template.OFFERED: Mail(("offer",), knows=("place", "echeance"), needs=("nom", "place", "echeance")),
    Template.REFUSED: Mail(("same-address",)),
    Template.SESSIONS_CHANGED: Mail(("changes", "calendar", "link", "sessions", "waiting"), calendar="PUBLISH"),
    Template.DATA_CHANGED: Mail(("fields", "new-badge", "link"), badge=True),
    Template.ADDRESS_CHANGED: Mail(()),
    Template.NEW_LINK: Mail(("link",)),
    Template.OFFER_EXPIRED: Mail((), knows=("place",), needs=("nom", "place")),
    Template.TRANSFER_RECEIVED: Mail(
        ("origin", "link", "sessions", "waiting", "badge"),
        knows=("personne",),
        needs=("nom", "lien", "personne"),
        badge=True,
        calendar="PUBLISH",
    ),
    Template.TRANSFER_GIVEN: Mail(("calendar",), knows=("personne",), needs=("nom", "personne"), calendar="CANCEL"),
    Template.LOST_LINK: Mail(("registrations",), needs=()),
    Template.PROGRAMME_CHANGED: Mail(
        ("changes", "calendar", "link"), knows=("version",), needs=("nom",), calendar="PUBLISH"
    ),
    Template.ERASED: Mail(("calendar",), calendar="CANCEL"),
    Template.REMINDER_EDITION: Mail(("sessions", "badge-link", "link"), needs=("nom", "debut", "lien")),
    Template.REMINDER_SESSION: Mail(
        ("badge-link",), knows=("seance", "horaire", "salle"), needs=("nom", "seance", "horaire", "salle", "lien")
    ),
}
"""Every mail there is."""


class UnknownPlaceholder(Refusal):
    """A name between braces that this template does not know."""

    code = "unknown-placeholder"
    status = 422
    text = "{%(name)s} n’existe pas dans ce message. Prenez un champ de la liste."


class PlaceholderNotInTitle(Refusal):
    """A placeholder that stands for what a person typed, or for a link, in a title."""

    code = "placeholder-not-in-title"
    status = 422
    text = "{%(name)s} ne va pas dans le titre : mettez-le dans le début ou la fin."


class LoneBrace(Refusal):
    """A brace that is no part of a placeholder."""

    code = "lone-brace"
    status = 422
    text = "Une accolade est seule. Les accolades servent aux champs, comme {nom}, et à rien d’autre."


class MissingPlaceholder(Refusal):
    """The person could not do without what this placeholder says."""

    code = "missing-placeholder"
    status = 422
    text = "Il manque {%(name)s}, dont la personne a besoin : mettez-le dans le début ou la fin."


class EmptyWords(Refusal):
    """A title or an opening of nothing."""

    code = "empty-words"
    status = 422
    text = "Écrivez quelques mots : un message ne part pas sans eux."


class BadWords(Refusal):
    """These words would not do; `mistakes` says why, one for each field."""

    code = "invalid"
    status = 422
    text = "Ces mots ne peuvent pas partir ainsi. Corrigez ce qui est indiqué."

    def __init__(self, faults: Mapping[str, Refusal]) -> None:
        super().__init__()
        self.faults = faults
        self.mistakes = [Mistake(field, fault.code, fault.text, fault.params) for field, fault in faults.items()]


@dataclass(frozen=True)
class Mistake:
    """A fault of one field, as a program is told of it."""

    field: str
    code: str
    text: str
    params: Mapping[str, object]


@dataclass(frozen=True)
class Wording:
    """What the team made of a mail's words in one language. `words` is None for ours; each change is a new version."""

    template: Template
    lang: str
    words: Words | None = None
    version: int = 0
    at: datetime | None = None
    by: str = ""


class ChangedMeanwhile(Refusal):
    """Somebody else saved these words first."""

    code = "changed-meanwhile"
    status = 412
    text = "%(name)s a modifié ces mots avant vous. Voici les deux versions, choisissez."

    def __init__(self, current: Wording) -> None:
        super().__init__(name=current.by)
        self.current = current


def rewritten(current: Wording, words: Words | None, expected: int | None, *, by: str, now: datetime) -> Wording:
    """The next version. `expected` is the one these words were made from; None replaces whatever there is."""
    if words is not None and (found := faults(current.template, words)):
        raise BadWords(found)
    if expected is not None and expected != current.version:
        raise ChangedMeanwhile(current)
    return replace(current, words=words, version=current.version + 1, at=now, by=by)


def faults(template: Template, words: Words) -> dict[str, Refusal]:
    """What must be mended before these words are kept, one for each field."""
    found: dict[str, Refusal] = {}
    for field, said, most in (
        ("title", words.title, TITLE_LENGTH),
        ("opening", words.opening, TEXT_LENGTH),
        ("closing", words.closing, TEXT_LENGTH),
    ):
        if wrong := next(_faults(template, field, said, most), None):
            found[field] = wrong
    if missing := _missing(template, words):
        found.setdefault("opening", missing)
    return found


def are_fillable(template: Template, words: Words) -> bool:
    """Whether words that were kept can still leave: their placeholders are known, none that is needed is missing."""
    texts = {"title": words.title, "opening": words.opening, "closing": words.closing}
    wrong = (next(_misplaced(template, field, said), None) for field, said in texts.items())
    return not any(wrong) and _missing(template, words) is None


def _missing(template: Template, words: Words) -> MissingPlaceholder | None:
    written = named(words.opening) | named(words.closing)
    missing = [name for name in MAILS[template].needs if name not in written]
    return MissingPlaceholder(name=missing[0]) if missing else None


def _faults(template: Template, field: str, said: str, most: int) -> Iterator[Refusal]:
    if field != "closing" and not is_visible(said):
        yield EmptyWords()
    if wrong := fault(said, most, lines=field != "title"):
        yield wrong
    yield from _misplaced(template, field, said)


def _misplaced(template: Template, field: str, said: str) -> Iterator[Refusal]:
    known = MAILS[template].placeholders
    for name in _PLACEHOLDER.findall(said):
        if name not in known:
            yield UnknownPlaceholder(name=name)
        elif field == "title" and name not in IN_TITLES:
            yield PlaceholderNotInTitle(name=name)
    if re.search(r"[{}]", _PLACEHOLDER.sub("", said)):
        yield LoneBrace()


def named(said: str) -> set[str]:
    """The placeholders in these words."""
    return set(_PLACEHOLDER.findall(said))


def paragraphs(said: str) -> Iterable[str]:
    """The words cut where they have an empty line."""
    return [paragraph for paragraph in _PARAGRAPHS.split(said) if paragraph]


def filled(said: str, values: Mapping[str, str], plain: Callable[[str], str] = str) -> str:
    """The words with each placeholder replaced; `plain` is applied to what stands between them."""
    pieces = _PLACEHOLDER.split(said)
    return "".join(values[piece] if index % 2 else plain(piece) for index, piece in enumerate(pieces))
