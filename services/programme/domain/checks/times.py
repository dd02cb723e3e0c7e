"""Times: a session beyond its day, and the same session with two times in the programme's own texts."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from services.programme.domain.checks.finding import Finding
from services.programme.domain.checks.ground import Ground
from services.programme.domain.checks.spelled import Span, spans
from services.programme.domain.editions import Session
from services.programme.domain.speakers import plain

LONG = timedelta(hours=8)
"""A session longer than this was rather given the wrong end."""
_SHORT_TITLE = 8
"""A title of fewer letters (« Pause ») is also an ordinary word: a text that has it does not speak of the session."""


class OutsideEdition(Finding):
    """A session begins on a day that is not one of the edition's."""

    code = "outside-edition"
    severity = "bad"
    text = "« %(title)s » : le %(day)s n’est pas un jour de cette édition."


class BeyondItsDay(Finding):
    """A session ends on another day than it begins, or lasts longer than anybody sits."""

    code = "beyond-its-day"
    text = "« %(title)s » finit le %(end_day)s à %(end_time)s."


class TwoTimes(Finding):
    """A text gives another time than the timetable does."""

    code = "two-times"
    text = "« %(title)s » a deux horaires : %(time)s – %(end_time)s dans la grille, « %(spelled)s » dans un texte."


def times(ground: Ground) -> Iterator[Finding]:
    """What is wrong with times."""
    for session in ground.sessions:
        said = {"title": session.title, "day": session.start, "end_day": session.end, "end_time": session.end}
        if ground.day(session) not in ground.edition.dates:
            yield OutsideEdition((session.id,), said)
        if session.end.astimezone(ground.zone).date() != ground.day(session) or session.end - session.start > LONG:
            yield BeyondItsDay((session.id,), said)
        yield from _two_times(ground, session)


def _two_times(ground: Ground, session: Session) -> Iterator[Finding]:
    seen: set[tuple[time, time | None]] = set()
    for text in _texts_about(ground, session):
        given = list(spans(text))
        for span in given:
            if (span.start, span.end) not in seen and not _fits(ground, session, span, alone=len(given) == 1):
                seen.add((span.start, span.end))
                said = {"title": session.title, "time": session.start, "end_time": session.end}
                yield TwoTimes((session.id,), {**said, "spelled": span.spelled})


def _texts_about(ground: Ground, session: Session) -> Iterator[str]:
    """The session's own texts, those of notices about it (« Les Cafés »), and elsewhere each sentence that names it."""
    yield from (text for texts in (session.title, session.description) for text in texts.values())
    notices = (*ground.edition.highlights, *ground.edition.practical)
    for notice in notices:
        if notice.session == session.id:
            yield from (*notice.title.values(), *notice.text.values())
        else:
            for lang, text in notice.text.items():
                yield from _naming(session.title.get(lang, ""), notice.title.get(lang, ""), text)


def _naming(title: str, heading: str, text: str) -> Iterator[str]:
    name, above = plain(title), plain(heading)
    if len(name) < _SHORT_TITLE:
        return
    if name in above or (" " in above and len(above) >= _SHORT_TITLE and above in name):
        yield text
    else:
        yield from (sentence for sentence in re.split(r"(?<=[.!?])\s+|\n", text) if name in plain(sentence))


def _fits(ground: Ground, session: Session, span: Span, *, alone: bool) -> bool:
    """Whether a time lies within the session.

    A text of several spans is its order of events, each somewhere within; a lone one is the session's own, so that
    « 14 h 30 – 15 h » is wrong for what ends at 15 h 30.
    """
    day = ground.day(session)
    start, end = (datetime.combine(day, moment, ground.zone) if moment else None for moment in (span.start, span.end))
    assert start is not None
    if end and alone:
        return (start, end) == (session.start, session.end)
    return session.start <= start <= session.end and (end is None or start <= end <= session.end)
