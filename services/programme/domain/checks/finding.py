"""What a check has found: like a refusal a class with a code and a French sentence, but it stops nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

Severity = Literal["bad", "warn"]


@dataclass(frozen=True)
class FreeRoom:
    """A way out: `session` could move to `room`, which is free then and holds those who are enrolled."""

    text: ClassVar[str] = "%(room)s est libre."

    session: str
    room: str
    """Its id."""
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class LargerRoom(FreeRoom):
    """The free room holds more than the one the session has now."""

    text: ClassVar[str] = "%(room)s est libre, et plus grande."


@dataclass(frozen=True)
class LargeEnoughRoom(FreeRoom):
    """The free room holds no more than the one the session has now, but everybody who is enrolled."""

    text: ClassVar[str] = "%(room)s est libre, et assez grande."


@dataclass(frozen=True)
class Finding:
    """One thing to look at. `sessions` are the ids concerned, none when it is about the edition itself.

    Among `params`, a moment or a text in several languages is spelled where the sentence is shown.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = "warn"
    text: ClassVar[str]

    sessions: tuple[str, ...] = ()
    params: Mapping[str, object] = field(default_factory=dict)
    ways_out: tuple[FreeRoom, ...] = ()

    def way_out(self, session: str) -> FreeRoom | None:
        """What this one of the sessions could do about it."""
        return next((way for way in self.ways_out if way.session == session), None)
