"""Everything this service holds about a person, for them to have."""

from dataclasses import asdict, replace
from typing import Any

from services.badges.store import Store


async def export(store: Store, registration: str) -> dict[str, Any] | None:
    """The holder with their badges and what the door answered; None when there is nothing."""
    holder = await store.holder(registration)
    if holder is None:
        return None
    return {
        "holder": {name: value for name, value in asdict(holder).items() if name != "link"},
        "badges": [
            asdict(badge if badge.generation == holder.generation else replace(badge, name=""))  # somebody else's
            for badge in await store.badges_of(registration)
        ],
        "prints": [
            {"at": batch.made_at, "generation": one.generation}
            for batch in await store.batches_with(registration)
            for one in batch.prints
        ],
        "check_ins": [asdict(answer) for answer in await store.check_ins_of(registration)],
    }
