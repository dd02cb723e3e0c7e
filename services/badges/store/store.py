"""The badges database: editions, holders, badges with their entries, and every answer of the door."""

import asyncio
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from pymongo import ASCENDING, IndexModel

from services.badges.domain import Badge, CheckIn, Edition, Holder, names
from services.badges.domain.batches import Batch, Printed
from services.badges.domain.desk_links import DeskLink
from services.badges.store.documents import (
    BADGES,
    BATCHES,
    CHECK_INS,
    DESKS,
    EDITIONS,
    HOLDERS,
    TRIES,
    read_badge,
    read_batch,
    read_check_in,
    read_desk,
    read_edition,
    read_holder,
    sought,
)
from shared import access
from shared import store as shared
from shared.events import Text
from shared.store import Document


@dataclass(frozen=True)
class CategoryCount:
    """One category's share of the figures."""

    category: str
    label: Text
    expected: int
    arrived: int


@dataclass(frozen=True)
class Counts:
    """The figures of the door: who has a place, who was admitted today, and of these in the last hour."""

    expected: int
    arrived: int
    this_hour: int
    categories: tuple[CategoryCount, ...] = ()


_COUNTED = {"result": "admitted", "rehearsal": False, "undone_at": None}
"""Admissions that count towards attendance."""


class Store(shared.Store):
    """The badges database and its page queries."""

    INDEXES: ClassVar[dict[str, list[IndexModel]]] = {
        HOLDERS: [
            # badges still to be made
            IndexModel([("edition", ASCENDING)], name="due", partialFilterExpression={"due": True}),
            # the staff list, in the order of family names
            IndexModel([("edition", ASCENDING), ("place", ASCENDING), ("_id", ASCENDING)]),
            # people by the beginnings of their words
            IndexModel([("edition", ASCENDING), ("words", ASCENDING)]),
            # how many are expected, by category
            IndexModel([("edition", ASCENDING), ("status", ASCENDING), ("category", ASCENDING)]),
        ],
        BADGES: [
            # the door, by QR
            IndexModel([("id", ASCENDING)], unique=True),
            # the door, by typed code; a code is never given twice
            IndexModel([("code", ASCENDING)], unique=True),
            # a person's badges
            IndexModel([("registration", ASCENDING)]),
            # badges that were passed on, by the beginnings of the words of the name on them
            IndexModel([("edition", ASCENDING), ("words", ASCENDING)]),
        ],
        CHECK_INS: [
            # the door's figures and the attendance list
            IndexModel([(field, ASCENDING) for field in ("edition", "result", "rehearsal", "day", "at")]),
            # the last admission at a desk
            IndexModel([("actor", ASCENDING), ("at", ASCENDING)]),
            # a person's check-ins
            IndexModel([("registration", ASCENDING), ("at", ASCENDING)]),
        ],
        # the staff's list of desk links
        DESKS: [IndexModel([("edition", ASCENDING), ("start", ASCENDING)])],
        BATCHES: [
            # the staff's list of batches, newest first
            IndexModel([("edition", ASCENDING), ("made_at", ASCENDING)]),
            # what was printed of a person
            IndexModel([("prints.registration", ASCENDING)]),
        ],
        # wrong PINs are forgotten after an hour; so is the digest of the address
        TRIES: [IndexModel([("next_at", ASCENDING)], expireAfterSeconds=3600)],
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
        wanted: dict[str, Any] = {"edition": edition, **_COUNTED}
        if after:
            wanted["_id"] = {"$gt": after}
        found = await self.database[CHECK_INS].find(wanted).sort("_id", 1).limit(limit).to_list(None)
        return [read_check_in(document) for document in found]

    async def desk(self, id: str) -> DeskLink | None:
        """The desk link with this id."""
        found = await self._desks({"_id": id}, 1)
        return found[0] if found else None

    async def desks(self, edition: str) -> list[DeskLink]:
        """The edition's desk links, in the order of their hours."""
        return await self._desks({"edition": edition}, 500)

    async def _desks(self, wanted: dict[str, str], limit: int) -> list[DeskLink]:
        found = await self.database[DESKS].find(wanted).sort([("start", 1), ("_id", 1)]).to_list(limit)
        ended = await access.disowned(self.database, {one.get("made_by", "") for one in found})
        return [read_desk(one, ended.get(one.get("made_by", ""), 0)) for one in found]

    async def last_admission(self, actor: str, since: datetime) -> CheckIn | None:
        """The newest admission at this desk that was not taken back."""
        wanted = {"actor": actor, "at": {"$gte": since}, "result": "admitted", "undone_at": None}
        found = await self.database[CHECK_INS].find_one(wanted, sort=[("at", -1)])
        return read_check_in(found) if found else None

    async def search(
        self, edition: str, text: str, code: str | None, skip: int, limit: int, *, printed: bool = False
    ) -> list[tuple[Holder, list[Badge]]]:
        """People by family name, with their badges, newest first: whose words begin as in `text`, or with `code`.

        `printed`: also those who were handed a registration, by the name on the badge before theirs.
        A text without a letter or digit finds nobody, an empty one everybody.
        """
        wanted: dict[str, Any] = {"edition": edition}
        badge = await self.badge(code=code) if code else None
        if badge:
            wanted["_id"] = badge.registration
        elif text:
            if not (begun := names.words(text)):
                return []
            said: Document = {"$and": [{"words": {"$regex": f"^{re.escape(word)}"}} for word in begun]}
            wanted |= {"$or": [said, {"_id": {"$in": await self._passed_on(edition, said)}}]} if printed else said
        order = [("place", ASCENDING), ("_id", ASCENDING)]
        found = await self.database[HOLDERS].find(wanted).sort(order).skip(skip).limit(limit).to_list(None)
        badges: dict[str, list[Badge]] = {document["_id"]: [] for document in found}
        newest_first = self.database[BADGES].find({"registration": {"$in": [*badges]}}).sort("generation", -1)
        for document in await newest_first.to_list(None):
            badges[document["registration"]].append(read_badge(document))
        return [(holder, badges[holder.registration]) for holder in map(read_holder, found)]

    async def _passed_on(self, edition: str, said: Document) -> list[str]:
        """The registrations with a badge that was passed on and says this; more of them help nobody."""
        found = self.database[BADGES].find({"edition": edition, **said}, {"registration": 1})
        return [one["registration"] for one in await found.to_list(200)]

    async def valid_badges(self, edition: str) -> list[tuple[Badge, Holder]]:
        """Every badge that opens the door, with its holder. A thread reads them: there may be thousands."""
        badges, holders = await asyncio.gather(
            self.database[BADGES].find({"edition": edition, "state": "active"}).to_list(None),
            self.database[HOLDERS].find({"edition": edition, "status": "confirmed"}, {"words": 0}).to_list(None),
        )
        return await asyncio.to_thread(_valid, badges, holders)

    async def expected(self, edition: str) -> int:
        """How many people have a place, and so a badge sooner or later."""
        return await self.database[HOLDERS].count_documents({"edition": edition, "status": "confirmed"})

    async def void_badges(self, keys: Collection[str]) -> list[Badge]:
        """Which of these badges open the door no more."""
        found = self.database[BADGES].find({"_id": {"$in": [*keys]}, "state": "revoked"})
        return [read_badge(document) for document in await found.to_list(None)]

    async def batch(self, id: str) -> Batch | None:
        """The batch with this id."""
        found = await self.database[BATCHES].find_one({"_id": id})
        return read_batch(found) if found else None

    async def batches(self, edition: str) -> list[Batch]:
        """The edition's batches without their badges, newest first."""
        found = self.database[BATCHES].find({"edition": edition}, {"prints": 0}).sort("made_at", -1)
        return [read_batch(document) for document in await found.to_list(200)]

    async def last_prints(self, edition: str) -> dict[str, Printed]:
        """What was printed last of each badge, by its key."""
        newest = {"registration": "$prints.registration", "fingerprint": "$prints.fingerprint", "at": "$made_at"}
        steps: list[dict[str, Any]] = [
            {"$match": {"edition": edition}},
            {"$sort": {"made_at": 1}},
            {"$unwind": "$prints"},
            {"$group": {"_id": "$prints.badge", "last": {"$last": newest}}},
        ]
        found = await self.database[BATCHES].aggregate(steps).to_list(None)
        return {one["_id"]: Printed(**one["last"]) for one in found}

    async def batches_with(self, registration: str) -> list[Batch]:
        """The batches in which a badge of this registration was printed, oldest first, with its badges alone."""
        found = self.database[BATCHES].find({"prints.registration": registration}).sort("made_at", 1)
        batches = [read_batch(document) for document in await found.to_list(None)]
        return [
            replace(one, prints=tuple(badge for badge in one.prints if badge.registration == registration))
            for one in batches
        ]

    async def forget_prints(self, registration: str) -> None:
        """Take somebody's badges out of every batch."""
        forget = {"$pull": {"prints": {"registration": registration}}, "$inc": {"rev": 1}}
        await self.database[BATCHES].update_many({"prints.registration": registration}, forget)

    async def index_names(self) -> bool:
        """Give holders of an older version the words they are found by; True if there may be more."""
        older = await self.database[HOLDERS].find({"place": {"$exists": False}}).to_list(200)
        for document in older:
            this = {"_id": document["_id"], "rev": document.get("rev")}
            await self.database[HOLDERS].update_one(this, {"$set": sought(read_holder(document)), "$inc": {"rev": 1}})
        return len(older) == 200

    async def counts(self, edition: Edition, now: datetime) -> Counts:
        """The door's figures now. Neither a rehearsal nor what was taken back is in them."""
        admitted = {"edition": edition.id, **_COUNTED, "day": edition.today(now).isoformat()}
        recent = {**admitted, "at": {"$gt": now - timedelta(hours=1)}}
        places, seen, this_hour = await asyncio.gather(
            self._by_category(HOLDERS, {"edition": edition.id, "status": "confirmed"}),
            self._by_category(CHECK_INS, admitted),
            self.database[CHECK_INS].count_documents(recent),
        )
        arrived = {group["_id"]: group["count"] for group in seen}
        return Counts(
            expected=sum(group["count"] for group in places),
            arrived=sum(arrived.values()),
            this_hour=this_hour,
            categories=tuple(
                CategoryCount(group["_id"], group["label"], group["count"], arrived.get(group["_id"], 0))
                for group in places
            ),
        )

    async def _by_category(self, collection: str, wanted: Document) -> list[dict[str, Any]]:
        """How many of these there are in each category, most first; holders' groups know its label."""
        group: dict[str, Any] = {"_id": "$category", "count": {"$sum": 1}, "label": {"$last": "$category_label"}}
        steps: list[dict[str, Any]] = [{"$match": wanted}, {"$group": group}, {"$sort": {"count": -1, "_id": 1}}]
        return list(await self.database[collection].aggregate(steps).to_list(None))

    async def _with_holders(self, badges: list[Badge]) -> list[tuple[Badge, Holder]]:
        registrations = [badge.registration for badge in badges]
        found = await self.database[HOLDERS].find({"_id": {"$in": registrations}}).to_list(None)
        holders = {document["_id"]: read_holder(document) for document in found}
        return [(badge, holders[badge.registration]) for badge in badges if badge.registration in holders]


def _valid(badges: list[Document], holders: list[Document]) -> list[tuple[Badge, Holder]]:
    who = {document["_id"]: read_holder(document) for document in holders}
    read = [read_badge(document) for document in badges]
    return [
        (badge, who[badge.registration])
        for badge in read
        if badge.registration in who and who[badge.registration].generation == badge.generation
    ]
