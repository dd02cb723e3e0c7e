"""What the API gives; what it takes is in `models`."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from services.programme.domain.changes import Round
from services.programme.domain.editions import Edition
from services.programme.domain.releases import Release, ReleasedSession


class _Output(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class VenueOut(_Output):
    """Where the edition takes place."""

    name: str
    address: str


class EditionOut(_Output):
    """The public identity of an edition. `release` is the number of its newest release, 0 before the first."""

    id: str
    number: int
    title: dict[str, str]
    short: str
    theme: dict[str, str]
    dates: tuple[date, ...]
    timezone: str
    venue: VenueOut
    organiser: str
    contact_email: str
    contact_phone: str
    languages: tuple[str, ...]
    release: int

    @classmethod
    def of(cls, edition: Edition, release: int) -> Self:
        """The edition and the number of its newest release."""
        return cls.model_validate({**vars(edition), "release": release}, from_attributes=True)


class RoomOut(_Output):
    """A room of a release."""

    id: str
    name: str
    capacity: int | None


class KindOut(_Output):
    """A format of a release."""

    id: str
    label: dict[str, str]
    tone: str


class SpeakerOut(_Output):
    """Someone announced, in a function."""

    name: str
    function: str
    role: str


class ChangeOut(_Output):
    """What a release changed for one session."""

    session: str
    change: str


class SessionOut(_Output):
    """A released programme item. `uid` and `revision` are the calendar's UID and SEQUENCE; times are UTC."""

    id: str
    uid: str
    revision: int
    slug: str
    kind: str
    title: dict[str, str]
    description: dict[str, str]
    start: datetime
    end: datetime
    room: str | None
    access: str
    capacity: int | None
    status: str
    speakers: tuple[SpeakerOut, ...]

    @classmethod
    def of(cls, session: ReleasedSession) -> Self:
        """One session as released."""
        return cls.model_validate(session)


class ReleaseOut(_Output):
    """A whole release."""

    edition: str
    number: int
    released_at: datetime
    note: dict[str, str]
    rooms: tuple[RoomOut, ...]
    kinds: tuple[KindOut, ...]
    sessions: tuple[SessionOut, ...]
    changes: tuple[ChangeOut, ...]

    @classmethod
    def of(cls, release: Release) -> Self:
        """A release as frozen."""
        return cls.model_validate(release)


class RoomsOut(BaseModel):
    """A page of rooms; `next` is the cursor of the following page, or null."""

    items: tuple[RoomOut, ...]
    next: str | None = None


class SessionsOut(BaseModel):
    """A page of sessions, by start; `next` is the cursor of the following page, or null."""

    items: tuple[SessionOut, ...]
    next: str | None = None


class RoundOut(_Output):
    """One release in the list of them: what it changed, without the programme."""

    number: int
    released_at: datetime
    note: dict[str, str]
    changes: tuple[ChangeOut, ...]

    @classmethod
    def of(cls, one: Round) -> Self:
        """A release of the history."""
        changes = tuple(ChangeOut(session=line.session.id, change=line.change) for line in one.lines)
        return cls(number=one.number, released_at=one.released_at, note=one.note, changes=changes)


class ReleasesOut(BaseModel):
    """A page of releases, newest first; `next` is the cursor of the following page, or null."""

    items: tuple[RoundOut, ...]
    next: int | None = None


class AppearanceOut(_Output):
    """What somebody does in one session, and in which function."""

    session: str = Field(description="Id of the session")
    role: str = Field(description="`speaker`, `chair` or `moderator`")
    function: str


class AnnouncedOut(_Output):
    """Somebody announced, with everything they do."""

    name: str
    appearances: tuple[AppearanceOut, ...]


class SpeakersOut(BaseModel):
    """A page of speakers, by name without accents; `next` is the cursor of the following page, or null."""

    items: tuple[AnnouncedOut, ...]
    next: str | None = None


class WayOutOut(_Output):
    """A free room that one of the sessions could move to, and the sentence that says so."""

    session: str
    room: str
    detail: str


class FindingOut(_Output):
    """Something to look at in the draft, with its sentence in the caller's language."""

    code: str
    severity: str = Field(description="`bad` for a conflict, `warn` for a warning")
    sessions: tuple[str, ...] = Field(description="Ids concerned; none when it is about the edition itself")
    detail: str
    ways_out: tuple[WayOutOut, ...]


class FindingsOut(BaseModel):
    """Everything found, conflicts first; `next` is always null: a draft is looked at as a whole."""

    items: tuple[FindingOut, ...]
    next: None = None
