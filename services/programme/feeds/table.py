"""The released programme as a table for a spreadsheet."""

from collections.abc import Iterator

from services.programme.domain.releases import ReleasedSession
from services.programme.feeds.feed import Feed
from shared import tables
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


def table(feed: Feed) -> bytes:
    """A CSV as `shared.tables` writes them all."""
    headings = [translate(feed.lang, heading) for heading in _HEADINGS]
    sessions = sorted(feed.release.sessions, key=lambda one: (one.start, one.end, one.id))
    return tables.csv_file([headings, *([*_row(feed, one)] for one in sessions)], tables.separator(feed.lang))


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
