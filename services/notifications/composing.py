"""What a mail says, put into words: title, text, HTML, and the files that go with it, in the person's language."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import bidirectional, category

from markupsafe import Markup, escape

from services.notifications import defaults, phrases
from services.notifications.domain.letters import Attachment, Content, Letter
from services.notifications.domain.timetables import Item
from services.notifications.domain.wording import MAILS, Words, filled, paragraphs
from shared import calendar
from shared.events.programme import EditionChanged
from shared.i18n import LANGUAGES, N_, SOURCE, dates, gettext, translate
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
    """Puts letters into words: those of the template, staff's or the default ones, around its fixed parts.

    A person whose language we do not speak is written to in French.
    """

    def __init__(self, pages: Pages, public_url: str) -> None:
        self._pages = pages
        self._public_url = public_url

    def compose(self, letter: Letter, words: Words | None = None) -> Content:
        """The mail in the person's language; `words` are what staff wrote for this template and language."""
        lang = spoken(letter.delivery.language)
        template = letter.delivery.template
        words = words or defaults.words(template, lang)
        said, marked = self._placeholders(letter, lang)
        title = filled(words.title, {name: one_line(value) for name, value in said.items()})
        opening = [filled(paragraph, said) for paragraph in paragraphs(words.opening)]
        attachments = tuple(self._attachments(letter, lang))
        values = {**self._values(letter, lang), "parts": MAILS[template].parts, "title": title}
        text = self._pages.text(
            lang,
            "mails/mail.txt",
            **values,
            opening=opening,
            closing=[filled(paragraph, said) for paragraph in paragraphs(words.closing)],
        )
        html = self._pages.text(
            lang,
            "mails/mail.html",
            **values,
            # of two people at one address, a list of mails shows whom each is for
            preview=" ".join(opening if letter.known.fact.same_address else opening[1:] or opening),
            heading_words=_heading(title, one_line(letter.edition.short)),
            opening=[_markup(paragraph, marked) for paragraph in paragraphs(words.opening)],
            closing=[_markup(paragraph, marked) for paragraph in paragraphs(words.closing)],
        )
        return Content(title, text, html, attachments)

    def examples(self, letter: Letter) -> Mapping[str, str]:
        """What each placeholder of this letter's template stands for in it."""
        said, _ = self._placeholders(letter, spoken(letter.delivery.language))
        return {name: said[name] for name in MAILS[letter.delivery.template].placeholders}

    def _placeholders(self, letter: Letter, lang: str) -> tuple[dict[str, str], Mapping[str, str]]:
        """What each placeholder stands for, in text and in HTML."""
        edition, matter, zone = letter.edition, letter.matter, letter.edition.timezone
        session = text(lang, matter.session.title) if matter.session else ""
        hours = phrases.said((matter.session.start, matter.session.end), lang, zone) if matter.session else ""
        strong = {
            "dates": dates.days(edition.dates, lang),
            "debut": _first_moment(letter, lang),
            "seance": session,
            "place": ", ".join(part for part in (session, hours) if part) or edition.short,
            "horaire": hours,
            "salle": (matter.session.room if matter.session else "") or edition.venue.name,
            "echeance": phrases.said(matter.until, lang, zone) if matter.until else "",
            "rang": dates.number(matter.position, lang),
            "version": dates.number(matter.release, lang),
        }
        plain = {"edition": edition.short, "organisateur": edition.organiser, "lieu": _venue(edition)}
        people = {"nom": printable(letter.name), "personne": printable(matter.person)}
        phone = edition.contact_phone.replace(" ", "\N{NO-BREAK SPACE}")
        page, address = gettext(lang, N_("la page de votre inscription")), self._page(letter)
        said = {**strong, **plain, **{name: isolated(who) for name, who in people.items()}}
        marked = {
            **{name: Markup("<strong>{}</strong>").format(value) for name, value in strong.items()},
            **{name: escape(value) for name, value in plain.items()},
            **{name: Markup("<bdi>{}</bdi>").format(value) for name, value in people.items()},
            "telephone": escape(phone),
            "lien": Markup('<a class="link" href="{}" style="color:#0b5560;">{}</a>').format(address, page),
        }
        return {**said, "telephone": phone, "lien": f"{page} ({address})"}, marked

    def _values(self, letter: Letter, lang: str) -> dict[str, Any]:
        """What the fixed parts show."""
        fact, edition, matter = letter.known.fact, letter.edition, letter.matter
        zone = edition.timezone
        return {
            "name": printable(letter.name),
            "isolated_name": isolated(printable(letter.name)),
            "same_address": fact.same_address,
            "edition_name": edition.short,
            "organiser": edition.organiser,
            "organiser_address": edition.organiser_address,
            "lines": [_line(item, lang, zone) for item in letter.chosen],
            "manage_url": self._page(letter),
            "offer_url": matter.offer_url,
            "privacy_url": f"{self._public_url}/confidentialite",
            "with_badge": letter.badge is not None,
            "code": grouped(letter.badge.code) if letter.badge else "",
            "badge_url": letter.badge_url,
            "calendar": letter.calendar,
            "waits": [_line(item, lang, zone) for item in letter.waits],
            "changes": [printed(phrases.change(one, lang, zone)) for one in matter.differences],
            "fields": [printed(phrases.field(name, fact, lang)) for name in matter.fields],
            "person": printable(matter.person),
            "redrawn": letter.redrawn,
            "had_place": letter.had_place,
            "registrations": [(printable(who), address) for who, address in matter.registrations],
        }

    def _page(self, letter: Letter) -> str:
        """Where the reader goes for their registration; without one, where a lost link is asked for."""
        return letter.manage_url or f"{self._public_url}/inscription/retrouver"

    def _attachments(self, letter: Letter, lang: str) -> Iterator[Attachment]:
        edition = re.sub(r"[^a-z0-9-]+", "-", letter.edition.edition.lower())
        if letter.badge:
            yield Attachment(f"badge-{edition}.pdf", "application/pdf", base64.b64decode(letter.badge.pdf))
        if letter.calendar:
            made = calendar.write(self._calendar(letter, lang), letter.delivery.created)
            media_type = f"{calendar.MEDIA_TYPE}; charset=utf-8; method={letter.calendar}"
            yield Attachment(f"{edition}.ics", media_type, made)

    def _calendar(self, letter: Letter, lang: str) -> calendar.Calendar:
        assert letter.calendar
        edition = letter.edition
        entries = tuple(self._entry(item, letter, lang) for item in letter.agenda.items)
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
        place=", ".join(part for part in (text(lang, item.kind), item.room, _rank(item, lang)) if part),
        cancelled=item.cancelled,
    )


def _rank(item: Item, lang: str) -> str:
    return translate(lang, N_("rang %(position)s"), position=dates.number(item.position, lang)) if item.position else ""


def _first_moment(letter: Letter, lang: str) -> str:
    zone = letter.edition.timezone
    first = next((item for item in letter.items if item.slug and not item.cancelled), None)
    if first is None or first.start.date() > min(letter.edition.dates):
        return dates.day(min(letter.edition.dates), lang)
    return phrases.said(first.start, lang, zone)


def _heading(title: str, edition: str) -> str:
    """The title as the page says it, under a band that names the edition already."""
    rest = title.removeprefix(edition).lstrip(" \N{NO-BREAK SPACE}:,–-")
    return _capital(rest) if rest and title.startswith(edition) else title


def _markup(paragraph: str, marked: Mapping[str, str]) -> Markup:
    lines = filled(paragraph, marked, lambda words: str(escape(words))).split("\n")
    return Markup("<br>".join(lines))  # noqa: S704 - its words are escaped one line above, its values where they are made


def _venue(edition: EditionChanged) -> str:
    return ", ".join(part for part in (edition.venue.name, edition.venue.address) if part)


def spoken(language: str) -> str:
    """The language a person is written to: their own, or French when it is none of ours."""
    return language if language in LANGUAGES else SOURCE


def one_line(words: str) -> str:
    """The words as a header may hold them."""
    return _LINE_BREAKS.sub(" ", words).strip()


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def grouped(code: str) -> str:
    """The typed code in two halves, as it is printed on the badge."""
    half = len(code) // 2
    return code if "-" in code else f"{code[:half]}-{code[half:]}"


def printable(name: str) -> str:
    """The name without control characters, which no mail may carry; everything else stays as typed."""
    return "".join(sign for sign in name if category(sign) not in {"Cc", "Cs"})


def printed(change: phrases.Change) -> phrases.Change:
    """The same without control characters: rooms and functions are typed too."""
    return phrases.Change(printable(change.what), printable(change.before), printable(change.after))


def isolated(name: str) -> str:
    """The name kept from turning the words around it, when some of it runs from right to left."""
    if any(bidirectional(sign) in _RIGHT_TO_LEFT for sign in name):
        return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"
    return name
