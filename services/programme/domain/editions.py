"""An edition and the draft of its programme. Everything about an edition is data: name, length, formats, rooms."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from shared.errors import Refusal
from shared.events import Text
from shared.events import programme as facts
from shared.text import is_visible

SOURCE = "fr"
"""The language every text is written in first."""

Access = Literal["open", "sign-up", "invitation"]
Tone = Literal["plenary", "workshop", "country", "meeting", "cafe", "b2b", "break"]


class ProgrammeRefusal(Refusal):
    """The programme that was sent contradicts itself."""

    status = 422


class DuplicateId(ProgrammeRefusal):
    """Two rooms, formats or sessions bear the same id."""

    code = "duplicate-id"
    text = "L’identifiant %(id)s est donné deux fois."


class UnknownRoom(ProgrammeRefusal):
    """A session is placed in a room the edition does not have."""

    code = "unknown-room"
    text = "Séance %(session)s : la salle %(room)s n’existe pas dans cette édition."


class UnknownKind(ProgrammeRefusal):
    """A session has a format the edition does not have."""

    code = "unknown-kind"
    text = "Séance %(session)s : le format %(kind)s n’existe pas dans cette édition."


class EndsBeforeItStarts(ProgrammeRefusal):
    """A session must end after it starts."""

    code = "ends-before-it-starts"
    text = "Séance %(session)s : l’heure de fin doit venir après l’heure de début."


class OutsideEdition(ProgrammeRefusal):
    """A session lies on a day that is not one of the edition's."""

    code = "outside-edition"
    text = "Séance %(session)s : le %(day)s n’est pas un jour de cette édition."


class MissingFrench(ProgrammeRefusal):
    """French is the source: a text without it has nothing to fall back on."""

    code = "missing-french"
    text = "%(thing)s : le texte français manque."


@dataclass(frozen=True)
class Venue:
    """Where the edition takes place."""

    name: str
    address: str


@dataclass(frozen=True)
class Figure:
    """A number announced on the home page, with the words that say what it counts."""

    value: str
    label: Text
    note: Text = field(default_factory=dict)


@dataclass(frozen=True)
class Notice:
    """A short titled text: practical matters, or what a session is about (`session`) on the home page."""

    title: Text
    text: Text
    session: str | None = None


@dataclass(frozen=True)
class Edition:
    """The identity of one edition, public as soon as it is saved."""

    id: str
    number: int
    title: Text
    short: str
    theme: Text
    dates: tuple[date, ...]
    timezone: str
    venue: Venue
    organiser: str
    contact_email: str
    contact_phone: str
    organiser_address: str = ""
    languages: tuple[str, ...] = ("fr", "en", "es")
    figures: tuple[Figure, ...] = ()
    highlights: tuple[Notice, ...] = ()
    practical: tuple[Notice, ...] = ()
    partners: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Room:
    """A room and how many it holds."""

    id: str
    name: str
    capacity: int | None = None


@dataclass(frozen=True)
class Kind:
    """A format of this edition and how its tag is coloured."""

    id: str
    label: Text
    tone: Tone


@dataclass(frozen=True)
class Speaker:
    """Someone announced, in a function."""

    name: str
    function: str = ""
    role: Literal["speaker", "chair", "moderator"] = "speaker"


@dataclass(frozen=True)
class Session:
    """A programme item as the editors have it now. `start` and `end` are aware."""

    id: str
    kind: str
    title: Text
    start: datetime
    end: datetime
    description: Text = field(default_factory=dict)
    room: str | None = None
    access: Access = "open"
    capacity: int | None = None
    speakers: tuple[Speaker, ...] = ()


@dataclass(frozen=True)
class Draft:
    """The programme as the editors have it now: nobody else sees it before a release."""

    rooms: tuple[Room, ...] = ()
    kinds: tuple[Kind, ...] = ()
    sessions: tuple[Session, ...] = ()


def check(edition: Edition, draft: Draft) -> None:
    """Refuse a programme that contradicts itself."""
    for ids in ((r.id for r in draft.rooms), (k.id for k in draft.kinds), (s.id for s in draft.sessions)):
        _unique(ids)
    named = [("title", edition.title), ("theme", edition.theme)]
    named += [(kind.id, kind.label) for kind in draft.kinds] + [
        (session.id, session.title) for session in draft.sessions
    ]
    for thing, text in named:
        if not is_visible(text.get(SOURCE, "")):
            raise MissingFrench(thing=thing)
    for session in draft.sessions:
        _check_session(session, edition, draft)


def _check_session(session: Session, edition: Edition, draft: Draft) -> None:
    if session.room is not None and session.room not in {room.id for room in draft.rooms}:
        raise UnknownRoom(session=session.id, room=session.room)
    if session.kind not in {kind.id for kind in draft.kinds}:
        raise UnknownKind(session=session.id, kind=session.kind)
    if session.end <= session.start:
        raise EndsBeforeItStarts(session=session.id)
    if (day := session.start.astimezone(ZoneInfo(edition.timezone)).date()) not in edition.dates:
        raise OutsideEdition(session=session.id, day=day.isoformat())


def _unique(ids: Iterable[str]) -> None:
    for id, count in Counter(ids).items():
        if count > 1:
            raise DuplicateId(id=id)


def changed(edition: Edition) -> facts.EditionChanged:
    """The fact that tells the others who and where this edition is."""
    return facts.EditionChanged(
        edition=edition.id,
        number=edition.number,
        title=edition.title,
        short=edition.short,
        theme=edition.theme,
        dates=edition.dates,
        timezone=edition.timezone,
        venue=facts.Venue(name=edition.venue.name, address=edition.venue.address),
        organiser=edition.organiser,
        organiser_address=edition.organiser_address,
        contact_email=edition.contact_email,
        contact_phone=edition.contact_phone,
        languages=edition.languages,
    )
