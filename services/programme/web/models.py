"""What the API takes and gives; kept apart from the entities, so that neither bends the other."""

from datetime import date, datetime, time
from functools import cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, EmailStr, Field, StringConstraints, WithJsonSchema

from services.programme.domain import editions
from services.programme.domain.editions import Access, Draft, Edition, Tone
from services.programme.store import Saved
from shared.web import Input, Paragraph, Words
from shared.web.inputs import KEPT

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Language = Literal["fr", "en", "es"]
Name = Annotated[str, Words(200)]
"""Of a room, a venue, an organiser, a person: given and family name have up to 60 signs each."""
Function = Annotated[str, Words(300)]
"""What somebody does and where: functions have up to 140 signs, organisations up to 160."""
Address = Annotated[str, Words(300)]
Title = dict[Language, Annotated[str, Words(300)]]
Label = dict[Language, Annotated[str, Words(100)]]
Text = dict[Language, Paragraph]
MOST_PLACES = 100_000
"""Of a room or a session."""


@cache
def _zones() -> frozenset[str]:
    """Read once: to look through all the files takes tens of milliseconds."""
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("not an IANA time zone")
    return name


Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]
"""A year typed with a digit too few is refused here: days are counted back from the first one, and need some before."""


Clock = Annotated[
    time, WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d", "examples": ["14:30"]})
]
"""An hour by the edition's clocks. JSON Schema's own `time` always says its distance from UTC: not that."""


class VenueIn(Input):
    """Where the edition takes place."""

    name: Name
    address: Address


class FigureIn(Input):
    """A number announced on the home page."""

    value: Annotated[str, Words(40)]
    label: Title
    note: Title = Field(default_factory=dict)


class NoticeIn(Input):
    """A short titled text; on the home page, `session` is what it is about."""

    title: Title
    text: Text
    session: Id | None = None


class RoomIn(Input):
    """A room and how many it holds."""

    id: Id
    name: Name
    capacity: int | None = Field(None, ge=1, le=MOST_PLACES)


class KindIn(Input):
    """A format and how its tag is coloured."""

    id: Id
    label: Label
    tone: Tone


class SpeakerIn(Input):
    """Someone announced, in a function."""

    name: Name
    function: Function = ""
    role: Literal["speaker", "chair", "moderator"] = "speaker"


class DraftSessionIn(Input):
    """A programme item of the draft; its times are those of the edition's clocks."""

    kind: Id
    title: Title
    description: Text = Field(default_factory=dict)
    date: Day
    start: Clock
    end: Clock
    room: Id | None = None
    access: Access = "open"
    capacity: int | None = Field(None, ge=1, le=MOST_PLACES)
    speakers: tuple[SpeakerIn, ...] = Field((), max_length=50)

    def session(self, id: str, timezone: str) -> editions.Session:
        """The session, for the domain."""
        rest = self.model_dump(exclude={"id", "date", "start", "end", "speakers"})
        zone = ZoneInfo(timezone)
        return editions.Session(
            id=id,
            **rest,
            start=datetime.combine(self.date, self.start, zone),
            end=datetime.combine(self.date, self.end, zone),
            speakers=tuple(editions.Speaker(**speaker.model_dump()) for speaker in self.speakers),
        )

    @classmethod
    def of(cls, session: editions.Session, timezone: str) -> Self:
        """What to send to get this session again."""
        body = {name: value for name, value in _session_body(session, ZoneInfo(timezone)).items() if name != "id"}
        return cls.model_validate(body, from_attributes=True, context=KEPT)


class SessionIn(DraftSessionIn):
    """A programme item as part of a whole edition."""

    id: Id


class EditionIn(Input):
    """A whole edition: its identity, and the draft of its programme."""

    number: int = Field(ge=1, le=999)
    title: Title
    short: Annotated[str, Words(60)]
    theme: Title
    dates: tuple[Day, ...] = Field(min_length=1, max_length=31)
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Europe/Paris"
    venue: VenueIn
    organiser: Name
    organiser_address: Address = ""
    contact_email: EmailStr
    contact_phone: Annotated[str, Words(40)]
    languages: tuple[Language, ...] = ("fr", "en", "es")
    figures: tuple[FigureIn, ...] = Field((), max_length=12)
    highlights: tuple[NoticeIn, ...] = Field((), max_length=12)
    practical: tuple[NoticeIn, ...] = Field((), max_length=24)
    partners: tuple[Title, ...] = Field((), max_length=100)
    rooms: tuple[RoomIn, ...] = Field((), max_length=200)
    kinds: tuple[KindIn, ...] = Field((), max_length=50)
    sessions: tuple[SessionIn, ...] = Field((), max_length=1000)

    def edition(self, id: str) -> Edition:
        """The identity, for the domain."""
        given = self.model_dump(exclude={"rooms", "kinds", "sessions", "venue", "figures", "highlights", "practical"})
        return Edition(
            id=id,
            **{**given, "dates": tuple(sorted(set(self.dates)))},
            venue=editions.Venue(**self.venue.model_dump()),
            figures=tuple(editions.Figure(**figure.model_dump()) for figure in self.figures),
            highlights=tuple(editions.Notice(**notice.model_dump()) for notice in self.highlights),
            practical=tuple(editions.Notice(**notice.model_dump()) for notice in self.practical),
        )

    def draft(self) -> Draft:
        """The draft, for the domain."""
        return Draft(
            rooms=tuple(editions.Room(**room.model_dump()) for room in self.rooms),
            kinds=tuple(editions.Kind(**kind.model_dump()) for kind in self.kinds),
            sessions=tuple(session.session(session.id, self.timezone) for session in self.sessions),
        )

    @classmethod
    def of(cls, saved: Saved) -> Self:
        """What to send to get this edition and draft again."""
        identity = {name: value for name, value in vars(saved.edition).items() if name != "id"}
        zone = ZoneInfo(saved.edition.timezone)
        sessions = [_session_body(session, zone) for session in saved.draft.sessions]
        return cls.model_validate(
            {**identity, "rooms": saved.draft.rooms, "kinds": saved.draft.kinds, "sessions": sessions},
            from_attributes=True,
            context=KEPT,
        )


def _session_body(session: editions.Session, zone: ZoneInfo) -> dict[str, object]:
    start, end = session.start.astimezone(zone), session.end.astimezone(zone)
    return {**vars(session), "date": start.date(), "start": start.time(), "end": end.time()}


class ReleaseIn(Input):
    """Release the draft of this edition, with a word on what is new."""

    edition: Id
    note: Text = Field(default_factory=dict)
