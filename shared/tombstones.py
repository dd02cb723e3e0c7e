"""Tombstones: who was erased, so that late and replayed facts about them change nothing. See `shared.erasures`."""

from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel

COLLECTION = "erasures"
INDEXES = [
    # erasures that are still to be finished
    IndexModel([("open", ASCENDING)], partialFilterExpression={"open": True}),
]


def tombstone(key: str, edition: str, at: datetime, **more: Any) -> dict[str, Any]:
    """What stays of a person: no personal data. `more` is what the service needs to finish, or counts later."""
    return {"_id": key, "edition": edition, "at": at, "open": True, **more}
