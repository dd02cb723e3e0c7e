"""In which order transactions of registration came, whatever the clocks of its processes said."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime

from deploy.verify.seen import Seen

Turn = Callable[[datetime], float]
"""Which turn a transaction had, by the time under which everything in it was told."""


def turns(seen: Seen) -> Turn:
    """Each transaction that moves somebody tells the places, in sequence; others stand between those around them."""
    told = [one for one in seen.entries["registration"] if one.name == "places-changed"]
    known: dict[datetime, float] = {}
    for one in told:
        known[one.at] = min(one.sequence, known.get(one.at, one.sequence))
    times = sorted(known)

    def turn(at: datetime) -> float:
        if at in known:
            return known[at]
        before = bisect_right(times, at)
        return known[times[before - 1]] + 0.5 if before else 0.0

    return turn
