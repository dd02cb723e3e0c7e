"""Suggestions for the organisation field: every French commune, EPCI, département, région and special authority.

All of it stays in memory: one text of search keys, the most populous first, in which `str.find` meets the best
answers before the others. A search takes about a millisecond, the whole about 7 MiB.
"""

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from shared.text import drawn

KINDS = ("commune", "epci", "ept", "departement", "region", "collectivite")
"""Kinds of French authorities; anything else a person writes is an organisation we do not know."""

_WORD = re.compile(r"\w+")
_SPOKEN = {"commune": ("ville", "mairie", "commune"), "departement": ("departement", "conseil departemental")}
_ARTICLE = r"(?:de la |de l |de |du |des |d )?"
_ASKED = [(kind, re.compile(rf"^(?:{'|'.join(words)}) {_ARTICLE}(?=\w)")) for kind, words in _SPOKEN.items()]


class Authority(NamedTuple):
    """One authority. `department` is its département as people tell homonyms apart: `Seine-Saint-Denis (93)`."""

    kind: str
    code: str
    name: str
    form: str = ""
    """What the authority is: a key of `ABBREVIATIONS` for an EPCI, else empty."""
    department: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An authority with what ranks it and the searchable keys it answers to."""

    population: int
    authority: Authority
    keys: tuple[str, ...]


def searchable(text: str) -> str:
    """Lower case without accents, apostrophes, hyphens or other punctuation: what is compared."""
    bare = drawn(text).casefold()
    if not bare.isascii():
        spread = unicodedata.normalize("NFKD", bare.replace("œ", "oe").replace("æ", "ae"))
        bare = "".join(c for c in spread if not unicodedata.combining(c))
    return " ".join(_WORD.findall(bare))


class Organisations:
    """The index. Searches rank exact names first, then names that start so, then words that start so."""

    def __init__(self, listed: Iterable[Listed]) -> None:
        ranked = sorted(listed, key=lambda one: -one.population)
        self._records, self._record_starts = _packed("\t".join(one.authority) for one in ranked)
        keys = [(f"\n {key}\n", owner) for owner, one in enumerate(ranked) for key in one.keys]
        self._text, self._starts = _packed(key for key, _ in keys)
        self._owners = array("I", (owner for _, owner in keys))

    def __len__(self) -> int:
        return len(self._record_starts) - 1

    def __getitem__(self, owner: int) -> Authority:
        start, end = self._record_starts[owner : owner + 2]
        return Authority(*self._records[start:end].split("\t"))

    def suggest(self, query: str, limit: int = 8) -> list[Authority]:
        """The best `limit` authorities for what was typed so far; more when more bear exactly that name."""
        asked, kind = _asked(searchable(query))
        found = self._named(asked, kind)
        for needle in (f"\n {asked}", f" {asked}") if asked else ():
            for owner in self._owners_of(needle):
                if len(found) >= limit:
                    return [*found.values()]
                if owner not in found and (one := self[owner]).kind == (kind or one.kind):
                    found[owner] = one
        return [*found.values()]

    def named(self, name: str) -> list[Authority]:
        """All authorities that bear exactly this name, spelling aside: 12 for `Sainte-Colombe`."""
        return [*self._named(*_asked(searchable(name))).values()]

    def _named(self, asked: str, kind: str | None) -> dict[int, Authority]:
        owners = dict.fromkeys(self._owners_of(f"\n {asked}\n")) if asked else {}
        return {owner: one for owner in owners if (one := self[owner]).kind == (kind or one.kind)}

    def _owners_of(self, needle: str) -> Iterator[int]:
        position = self._text.find(needle)
        while position >= 0:
            line = bisect_right(self._starts, position) - 1
            yield self._owners[line]
            position = self._text.find(needle, self._starts[line + 1])


def _packed(texts: Iterable[str]) -> tuple[str, "array[int]"]:
    """One long text and where each part starts, its end last: 36,000 strings would cost five times as much."""
    starts = array("I", [0])
    parts = []
    for part in texts:
        parts.append(part)
        starts.append(starts[-1] + len(part))
    return "".join(parts), starts


def _asked(query: str) -> tuple[str, str | None]:
    """What is looked for, and of which kind: `mairie de Pau` asks for the commune `pau`."""
    for kind, pattern in _ASKED:
        rest = pattern.sub("", query)
        if rest != query:
            return rest, kind
    return query, None
