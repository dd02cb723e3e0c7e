"""Texts: left over from the edition before, not translated, a date on the wrong day of the week."""

import re
from collections.abc import Iterator
from datetime import date

from services.programme.domain.checks.finding import Finding
from services.programme.domain.checks.ground import Ground
from services.programme.domain.checks.spelled import days
from services.programme.domain.editions import SOURCE
from shared.events import Text

_AROUND = 40
"""Letters shown on each side of what a text still says."""


class YearBefore(Finding):
    """A text names the year of the edition before: it was copied from there."""

    code = "year-before"
    text = "Un texte parle encore de %(year)s : « %(excerpt)s »."


class WrongWeekday(Finding):
    """A text puts a date on a day of the week that it is not."""

    code = "wrong-weekday"
    text = "%(weekday)s %(date)s %(year)s, et non « %(spelled)s »."


class NotTranslated(Finding):
    """A text is shown in French to those who read another language."""

    code = "not-translated"
    text = "« %(title)s » n’est pas traduit (%(languages)s)."


class HighlightGone(Finding):
    """The home page puts forward a session that is not in the draft."""

    code = "highlight-gone"
    text = "La page d’accueil met en avant « %(title)s », mais cette séance n’est plus au programme."


Place = tuple[tuple[str, ...], tuple[Text, ...]]
"""The session concerned, if it is one, and the texts that belong together there, the name first."""


def texts(ground: Ground) -> Iterator[Finding]:
    """What is wrong with texts."""
    for sessions, together in _places(ground):
        for text in together:
            yield from _years(ground, sessions, text)
            yield from _weekdays(ground, sessions, text)
        if missing := _missing(ground, together):
            said = {"title": together[0].get(SOURCE, ""), "languages": ", ".join(missing).upper()}
            yield NotTranslated(sessions, said)
    yield from _highlights(ground)


def _places(ground: Ground) -> Iterator[Place]:
    edition = ground.edition
    yield (), (edition.title,)
    yield (), (edition.theme,)
    yield from (((), (figure.label, figure.note)) for figure in edition.figures)
    yield from (((), (notice.title, notice.text)) for notice in (*edition.highlights, *edition.practical))
    yield from (((), (partner,)) for partner in edition.partners)
    yield from (((), (kind.label,)) for kind in ground.draft.kinds)
    yield from (((session.id,), (session.title, session.description)) for session in ground.sessions)


def _years(ground: Ground, sessions: tuple[str, ...], text: Text) -> Iterator[Finding]:
    year = ground.year - 1
    for words in text.values():
        if found := re.search(rf"(?<!\d){year}(?!\d)", words):
            yield YearBefore(sessions, {"year": str(year), "excerpt": _excerpt(words, *found.span())})
            return


def _excerpt(words: str, start: int, end: int) -> str:
    """What stands around a place in a text, whole words of it."""
    first, last = max(0, start - _AROUND), min(len(words), end + _AROUND)
    before = words[first:start] if first == 0 else "… " + words[first:start].partition(" ")[2]
    after = words[end:last] if last == len(words) else words[end:last].rpartition(" ")[0] + " …"
    return " ".join((before + words[start:end] + after).split())


def _weekdays(ground: Ground, sessions: tuple[str, ...], text: Text) -> Iterator[Finding]:
    seen: set[date] = set()
    for words in text.values():
        for named in days(words):
            day = named.date(ground.year)
            if day and day not in seen and day.weekday() != named.weekday:
                seen.add(day)
                said = {"spelled": named.spelled, "date": day, "year": str(day.year), "weekday": day}
                yield WrongWeekday(sessions, said)


def _missing(ground: Ground, together: tuple[Text, ...]) -> list[str]:
    return [
        lang
        for lang in ground.edition.languages
        if any(text.get(SOURCE, "").strip() and not text.get(lang, "").strip() for text in together)
    ]


def _highlights(ground: Ground) -> Iterator[Finding]:
    ids = {session.id for session in ground.sessions}
    for notice in ground.edition.highlights:
        if notice.session and notice.session not in ids:
            yield HighlightGone((notice.session,), {"title": notice.title})
