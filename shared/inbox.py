"""The inbox: which facts this service has already acted on."""

from datetime import datetime
from typing import Any

COLLECTION = "inbox"


def mark(fact_id: str, at: datetime) -> dict[str, Any]:
    """The entry written in the same transaction as what the fact led to. Kept for the edition: replays are long."""
    return {"_id": fact_id, "at": at}
