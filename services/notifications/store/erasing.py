"""Forgetting a person: every document that is about them."""

import re
from collections.abc import Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase

from services.notifications.domain.deliveries import Delivery, Template
from services.notifications.store.documents import BADGE_FILES, BADGES, CONTENTS, DELIVERIES, REGISTRATIONS, TOLD


class Erasures:
    """What is deleted of a person; a part of the store. Again finds nothing."""

    database: AsyncIOMotorDatabase

    async def forget(self, registration: str, mails: Sequence[Delivery]) -> None:
        """Delete what is known of this registration and everything that was written about it; `mails` are its own."""
        contents = [one.id for one in mails]
        contents += await self._naming({one.recipient.casefold() for one in mails})
        wanted: dict[str, dict[str, Any]] = {
            CONTENTS: {"_id": {"$in": contents}},
            BADGE_FILES: {"_id": {"$regex": f"^{re.escape(registration)}:"}},
            BADGES: {"registration": registration},
            TOLD: {"registration": registration},
            REGISTRATIONS: {"_id": registration},
            DELIVERIES: {"registration": registration},
        }
        for collection, which in wanted.items():
            await self.database[collection].delete_many(which)

    async def _naming(self, addresses: set[str]) -> list[str]:
        """Mails about other registrations that name this one too: those for a lost link name everybody there."""
        wanted = {"words": {"$in": [*addresses]}, "template": Template.LOST_LINK}
        return [one["_id"] async for one in self.database[DELIVERIES].find(wanted, {"_id": 1})]
