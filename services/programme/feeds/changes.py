"""The history of releases as an Atom feed (RFC 4287). Ids are the same in every language and for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element

from services.programme.domain.changes import Line, Round
from services.programme.domain.editions import Edition, Room, Speaker
from services.programme.domain.releases import ReleasedSession
from services.programme.feeds.feed import pick
from services.programme.feeds.xml import document, say
from shared.i18n import N_, dates, translate

_LONGEST = 50
"""Releases in the feed: what comes before is on the page."""
_LABELS = {
    "new": N_("Nouvelle séance"),
    "moved": N_("Nouvel horaire"),
    "room": N_("Nouvelle salle"),
    "cancelled": N_("Annulée"),
    "text": N_("Texte modifié"),
    "speakers": N_("Intervenantes et intervenants modifiés"),
}


@dataclass(frozen=True)
class History:
    """The releases of an edition, newest first, in one language. Links in it start with `public_url`."""

    edition: Edition
    rounds: Sequence[Round]
    lang: str
    public_url: str


def atom(history: History) -> bytes:
    """The feed."""
    edition, lang, page = history.edition, history.lang, f"{history.public_url}/programme/changements"
    root = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": lang})
    say(root, "id", _id(edition))
    say(root, "title", f"{edition.short} – {translate(lang, N_('Changements du programme'))}")
    say(root, "updated", _stamp(history.rounds[0].released_at))
    say(say(root, "author"), "name", edition.organiser)
    say(root, "link", rel="self", type="application/atom+xml", href=f"{page}.atom?lang={lang}")
    say(root, "link", rel="alternate", type="text/html", href=page)
    say(root, "generator", "Rencontres")
    for one in history.rounds[:_LONGEST]:
        _entry(root, history, one)
    return document(root)


def _entry(root: Element, history: History, one: Round) -> None:
    made = say(root, "entry")
    address = f"{history.public_url}/programme/versions/{one.number}"
    say(made, "id", _id(history.edition, one.number))
    say(made, "title", translate(history.lang, N_("Version %(number)s"), number=one.number))
    say(made, "published", _stamp(one.released_at))
    say(made, "updated", _stamp(one.released_at))
    say(made, "link", rel="alternate", type="text/html", href=address)
    told = say(say(made, "content", type="xhtml"), "div", xmlns="http://www.w3.org/1999/xhtml")
    if note := pick(one.note, history.lang):
        say(told, "p", note)
    if one.lines:
        listed = say(told, "ul")
        for line in one.lines:
            _line(listed, history, line)
    elif one.number == 1:
        say(told, "p", translate(history.lang, N_("Première version du programme.")))
    else:
        say(told, "p", translate(history.lang, N_("Sans changement d’horaire ni de salle.")))


def _line(listed: Element, history: History, line: Line) -> None:
    made = say(listed, "li")
    say(made, "strong", label(line, history.lang)).tail = " "
    address = f"{history.public_url}/programme/seances/{line.session.slug}"
    title = say(made, "a", pick(line.session.title, history.lang), href=address)
    if changed := before_and_after(line, history.edition.timezone, history.lang):
        before, after = changed
        title.tail = " "
        if before:
            say(made, "del", before).tail = " → "
        say(made, "ins", after)


def label(line: Line, lang: str) -> str:
    """What kind of change it is, in a word."""
    return translate(lang, N_("De retour au programme") if line.is_back else _LABELS[line.change])


def before_and_after(line: Line, zone: str, lang: str) -> tuple[str, str] | None:
    """What was and what is, where it can be said in few words; nothing was before a new session."""
    before, after = line.before or line.session, line.session
    if line.change == "new":
        return "", _time(after, zone, lang)
    if line.change == "moved":
        return _time(before, zone, lang), _time(after, zone, lang)
    if line.change == "room":
        return _room(line.room_before, lang), _room(line.room, lang)
    if line.change == "speakers":
        return _names(before.speakers, lang), _names(after.speakers, lang)
    if line.change == "text" and before.title != after.title:
        return pick(before.title, lang), pick(after.title, lang)
    return None


def _time(session: ReleasedSession, zone: str, lang: str) -> str:
    span = dates.time_range(session.start, session.end, lang, zone=zone)
    return f"{dates.day(session.start, lang, zone=zone)}, {span}"


def _room(room: Room | None, lang: str) -> str:
    return room.name if room else translate(lang, N_("sans salle"))


def _names(speakers: tuple[Speaker, ...], lang: str) -> str:
    return ", ".join(speaker.name for speaker in speakers) or translate(lang, N_("personne"))


def _id(edition: Edition, number: int | None = None) -> str:
    return uuid5(NAMESPACE_URL, f"{edition.id}@rencontres/changements" + (f"/{number}" if number else "")).urn


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
