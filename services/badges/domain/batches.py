"""Printing in batches: which badges, in which order, and what is known afterwards of the paper in people's hands."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from services.badges.domain import names
from services.badges.domain.issuing import Badge, Holder
from shared.errors import Refusal


class NothingToPrint(Refusal):
    """No badge answers to the choice: a batch of none would only be a line in a list."""

    code = "nothing-to-print"
    status = 422
    text = "Aucun badge ne répond à ce choix : rien n’a été imprimé."


class ChoiceChanged(Refusal):
    """Between counting and printing, badges came or went."""

    code = "choice-changed"
    text = "Entre-temps, le nombre de badges a changé. Relisez-le, puis imprimez."


class TooManyAtOnce(Refusal):
    """More than a pile that anybody would carry to a cutter, and than one process prints in its time."""

    code = "too-many-at-once"
    status = 422
    text = "Un tirage compte %(most)s badges au plus. Choisissez une catégorie ou une structure."


MOST = 2000
"""Badges in one batch."""


class Which(StrEnum):
    """Which badges are asked for, by what was printed before."""

    FRESH = "fresh"
    """Never printed, or changed since they were."""
    NEVER = "never"
    CHANGED = "changed"
    ALL = "all"


class Order(StrEnum):
    """By what badges are sorted; names decide within a structure or a category."""

    NAME = "name"
    ORGANISATION = "organisation"
    CATEGORY = "category"


@dataclass(frozen=True)
class Choice:
    """What somebody asks to be printed. `category` and `organisation` are empty for all."""

    which: Which = Which.FRESH
    category: str = ""
    organisation: str = ""
    """The beginnings of words of the organisation's name."""
    order: Order = Order.NAME
    layout: Literal["one", "four"] = "four"
    again: str = ""
    """The batch whose badges these are, when one is printed again."""


@dataclass(frozen=True)
class Print:
    """One badge of a batch, with the fingerprint of what stands on it."""

    badge: str
    """Its key."""
    registration: str
    generation: int
    fingerprint: str
    replaces: bool = False
    """A paper for this registration was printed before: it is to be taken out."""


@dataclass(frozen=True)
class Batch:
    """Badges that were printed together, in the order of the paper. Those of people erased since are gone from it."""

    id: str
    edition: str
    made_at: datetime
    made_by: str
    """As the journal names them."""
    name: str
    """Of who made it."""
    choice: Choice
    count: int
    """How many it had."""
    prints: tuple[Print, ...] = ()


@dataclass(frozen=True)
class Printed:
    """What was printed last of one badge."""

    registration: str
    fingerprint: str
    at: datetime


@dataclass(frozen=True)
class Candidate:
    """A valid badge as it would be printed now."""

    badge: Badge
    holder: Holder
    fingerprint: str


Last = Mapping[str, Printed]
"""What was printed last of each badge, by its key."""


def batch(id: str, edition: str, choice: Choice, made: tuple[datetime, str, str], papers: Sequence[Print]) -> Batch:
    """A batch, `made` when and by whom, as the journal and as people name them."""
    if not papers:
        raise NothingToPrint
    if len(papers) > MOST:
        raise TooManyAtOnce(most=MOST)
    at, by, name = made
    return Batch(id, edition, at, by, name, choice, len(papers), tuple(papers))


def chosen(candidates: Sequence[Candidate], choice: Choice, last: Last) -> list[Candidate]:
    """The badges that answer to the choice, in its order."""
    begun = names.words(choice.organisation)
    found = [
        one
        for one in candidates
        if _asked(one, choice.which, last.get(one.badge.key))
        and choice.category in {"", one.holder.category}
        and _begins(one.holder.organisation, begun)
    ]
    return in_order(found, choice.order)


def in_order(candidates: Sequence[Candidate], order: Order) -> list[Candidate]:
    """These badges sorted by what is asked, then by the rest, so that the order is the same every time."""
    keys: dict[Order, Callable[[Holder], tuple[str, ...]]] = {
        Order.NAME: lambda who: (*_name(who), _sorted(who.organisation), _category(who)),
        Order.ORGANISATION: lambda who: (_sorted(who.organisation), *_name(who), _category(who)),
        Order.CATEGORY: lambda who: (_category(who), *_name(who), _sorted(who.organisation)),
    }
    return sorted(candidates, key=lambda one: (*keys[order](one.holder), one.badge.key))


def prints(candidates: Sequence[Candidate], last: Last) -> tuple[Print, ...]:
    """What a batch of these badges keeps of each."""
    known = {one.registration for one in last.values()}
    return tuple(
        Print(
            badge=one.badge.key,
            registration=one.badge.registration,
            generation=one.badge.generation,
            fingerprint=one.fingerprint,
            replaces=one.badge.registration in known,
        )
        for one in candidates
    )


@dataclass(frozen=True)
class Since:
    """A batch as it is now: what can be printed as it was, and what became of the rest."""

    same: tuple[Candidate, ...]
    changed: tuple[Candidate, ...]
    gone: int
    """Badges that are void now, or whose holders were erased."""


def since(batch: Batch, candidates: Sequence[Candidate]) -> Since:
    """What became of the badges of a batch."""
    valid = {one.badge.key: one for one in candidates}
    kept = [(valid[one.badge], one.fingerprint) for one in batch.prints if one.badge in valid]
    same = tuple(one for one, fingerprint in kept if one.fingerprint == fingerprint)
    changed = tuple(one for one, fingerprint in kept if one.fingerprint != fingerprint)
    return Since(same, changed, batch.count - len(same) - len(changed))


def to_destroy(badges: Sequence[Badge], last: Last) -> list[Badge]:
    """Badges that are void and were printed, the newest first: whoever finds the paper tears it up."""
    void = [badge for badge in badges if badge.state == "revoked" and badge.key in last]
    return sorted(void, key=lambda badge: (badge.revoked_at or badge.issued_at, badge.key), reverse=True)


def _asked(candidate: Candidate, which: Which, printed: Printed | None) -> bool:
    never = printed is None
    changed = printed is not None and printed.fingerprint != candidate.fingerprint
    return {Which.ALL: True, Which.NEVER: never, Which.CHANGED: changed, Which.FRESH: never or changed}[which]


def _begins(organisation: str, begun: Sequence[str]) -> bool:
    said = names.words(organisation)
    return all(any(word.startswith(part) for word in said) for part in begun)


def _name(holder: Holder) -> tuple[str, str]:
    """Family name, then given name; who has one name stands where it belongs."""
    one_name = not holder.family_name
    family, given = (holder.given_name, "") if one_name else (holder.family_name, holder.given_name)
    return _sorted(family), _sorted(given)


def _category(holder: Holder) -> str:
    return _sorted(holder.category_label.get("fr", "") or holder.category)


def _sorted(text: str) -> str:
    """A text as French order compares it: without accents; these decide between texts that are alike without."""
    return f"{' '.join(names.words(text))}\0{unicodedata.normalize('NFC', text.casefold())}"
