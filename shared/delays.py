"""Wrong guesses at a secret cost a growing delay, and nobody is ever locked out. Pure: decisions may use it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_LONGEST_DELAY = 8.0
_LONGEST_WAIT = 10.0
"""Seconds; the front door gives up on an answer five seconds later (deploy/Caddyfile)."""
_FORGET_AFTER = timedelta(hours=1)


class TooSoon(Exception):
    """The queue of tries is longer than 10 s; `seconds` says how long. A service answers with a refusal of its own."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = round(seconds)


@dataclass(frozen=True)
class Tries:
    """Wrong guesses from one place at one secret. `next_at` is when the next one is looked at."""

    failures: int = 0
    next_at: datetime | None = None


def reserve_try(tries: Tries, now: datetime, free: int) -> tuple[Tries, float]:
    """Count one more try, as failed until it succeeds, and say how many seconds it has to wait.

    The first `free` failures cost nothing, then 1 s, doubling to 8 s. Tries sent at the same time queue up behind
    each other, so sending many at once gains nothing; beyond 10 s of queue they are `TooSoon`.
    """
    if tries.next_at is not None and now - tries.next_at > _FORGET_AFTER:
        tries = Tries()
    start = max(now, tries.next_at or now)
    wait = (start - now).total_seconds()
    if wait > _LONGEST_WAIT:
        raise TooSoon(wait)
    failures = tries.failures + 1
    delay = 0.0 if failures <= free else min(_LONGEST_DELAY, 2.0 ** (failures - free - 1))
    return Tries(failures, start + timedelta(seconds=delay)), wait
