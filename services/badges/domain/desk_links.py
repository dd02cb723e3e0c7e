"""Desk links: a phone at a gate, without an account, between two hours, behind a PIN."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.delays import Cost, TooSoon
from shared.errors import Refusal
from shared.text import checked, is_visible

GATE_LENGTH = 80
LONGEST = timedelta(days=10)
"""The longest gathering with its set-up; a link is not an account."""


class GateMissing(Refusal):
    """A desk without a gate would tell nobody where people came in."""

    code = "gate-missing"
    status = 422
    text = "Porte : écrivez son nom, tel que les bénévoles le connaissent."
    field = "porte"


class NoSuchMoment(Refusal):
    """The hour cannot be read, or does not exist on the clocks of the venue."""

    code = "no-such-moment"
    status = 422
    text = "Début et fin : écrivez un jour et une heure, par exemple 2026-07-08T08:00."
    field = "debut"


class EndsBeforeItStarts(Refusal):
    """A desk opens before it closes."""

    code = "ends-before-it-starts"
    status = 422
    text = "Fin : elle doit venir après le début."
    field = "fin"


class OpenTooLong(Refusal):
    """A link good for weeks would be found by somebody else."""

    code = "open-too-long"
    status = 422
    text = "Fin : dix jours au plus après le début. Faites un autre lien pour la suite."
    field = "fin"


class WrongPin(Refusal):
    """The PIN is not this desk's."""

    code = "wrong-pin"
    status = 422
    text = "Ce code ne correspond pas à ce poste. Relisez les six chiffres sur la feuille."
    field = "pin"


class TooManyPins(TooSoon):
    """Wrong PINs came faster than their growing delay allows, from this place; the desk itself is never locked."""

    code = "too-many-pins"
    text = "Trop d’essais d’affilée : attendez %(seconds)s secondes, puis retapez le code."
    field = "pin"


PINS = Cost(3, TooManyPins)
"""Six digits are typed in the cold, in a queue."""


class DeskState(StrEnum):
    """Whether a desk link opens the door."""

    COMING = "coming"
    OPEN = "open"
    OVER = "over"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class DeskLink:
    """One phone's way to the door, at one gate."""

    id: str
    edition: str
    gate: str
    start: datetime
    end: datetime
    made_at: datetime
    made_by: str = ""
    """Who made it, as the journal names them."""
    generation: int = 0
    """That of the credentials it was made with."""
    withdrawn_at: datetime | None = None
    disowned: bool = False
    """The account that made it was withdrawn since: that is looked up, not stored."""

    @property
    def actor(self) -> str:
        """How check-ins and the audit name it."""
        return f"desk:{self.id}"

    def state(self, now: datetime) -> DeskState:
        """What the link is good for now."""
        if self.withdrawn_at or self.disowned:
            return DeskState.WITHDRAWN
        if now < self.start:
            return DeskState.COMING
        return DeskState.OPEN if now < self.end else DeskState.OVER


def open_desk(
    id: str, edition: str, gate: str, hours: tuple[datetime, datetime], made: tuple[datetime, str, int]
) -> DeskLink:
    """A new desk link, `made` when, by whom and with credentials of which generation; refuses senseless hours."""
    (start, end), (now, by, generation) = hours, made
    name = checked(gate, GATE_LENGTH, "porte")
    if not is_visible(name):
        raise GateMissing
    if end <= start:
        raise EndsBeforeItStarts
    if end - start > LONGEST:
        raise OpenTooLong
    return DeskLink(id, edition, name, start, end, now, by, generation)


def withdraw(link: DeskLink, now: datetime) -> DeskLink:
    """The link opens nothing from now on. Withdrawn twice is withdrawn the first time."""
    return link if link.withdrawn_at else replace(link, withdrawn_at=now)
