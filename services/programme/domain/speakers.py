"""Who is announced, over all sessions: one person is one entry, however their name is spelled."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from services.programme.domain.releases import Release


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A name or title without what people write differently: accents, capitals, hyphens, apostrophes, spaces."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c)).split())


@dataclass(frozen=True)
class Appearance:
    """What somebody does in one session, and in which function."""

    session: str
    role: Literal["speaker", "chair", "moderator"]
    function: str


@dataclass(frozen=True)
class Announced:
    """Somebody with everything they do; `key` is their plain name, `name` how the first session spells it."""

    key: str
    name: str
    appearances: tuple[Appearance, ...]


def announced(release: Release) -> tuple[Announced, ...]:
    """Everybody in the sessions that take place, by plain name."""
    names: dict[str, str] = {}
    found: dict[str, list[Appearance]] = {}
    for session in release.sessions:
        for speaker in session.speakers if session.status == "scheduled" else ():
            key = plain(speaker.name)
            names.setdefault(key, speaker.name)
            found.setdefault(key, []).append(Appearance(session.id, speaker.role, speaker.function))
    return tuple(Announced(key, names[key], tuple(found[key])) for key in sorted(found))
