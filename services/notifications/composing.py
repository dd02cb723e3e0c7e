"""What a mail says, put into words: title, text, HTML, and the files that go with it, in the person's language."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unicodedata import bidirectional, category

from services.notifications.domain.letters import Attachment, Content, Item, Letter
from shared import calendar
from shared.i18n import LANGUAGES, SOURCE, dates
from shared.web.pages import Pages, text

_LINE_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI"})


@dataclass(frozen=True)
class Line:
    """One session in the mail's timetable, in words."""

    day: str
    time: str
    title: str
    place: str
    cancelled: bool


class Composer:
    """Renders letters with the templates of `templates/mails`; they get plain strings and nothing else."""

    def __init__(self, pages: Pages, public_url: str) -> None:
        self._pages = pages
        self._public_url = public_url

    def compose(self, letter: Letter) -> Content:
        """The mail in the person's language, or in French when we do not speak it."""
        asked = letter.delivery.language
        lang = asked if asked in LANGUAGES else SOURCE
        attachments = tuple(self._attachments(letter, lang))
        values = self._values(letter, lang, [file.media_type for file in attachments])
        folder = f"mails/{letter.delivery.template}"
        title = _LINE_BREAKS.sub(" ", self._pages.text(lang, f"{folder}/title.txt", **values)).strip()
        plain = self._pages.text(lang, f"{folder}/body.txt", **{**values, "name": isolated(values["name"])})
        html = self._pages.text(lang, f"{folder}/body.html", **values, title=title)
        return Content(title, plain, html, attachments)

    def _values(self, letter: Letter, lang: str, files: list[str]) -> dict[str, Any]:
        fact, edition = letter.known.fact, letter.edition
        zone = edition.timezone
        name = f"{fact.person.given_name} {fact.person.family_name}".strip()
        return {
            "name": printable(name),
            "same_address": fact.same_address,
            "edition_name": edition.short,
            "organiser": edition.organiser,
            "organiser_address": edition.organiser_address,
            "days": dates.days(edition.dates, lang),
            "first_moment": _first_moment(letter, lang),
            "venue": ", ".join(part for part in (edition.venue.name, edition.venue.address) if part),
            "phone": edition.contact_phone.replace(" ", "\N{NO-BREAK SPACE}"),
            "lines": [_line(item, lang, zone) for item in letter.chosen],
            "manage_url": fact.manage_url,
            "privacy_url": f"{self._public_url}/confidentialite",
            "with_badge": letter.badge is not None,
            "code": grouped(letter.badge.code) if letter.badge else "",
            "with_calendar": any(file.startswith(calendar.MEDIA_TYPE) for file in files),
        }

    def _attachments(self, letter: Letter, lang: str) -> Iterator[Attachment]:
        edition = re.sub(r"[^a-z0-9-]+", "-", letter.edition.edition.lower())
        if letter.badge:
            yield Attachment(f"badge-{edition}.pdf", "application/pdf", base64.b64decode(letter.badge.pdf))
        if letter.calendar and letter.items:
            made = calendar.write(self._calendar(letter, lang), letter.delivery.created)
            media_type = f"{calendar.MEDIA_TYPE}; charset=utf-8; method={letter.calendar}"
            yield Attachment(f"{edition}.ics", media_type, made)

    def _calendar(self, letter: Letter, lang: str) -> calendar.Calendar:
        assert letter.calendar
        edition = letter.edition
        entries = tuple(self._entry(item, letter, lang) for item in letter.items)
        organiser = calendar.Organiser(edition.organiser, edition.contact_email)
        return calendar.Calendar(edition.short, entries, organiser, letter.calendar)

    def _entry(self, item: Item, letter: Letter, lang: str) -> calendar.Entry:
        venue = letter.edition.venue
        page = f"{self._public_url}/programme/seances/{item.slug}" if item.slug else f"{self._public_url}/programme"
        return calendar.Entry(
            uid=item.uid,
            sequence=item.revision,
            start=item.start,
            end=item.end,
            title=text(lang, item.title),
            location=", ".join(part for part in (item.room, venue.name, venue.address) if part),
            url=page,
            cancelled=item.cancelled,
        )


def _line(item: Item, lang: str, zone: str) -> Line:
    return Line(
        day=_capital(dates.day(item.start, lang, zone=zone)),
        time=dates.time(item.start, lang, zone=zone),
        title=text(lang, item.title),
        place=", ".join(part for part in (text(lang, item.kind), item.room) if part),
        cancelled=item.cancelled,
    )


def _first_moment(letter: Letter, lang: str) -> str:
    zone = letter.edition.timezone
    first = next((item for item in letter.items if item.slug and not item.cancelled), None)
    if first is None or first.start.date() > min(letter.edition.dates):
        return dates.day(min(letter.edition.dates), lang)
    return f"{dates.day(first.start, lang, zone=zone)}, {dates.time(first.start, lang, zone=zone)}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def grouped(code: str) -> str:
    """The typed code in two halves, as it is printed on the badge."""
    half = len(code) // 2
    return code if "-" in code else f"{code[:half]}-{code[half:]}"


def printable(name: str) -> str:
    """The name without control characters, which no mail may carry; everything else stays as typed."""
    return "".join(sign for sign in name if category(sign) not in {"Cc", "Cs"})


def isolated(name: str) -> str:
    """The name kept from turning the words around it, when some of it runs from right to left."""
    if any(bidirectional(sign) in _RIGHT_TO_LEFT for sign in name):
        return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"
    return name
