"""A list that the team sent: what is known of each of its lines, and what happens to somebody it brings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from services.registration.domain import joining, seats
from services.registration.domain.refusals import ImportUnderWay, Mistake, mistake_of
from services.registration.domain.registrations import Application, House, Stand
from shared.errors import Refusal

MOST = 5000
"""Lines of one list."""

SHOWN = 80
"""Signs of a cell that is told about: a cell may have a hundred thousand."""

SHOWN_NAME = 125
"""Of a name: the longest that the form takes, sixty and sixty, is told as it was typed."""

LineState = Literal["ready", "twin", "known", "faulty", "done", "refused"]
"""`ready` to be registered; `twin`: perhaps somebody who is there already; `known`: there for certain; `faulty`: to be
mended. Then `done`, or `refused` by the rules of the moment it was its turn."""

State = Literal["checked", "running", "done"]

Full = Literal["refuse", "wait", "beyond"]
"""What becomes of somebody for whom there is no place: left out, to the end of the line, or in all the same."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell: the column as the list calls it, what stands there, and what would be right."""

    column: str
    value: str
    code: str
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One line. What it says is kept only until it is registered."""

    id: str
    list: str
    number: int
    state: LineState
    at: datetime
    name: str = ""
    application: Application | None = None
    faults: tuple[Fault, ...] = ()
    registration: str = ""
    """Which it became, or is; of a twin, which it resembles."""
    who: str = ""
    address: str = ""


@dataclass(frozen=True)
class Choices:
    """What the team decided about a list after they saw it: whether to write to people, and to take twins."""

    mails: bool
    twins: bool = False
    full: Full = "refuse"

    @property
    def taken(self) -> tuple[LineState, ...]:
        """The lines that are to be registered."""
        return ("ready", "twin") if self.twins else ("ready",)


@dataclass(frozen=True)
class Import:
    """A list. `headings` are those that were understood, by field; `unread` and `unknown` the others."""

    id: str
    edition: str
    at: datetime
    actor: str
    name: str
    state: State = "checked"
    sheet: str = ""
    others: int = 0
    headings: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    choices: Choices | None = None
    ended_at: datetime | None = None

    def confirmed(self, choices: Choices) -> "Import":
        """To be carried out. Confirmed before in the same words: the same, unchanged; else refused."""
        if self.state == "checked":
            return replace(self, state="running", choices=choices)
        if self.choices != choices:
            raise ImportUnderWay
        return self


def bring(application: Application, house: House, *, id: str, now: datetime, shared: bool, full: Full) -> Stand:
    """Somebody of a list: in as at the desk, in any category, after closing too, and approved by being in it.

    In a full session they wait. Raises the refusal of the first broken rule.
    """
    category = house.edition.category(application.category, staff=True)
    sessions = house.programme.chosen(application.sessions, now, both=application.both)
    for one in application.waiting:
        house.programme.chosen([one], now)
    made = joining.asked(application, house, id=id, now=now, shared=shared)
    stand = (replace(made, wishes=(*(one.id for one in sessions), *application.waiting)), house)
    refusal = house.places.refusal(house.edition, category, now)
    if refusal is None or full == "beyond":
        return seats.settle((stand[0], house.keep(house.places.take(category.id))), now)
    if full == "wait":
        return joining.enter(stand, category, now)
    raise refusal(waiting=house.places.waitlisted)


def is_full(application: Application, house: House, now: datetime) -> bool:
    """Whether a newcomer of this category gets no place."""
    category = house.edition.category(application.category, staff=True)
    return house.places.refusal(house.edition, category, now) is not None


def registered(line: Line, registration: str) -> Line:
    """The line once somebody came of it: nothing of what it said is left."""
    return Line(line.id, line.list, line.number, "done", line.at, registration=registration)


def there_already(line: Line, registration: str) -> Line:
    """The line of somebody whose reference is known: who it is, and nothing else of what it said."""
    return replace(line, state="known", registration=registration, application=None)


def refused(line: Line, refusal: Refusal, headings: Mapping[str, str]) -> Line:
    """The line with the rule that it broke when it was its turn."""
    one = mistake_of(refusal)
    return replace(line, state="refused", application=None, faults=(fault(one, headings, {}),))


def fault(one: Mistake, headings: Mapping[str, str], cells: Mapping[str, str]) -> Fault:
    """A mistake in the words of the list."""
    return Fault(headings.get(one.field, ""), shortened(cells.get(one.field, "")), one.code, one.text, one.params)


def shortened(cell: str, most: int = SHOWN) -> str:
    """As much of a cell as a page shows of it."""
    return cell if len(cell) <= most else f"{cell[: most - 1]}…"
