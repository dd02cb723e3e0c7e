"""Times as people type them: 14h30, 14 h 30, 14:30, 14.30, 9h, 2:30 pm."""

import re
from datetime import time

# What was matched is not given back (`+` after a quantifier): else ten thousand blanks are shared out in all ways.
_TYPED = re.compile(r"(\d{1,2})\s*+(?:(?:h|:|\.)\s*+(\d{2})?\s*+)?+(am|pm|a\.m\.|p\.m\.)?", re.IGNORECASE)


def read(typed: str) -> time | None:
    """The time somebody typed, or None."""
    found = _TYPED.fullmatch(typed.replace("\u00a0", " ").replace("\u202f", " ").strip())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "")[:1].lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
