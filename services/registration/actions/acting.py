"""Who acts on a registration, through which link, and on what they saw: checked inside the decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.registration import store as kept
from services.registration.actions.telling import address_key, standing
from services.registration.domain import changes
from services.registration.domain.changes import Details
from services.registration.domain.editions import Act
from services.registration.domain.refusals import SavedBefore, Stale
from services.registration.domain.registrations import Registration, Stand
from services.registration.store import Store
from shared.store import Unit


@dataclass(frozen=True)
class By:
    """Whoever holds the link of this `generation`, or `actor` of the team, whom no closing day binds.

    `version` is what the page was built on, `sequence` what a program read: None when it does not matter.
    """

    generation: int | None = None
    actor: str | None = None
    version: str | None = None
    sequence: int | None = None

    def stands(self, store: Store, unit: Unit, id: str, *queues: str) -> Stand:
        """Where the registration stands; raises `NotFound` through a link that opens nothing, `Stale` if it changed."""
        one, house = standing(store, unit, id, *queues, generation=self.generation)
        if self.sequence not in {None, one.sequence}:
            raise Stale
        return one, house

    def check_may(self, act: Act, stand: Stand, now: datetime) -> None:
        """Refuse what is not possible, or closed by now. The team may still do what is closed to people."""
        one, house = stand
        if self.actor:
            changes.check_can(act, one)
        else:
            changes.check_may(act, one, house.edition, now)

    @property
    def word(self) -> Literal["person", "staff"]:
        """How facts name them."""
        return "staff" if self.actor else "person"

    def audit(self, unit: Unit, action: str, id: str, fields: Sequence[str]) -> None:
        """Note in the journal what the team did; people are free to change what is theirs."""
        if self.actor:
            unit.audit(self.actor, action, id, fields)

    def check_version(self, version: str) -> None:
        """Refuse when the page was built on something else."""
        if self.version not in {None, version}:
            raise SavedBefore


def known(unit: Unit, registration: Registration) -> Details:
    """What is known of the person, diet and access included."""
    needs = unit.get(kept.NEEDS, registration.id)
    return changes.details(registration, tuple(needs["codes"]) if needs else (), needs["other"] if needs else "")


def keep_needs(unit: Unit, registration: Registration, said: Details) -> None:
    """Diet and access as they are said now; nothing is kept of who needs nothing."""
    if said.needs or said.needs_other:
        document = {"_id": registration.id, "codes": [*said.needs], "other": said.needs_other}
        unit.put(kept.NEEDS, {**document, "edition": registration.edition})
    else:
        unit.remove(kept.NEEDS, registration.id)


def move_address(unit: Unit, edition: str, before: str, after: str, *, flagged: bool) -> bool:
    """One registration uses another address. Whether others of the edition use it too; `flagged` is what was said."""
    old, new = address_key(edition, before), address_key(edition, after)
    if old == new:
        return flagged
    sharing = unit.get(kept.ADDRESSES, old)
    if sharing and sharing["count"] > 1:
        unit.put(kept.ADDRESSES, {**sharing, "count": sharing["count"] - 1})
    elif sharing:
        unit.remove(kept.ADDRESSES, old)
    others = unit.get(kept.ADDRESSES, new)
    count = others["count"] if others else 0
    unit.put(kept.ADDRESSES, {"_id": new, "count": count + 1})
    return bool(count)
