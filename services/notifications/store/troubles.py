"""What the health page asks of the deliveries, and what the mailer notes about the mail server."""

from datetime import datetime
from typing import Any

from services.notifications.domain.deliveries import State
from services.notifications.store.documents import DELIVERIES
from shared import store as shared

MAIL_SERVER = "mail_server"
Counted = tuple[int, datetime | None]
"""How many, and since when the first of them."""


class Troubles(shared.Store):
    """Queries about mail that does not leave."""

    HELD: dict[str, Any]

    async def mail_server(self) -> dict[str, Any] | None:
        """Since when the mail server does not take mail, and what it answered; None while it does."""
        found: dict[str, Any] | None = await self.database[MAIL_SERVER].find_one({"_id": "now"})
        return found

    async def mail_server_refuses(self, answer: str, at: datetime) -> None:
        """Note that no mail can leave; the first note says since when. `answer` is empty when there was none."""
        change = {"$set": {"answer": answer}, "$setOnInsert": {"since": at}}
        await self.database[MAIL_SERVER].update_one({"_id": "now"}, change, upsert=True)

    async def mail_server_answers(self) -> None:
        """Mail can leave again."""
        await self.database[MAIL_SERVER].delete_one({"_id": "now"})

    async def late(self, before: datetime) -> Counted:
        """What was due before then and has not left."""
        return await self._counted({"due": {"$lt": before}}, "due")

    async def refused_for_now(self) -> Counted:
        """What waits for another attempt."""
        return await self._counted({"state": State.RETRY}, "changed")

    async def refused_since(self, after: datetime) -> Counted:
        """What was refused for good since then."""
        return await self._counted({"state": State.REFUSED, "changed": {"$gte": after}}, "changed")

    async def in_doubt(self) -> Counted:
        """What waits for a person to decide, because it may have arrived."""
        return await self._counted(self.HELD, "changed")

    async def last_sent(self) -> datetime | None:
        """When mail last left, among the newest deliveries."""
        newest = self.database[DELIVERIES].find({"state": State.SENT}, {"changed": 1}, sort=[("created", -1)])
        return max((one["changed"] for one in await newest.to_list(50)), default=None)

    async def _counted(self, wanted: dict[str, Any], field: str) -> Counted:
        deliveries = self.database[DELIVERIES]
        first = await deliveries.find_one(wanted, {field: 1}, sort=[(field, 1)])
        return (await deliveries.count_documents(wanted), first[field]) if first else (0, None)
