"""Sessions as calendar files."""

from collections.abc import Iterable

from services.programme.domain.releases import ReleasedSession
from services.programme.feeds.feed import Feed
from shared.calendar import Calendar, Entry, Organiser, write


def calendar(feed: Feed, sessions: Iterable[ReleasedSession]) -> bytes:
    """An `.ics` of these sessions; cancelled ones stay in it, marked so."""
    entries = tuple(_entry(feed, session) for session in sessions)
    organiser = Organiser(feed.edition.organiser, feed.edition.contact_email)
    return write(Calendar(feed.edition.short, entries, organiser), feed.release.released_at)


def _entry(feed: Feed, session: ReleasedSession) -> Entry:
    venue = feed.edition.venue
    places = dict.fromkeys((feed.place(session), venue.name, venue.address))
    return Entry(
        uid=session.uid,
        sequence=session.revision,
        start=session.start,
        end=session.end,
        title=feed.text(session.title),
        location=", ".join(places),
        description=feed.text(session.description),
        url=feed.address(session),
        cancelled=session.status == "cancelled",
    )
