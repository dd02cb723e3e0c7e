"""The badges database: editions, holders, badges with their entries, and every answer of the door."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from pymongo import ASCENDING, IndexModel

from services.badges.domain import Badge, CheckIn, Edition, Holder
from services.badges.store.documents import (
    BADGES,
    CHECK_INS,
    EDITIONS,
    HOLDERS,
    read_badge,
    read_check_in,
    read_edition,
    read_holder,
)
from shared import store as shared


@dataclass(frozen=True)
class Counts:
    """The three figures of the door: active badges, people admitted today, and of these in the last hour."""

    expected: int
    arrived: int
    this_hour: int


class Store(shared.Store):
    """The badges database and its page queries."""

    INDEXES: ClassVar[dict[str, list[IndexModel]]] = {
        HOLDERS: [
            # badges still to be made
            IndexModel([("edition", ASCENDING)], name="due", partialFilterExpression={"due": True}),
            # the staff list, in the order of names
            IndexModel([("edition", ASCENDING), ("searched", ASCENDING)]),
        ],
        BADGES: [
            # the door, by QR
            IndexModel([("id", ASCENDING)], unique=True),
            # the door, by typed code; a code is never given twice
            IndexModel([("code", ASCENDING)], unique=True),
            # a person's badges
            IndexModel([("registration", ASCENDING)]),
            # how many are expected
            IndexModel([("edition", ASCENDING), ("state", ASCENDING)]),
        ],
        CHECK_INS: [
            # the door's figures and the attendance list
            IndexModel([(field, ASCENDING) for field in ("edition", "result", "rehearsal", "day", "at")]),
            # a person's check-ins
            IndexModel([("registration", ASCENDING), ("at", ASCENDING)]),
        ],
    }

    async def current_edition(self, today: date) -> Edition | None:
        """The edition whose last day comes next, or else the latest there was."""
        coming = {"last_day": {"$gte": today.isoformat()}}
        found = await self.database[EDITIONS].find_one(coming, sort=[("last_day", 1)])
        found = found or await self.database[EDITIONS].find_one(sort=[("last_day", -1)])
        return read_edition(found) if found else None

    async def edition(self, id: str) -> Edition | None:
        """The edition with this id."""
        found = await self.database[EDITIONS].find_one({"_id": id})
        return read_edition(found) if found else None

    async def holder(self, registration: str) -> Holder | None:
        """The holder of this registration."""
        found = await self.database[HOLDERS].find_one({"_id": registration})
        return read_holder(found) if found else None

    async def due(self, limit: int, aside: Collection[str] = ()) -> list[tuple[Holder, Edition]]:
        """Holders whose badge is to be made now; those `aside`, or of an edition not heard of yet, wait."""
        known = {
            document["_id"]: read_edition(document) for document in await self.database[EDITIONS].find().to_list(None)
        }
        wanted = {"due": True, "edition": {"$in": [*known]}, "_id": {"$nin": [*aside]}}
        found = await self.database[HOLDERS].find(wanted).to_list(limit)
        holders = [read_holder(document) for document in found]
        return [(holder, known[holder.edition]) for holder in holders]

    async def badge(self, **field: str) -> Badge | None:
        """The badge with this `id` or this `code`."""
        ((name, value),) = field.items()
        found = await self.database[BADGES].find_one({name: value})
        return read_badge(found) if found else None

    async def badges_of(self, registration: str) -> list[Badge]:
        """All badges of a registration, oldest first."""
        found = self.database[BADGES].find({"registration": registration}).sort("generation", 1)
        return [read_badge(document) for document in await found.to_list(None)]

    async def check_ins_of(self, registration: str) -> list[CheckIn]:
        """What the door answered to this person's badges, in the order of time."""
        found = self.database[CHECK_INS].find({"registration": registration}).sort("at", 1)
        return [read_check_in(document) for document in await found.to_list(100)]

    async def page_of_badges(
        self, registration: str | None, after: str | None, limit: int
    ) -> list[tuple[Badge, Holder]]:
        """Badges in the order of their keys, of one registration if asked, each with its holder."""
        wanted: dict[str, Any] = {"registration": registration} if registration else {}
        if after:
            wanted["_id"] = {"$gt": after}
        found = await self.database[BADGES].find(wanted).sort("_id", 1).limit(limit).to_list(None)
        return await self._with_holders([read_badge(document) for document in found])

    async def page_of_attendance(self, edition: str, after: str | None, limit: int) -> list[CheckIn]:
        """Admissions that count, in the order of their keys."""
        wanted: dict[str, Any] = {"edition": edition, "result": "admitted", "rehearsal": False}
        if after:
            wanted["_id"] = {"$gt": after}
        found = await self.database[CHECK_INS].find(wanted).sort("_id", 1).limit(limit).to_list(None)
        return [read_check_in(document) for document in found]

    async def search(
        self, edition: str, text: str, code: str | None, skip: int, limit: int
    ) -> list[tuple[Holder, list[Badge]]]:
        """People by name, with their badges, newest first: who is called or comes from `text`, or has this code."""
        wanted: dict[str, Any] = {"edition": edition}
        badge = await self.badge(code=code) if code else None
        if badge:
            wanted["_id"] = badge.registration
        elif text:
            wanted["searched"] = {"$regex": re.escape(text.casefold())}
        found = await self.database[HOLDERS].find(wanted).sort("searched", 1).skip(skip).limit(limit).to_list(None)
        badges: dict[str, list[Badge]] = {document["_id"]: [] for document in found}
        newest_first = self.database[BADGES].find({"registration": {"$in": [*badges]}}).sort("generation", -1)
        for document in await newest_first.to_list(None):
            badges[document["registration"]].append(read_badge(document))
        return [(holder, badges[holder.registration]) for holder in map(read_holder, found)]

    async def counts(self, edition: Edition, now: datetime) -> Counts:
        """The door's figures now. A rehearsal is not in them."""
        day = edition.today(now).isoformat()
        admitted = {"edition": edition.id, "result": "admitted", "rehearsal": False, "day": day}
        recent = {**admitted, "at": {"$gt": now - timedelta(hours=1)}}
        return Counts(
            expected=await self.database[BADGES].count_documents({"edition": edition.id, "state": "active"}),
            arrived=await self.database[CHECK_INS].count_documents(admitted),
            this_hour=await self.database[CHECK_INS].count_documents(recent),
        )

    async def _with_holders(self, badges: list[Badge]) -> list[tuple[Badge, Holder]]:
        registrations = [badge.registration for badge in badges]
        found = await self.database[HOLDERS].find({"_id": {"$in": registrations}}).to_list(None)
        holders = {document["_id"]: read_holder(document) for document in found}
        return [(badge, holders[badge.registration]) for badge in badges if badge.registration in holders]
