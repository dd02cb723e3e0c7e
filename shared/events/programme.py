"""Facts of the programme service: what happens, where, when."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from shared.events.base import Fact, Part, Text


class Venue(Part):
    """Where the edition takes place."""

    name: str
    address: str


class EditionChanged(Fact):
    """The identity of an edition: everything a page, a mail or a badge says about it."""

    publisher = "programme"
    name = "edition-changed"
    key_field = "edition"

    edition: str
    number: int
    title: Text
    short: str
    theme: Text
    dates: tuple[date, ...]
    timezone: str
    venue: Venue
    organiser: str
    organiser_address: str = ""
    contact_email: str
    contact_phone: str
    languages: tuple[str, ...] = ("fr", "en", "es")


class Kind(Part):
    """A format of this edition: formats appear and vanish each year. `tone` is one of the stylesheet's tags."""

    id: str
    label: Text
    tone: Literal["plenary", "workshop", "country", "meeting", "cafe", "b2b", "break"]


class Room(Part):
    """A room and how many it holds."""

    id: str
    name: str
    capacity: int | None


class Speaker(Part):
    """Someone announced in the programme, published in a function."""

    name: str
    function: str = ""
    role: Literal["speaker", "chair", "moderator"] = "speaker"


class Session(Part):
    """A programme item. `uid` and `revision` are the calendar's UID and SEQUENCE."""

    id: str
    uid: str
    revision: int
    slug: str
    kind: str
    title: Text
    description: Text = Field(default_factory=dict)
    start: datetime
    end: datetime
    room: str | None = None
    access: Literal["open", "sign-up", "invitation"] = "open"
    capacity: int | None = None
    """Places one may take, for `sign-up` sessions; the room's capacity unless the editor said less."""
    status: Literal["scheduled", "cancelled"] = "scheduled"
    speakers: tuple[Speaker, ...] = ()


class Change(Part):
    """What a release changed for one session."""

    session: str
    change: Literal["new", "moved", "room", "cancelled", "text", "speakers"]


class Released(Fact):
    """The complete public programme of one release, with what changed since the last."""

    publisher = "programme"
    name = "released"
    key_field = "edition"

    edition: str
    release: int
    released_at: datetime
    note: Text = Field(default_factory=dict)
    rooms: tuple[Room, ...]
    kinds: tuple[Kind, ...] = ()
    sessions: tuple[Session, ...]
    changes: tuple[Change, ...] = ()


class EndedSignIn(Part):
    """A sign-in that was left. `until` is when the last cookie signed for it expires by itself."""

    sid: str
    until: datetime


class AccessChanged(Fact):
    """A staff account or token was changed: credentials below `generation`, or of an ended sign-in, are not good."""

    publisher = "programme"
    name = "access-changed"
    key_field = "account"

    account: str
    generation: int
    ended: tuple[EndedSignIn, ...] = ()
    disowned: int = 0
    """Whatever was handed out to others with credentials below this generation has ended too, for good: the account
    was withdrawn then. It stays when the account is opened again."""
