"""Addresses of sessions: words of the French title, kept for ever once given."""

import re
import unicodedata
from collections.abc import Collection

LONGEST = 60
_SPELLED = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'"})


def slug(title: str, taken: Collection[str]) -> str:
    """A readable, ASCII, unused word for an address: `l-aict-face-au-changement-climatique`."""
    letters = unicodedata.normalize("NFKD", title.lower().translate(_SPELLED)).encode("ascii", "ignore").decode()
    base = _cut("-".join(re.findall(r"[a-z0-9]+", letters))) or "seance"
    name, n = base, 1
    while name in taken:
        n += 1
        name = f"{base}-{n}"
    return name


def _cut(name: str) -> str:
    """At most `LONGEST` characters, cut between two words where there are two."""
    if len(name) <= LONGEST:
        return name
    return name[: LONGEST + 1].rpartition("-")[0] or name[:LONGEST]
