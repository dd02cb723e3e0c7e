"""The released programme as a table for a spreadsheet."""

import csv
from collections.abc import Iterator
from io import StringIO

from services.programme.domain.releases import ReleasedSession
from services.programme.feeds.feed import Feed
from shared.i18n import N_, translate

_HEADINGS = (
    *(N_("Jour"), N_("Début"), N_("Fin"), N_("Titre"), N_("Format"), N_("Salle"), N_("Accès"), N_("Places")),
    *(N_("Avec"), N_("État"), N_("Adresse")),
)
_ACCESS = {
    "open": N_("Ouverte à tous"),
    "sign-up": N_("Sur inscription"),
    "invitation": N_("Sur invitation"),
}
_SEPARATORS = {"fr": ";", "en": ",", "es": ";"}
"""Where a comma marks the decimals, spreadsheets want a semicolon between the columns."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(feed: Feed) -> bytes:
    """A CSV with a UTF-8 mark, without which Excel takes it for something else. No cell can be a formula."""
    file = StringIO()
    rows = csv.writer(file, delimiter=_SEPARATORS.get(feed.lang, ","))
    rows.writerow([translate(feed.lang, heading) for heading in _HEADINGS])
    for session in sorted(feed.release.sessions, key=lambda one: (one.start, one.end, one.id)):
        rows.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in _row(feed, session)])
    return file.getvalue().encode("utf-8-sig")


def _row(feed: Feed, session: ReleasedSession) -> Iterator[str]:
    kind = feed.release.kind(session.kind)
    start, end = (moment.astimezone(feed.zone) for moment in (session.start, session.end))
    cancelled = session.status == "cancelled"
    yield from (start.date().isoformat(), f"{start:%H:%M}", f"{end:%H:%M}")
    yield feed.text(session.title)
    yield feed.text(kind.label) if kind else session.kind
    yield feed.place(session)
    yield translate(feed.lang, _ACCESS[session.access])
    yield str(session.capacity or "") if session.access == "sign-up" else ""
    yield ", ".join(speaker.name for speaker in session.speakers)
    yield translate(feed.lang, N_("Annulée")) if cancelled else ""
    yield feed.address(session)
