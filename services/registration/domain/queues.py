"""Waiting lists: who waits in which order, whom a place is offered to, and why somebody was passed over."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Reason = Literal["category-full", "category-closed"]
"""Why a place went to somebody further down the list."""

KEPT_SKIPS = 500
"""Of the newest skips, how many a list remembers."""


@dataclass(frozen=True)
class Entry:
    """Somebody in the line."""

    registration: str
    category: str
    since: datetime


@dataclass(frozen=True)
class Offer:
    """A place held for somebody until then."""

    registration: str
    category: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Skip:
    """Somebody was passed over, and why."""

    registration: str
    reason: Reason
    at: datetime


@dataclass(frozen=True)
class Queue:
    """One waiting list of an edition: of a session, or with `session` empty the one of the edition itself."""

    edition: str
    session: str = ""
    waiting: tuple[Entry, ...] = ()
    offers: tuple[Offer, ...] = ()
    skips: tuple[Skip, ...] = ()

    def position(self, registration: str) -> int | None:
        """The place in the line, counted from 1; None for who does not wait."""
        return next((number for number, one in enumerate(self.waiting, 1) if one.registration == registration), None)

    def join(self, registration: str, category: str, now: datetime) -> "Queue":
        """One more at the end of the line."""
        return replace(self, waiting=(*self.waiting, Entry(registration, category, now)))

    def offer(self, registration: str, now: datetime, until: datetime) -> "Queue":
        """Out of the line: a place is held."""
        entry = next(one for one in self.waiting if one.registration == registration)
        offer = Offer(registration, entry.category, now, until)
        return replace(self.without(registration), offers=(*self.offers, offer))

    def without(self, registration: str) -> "Queue":
        """Neither in the line nor offered a place any more."""
        return replace(
            self,
            waiting=tuple(one for one in self.waiting if one.registration != registration),
            offers=tuple(one for one in self.offers if one.registration != registration),
        )

    def passed_over(self, registration: str, reason: Reason, now: datetime) -> "Queue":
        """The skip noted, once for as long as its reason stays the same."""
        last = next((one for one in reversed(self.skips) if one.registration == registration), None)
        if last and last.reason == reason:
            return self
        return replace(self, skips=(*self.skips, Skip(registration, reason, now))[-KEPT_SKIPS:])
