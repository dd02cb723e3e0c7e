"""Wrong guesses at a secret cost a growing delay, and nobody is ever locked out. Pure: decisions may use it.

Nobody is kept waiting for an answer: what comes too soon is refused at once, unseen, with the seconds that are left.
A request that sleeps would take the place of others, and enough of them the places of all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from shared.errors import Refusal

_LONGEST_DELAY = 8.0
_FORGET_AFTER = timedelta(hours=1)


class TooSoon(Refusal):
    """A guess before the delay was over that earlier ones cost. Each kind of secret has words of its own."""

    status = 429

    @property
    def retry_after(self) -> int:
        """Seconds until the next guess is looked at: those of the sentence, and of `Retry-After`."""
        return int(str(self.params["seconds"]))


@dataclass(frozen=True)
class Tries:
    """Wrong guesses from one place at one secret. `next_at` is when the next one is looked at."""

    failures: int = 0
    next_at: datetime | None = None


@dataclass(frozen=True)
class Cost:
    """What guesses at one kind of secret cost: `free` failures nothing, then 2 s, doubling to 8 s."""

    free: int
    refusal: type[TooSoon]

    def count(self, tries: Tries, now: datetime) -> Tries:
        """One more guess is looked at, and counted as failed until it succeeds. Too soon, it is refused uncounted."""
        if tries.next_at is not None and now - tries.next_at > _FORGET_AFTER:
            tries = Tries()
        if tries.next_at is not None and now < tries.next_at:
            left = ceil((tries.next_at - now).total_seconds())
            raise self.refusal(seconds=max(2, left))  # the sentence speaks of seconds, in the plural
        failures = tries.failures + 1
        delay = 0.0 if failures <= self.free else min(_LONGEST_DELAY, 2.0 ** (failures - self.free))
        return Tries(failures, now + timedelta(seconds=delay))
