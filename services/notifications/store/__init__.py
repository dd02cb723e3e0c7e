"""The notifications' database: what is known of registrations, badges and editions, and every delivery."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from services.notifications.domain.attempts import CLOCKS_DIFFER
from services.notifications.domain.deliveries import (
    DATABASE_LOST,
    DOUBTS,
    STOPPED_BY_TEAM,
    TO_MANY,
    Delivery,
    State,
    Template,
)
from services.notifications.domain.mails import Known
from services.notifications.domain.reviews import Holder, Programme
from services.notifications.domain.told import places
from services.notifications.store import reminders, wordings
from services.notifications.store.documents import (
    BADGE_FILES,
    BADGES,
    CONTENTS,
    DELIVERIES,
    EDITIONS,
    PROGRAMMES,
    REGISTRATIONS,
    RELEASES,
    TOLD,
    Badges,
    Edition,
    File,
    Kept,
    Page,
    badge_id,
    content_document,
    correspondence,
    delivery_document,
    known_document,
    of_recipient,
    read_delivery,
    read_holder,
    read_known,
    reads,
    registrations_of,
    release_id,
    told_document,
    words_of,
)
from services.notifications.store.reminders import PEOPLE_INDEX, Reminders
from services.notifications.store.troubles import Troubles
from services.notifications.store.wordings import Wordings
from shared import store as shared
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Released
from shared.store import Document

__all__ = [
    "BADGES",
    "BADGE_FILES",
    "CONTENTS",
    "DELIVERIES",
    "EDITIONS",
    "PROGRAMMES",
    "REGISTRATIONS",
    "RELEASES",
    "TOLD",
    "Badges",
    "Edition",
    "File",
    "Kept",
    "Page",
    "Store",
    "badge_id",
    "content_document",
    "correspondence",
    "delivery_document",
    "known_document",
    "of_recipient",
    "read_delivery",
    "read_known",
    "reads",
    "registrations_of",
    "release_id",
    "told_document",
]


_TO_ONE = frozenset(Template) - TO_MANY
_HELD = {
    "state": State.UNKNOWN,
    "due": None,
    "$or": [{"reason": DATABASE_LOST}, {"doubts": {"$gte": DOUBTS}, "reason": {"$ne": STOPPED_BY_TEAM}}],
}
"""The same as `Delivery.held`."""


def _search(wanted: str) -> dict[str, Any]:
    """Every word begins one of the delivery's; a whole address is that address."""
    conditions: list[dict[str, Any]] = []
    for word in wanted.split()[:8]:
        if re.fullmatch(r"[^@]+@[^@]+\.[^@.]{2,}", word):
            conditions.append({"words": word.casefold()})
        else:
            conditions += [{"words": {"$regex": f"^{re.escape(part)}"}} for part in words_of(word)[:8]]
    if wanted.strip() and not conditions:
        return {"words": {"$in": []}}
    return {"$and": conditions} if conditions else {}


class Store(Wordings, Reminders, Troubles, shared.Store):
    """Notifications' own queries; writes go through `commit` like everywhere."""

    HELD = _HELD
    INDEXES: ClassVar[dict[str, list[IndexModel]]] = {
        # a decision about one registration's mail; the messages on a person's card
        DELIVERIES: [
            IndexModel([("registration", ASCENDING)]),
            # the mailer: what is due, oldest first, what goes to many after all else; what clocks have put off
            IndexModel([("template", ASCENDING), ("due", ASCENDING)]),
            # the mailer: what a dead process left behind; the list by state; the figures
            IndexModel([("state", ASCENDING), ("created", DESCENDING), ("_id", DESCENDING)]),
            # the list of all
            IndexModel([("created", DESCENDING), ("_id", DESCENDING)]),
            # a cancellation: who else uses this mailbox
            IndexModel([("recipient", ASCENDING)]),
            # search by recipient
            IndexModel([("words", ASCENDING), ("created", DESCENDING)]),
        ],
        # a decision about one registration's mail
        BADGES: [IndexModel([("registration", ASCENDING)])],
        # a lost link: every registration of an address
        REGISTRATIONS: [IndexModel([("email", ASCENDING)]), PEOPLE_INDEX],
        TOLD: [
            # a decision about one registration's mail
            IndexModel([("registration", ASCENDING)]),
            # a release: who was not compared with it yet
            IndexModel([("edition", ASCENDING), ("live", ASCENDING), ("reviewed", ASCENDING)]),
        ],
        # when and where the sessions of an edition were, release by release
        RELEASES: [IndexModel([("edition", ASCENDING)])],
        **wordings.INDEXES,
        **reminders.INDEXES,
    }

    async def editions(self, kept: Mapping[str, Edition]) -> dict[str, Edition]:
        """Every edition known, read again only where `kept` is no longer what is stored."""
        marks = await self._marks()
        return {
            id: kept[id] if id in kept and kept[id].mark == mark else await self._edition(id, mark, kept.get(id))
            for id, mark in marks.items()
        }

    async def _marks(self) -> dict[str, tuple[int, int, int]]:
        known = await self.database[EDITIONS].find({}, {"sequence": 1}).to_list(None)
        programmes = await self.database[PROGRAMMES].find({}, {"sequence": 1}).to_list(None)
        releases = Counter(
            one["edition"] for one in await self.database[RELEASES].find({}, {"edition": 1}).to_list(None)
        )
        sequences = {document["_id"]: document["sequence"] for document in programmes}
        return {
            document["_id"]: (document["sequence"], sequences.get(document["_id"], 0), releases[document["_id"]])
            for document in known
        }

    async def _edition(self, id: str, mark: tuple[int, int, int], kept: Edition | None) -> Edition:
        known: Any = await self.database[EDITIONS].find_one({"_id": id})
        programme: Any = await self.database[PROGRAMMES].find_one({"_id": id})
        released = Released.model_validate(programme["fact"]) if programme else None
        releases = {**kept.programme.releases} if kept else {}
        async for document in self.database[RELEASES].find({"edition": id, "release": {"$nin": [*releases]}}):
            releases[document["release"]] = places(Released.model_validate(document["fact"]))
        if released:
            releases[released.release] = places(released)
        return Edition(EditionChanged.model_validate(known["fact"]), released, mark, Programme(releases))

    async def release(self, edition: str, number: int) -> Released | None:
        """One release of an edition's programme as it was told."""
        document = await self.database[RELEASES].find_one({"_id": release_id(edition, number)})
        return Released.model_validate(document["fact"]) if document else None

    async def holders(self, edition: str) -> list[Holder]:
        """Everybody with a place in this edition."""
        cursor = self.database[TOLD].find({"edition": edition, "live": True}, sort=[("name", 1), ("_id", 1)])
        return [read_holder(document) for document in await cursor.to_list(None)]

    async def unreviewed(self, edition: str, newest: int, limit: int) -> list[tuple[Holder, Document]]:
        """Some of those who were not held against the newest release yet, each with their document."""
        cursor = self.database[TOLD].find({"edition": edition, "live": True, "reviewed": {"$lt": newest}})
        return [(read_holder(document), document) for document in await cursor.to_list(limit)]

    async def untold(self) -> list[tuple[str, str]]:
        """Registrations, with their editions, learnt by a version that did not keep what their holders were told."""
        told = {"from": TOLD, "localField": "_id", "foreignField": "registration", "as": "told"}
        found = self.database[REGISTRATIONS].aggregate(
            [{"$lookup": told}, {"$match": {"told": []}}, {"$project": {"edition": "$fact.edition"}}]
        )
        return [(document["_id"], document["edition"]) for document in await found.to_list(None)]

    async def mark_reviewed(self, documents: Sequence[Document], newest: int) -> None:
        """Nothing changed for these people. Somebody who was told something meanwhile is looked at again."""
        change = {"$set": {"reviewed": newest}, "$inc": {"rev": 1}}
        writes = [UpdateOne({"_id": one["_id"], "rev": one["rev"]}, change) for one in documents]
        if writes:
            await self.database[TOLD].bulk_write(writes, ordered=False)

    async def look_again(self, edition: str, seen: int) -> None:
        """Whoever chose their sessions on a page with this release is to be held against the newest one again."""
        change = {"$set": {"reviewed": 0}, "$inc": {"rev": 1}}
        await self.database[TOLD].update_many({"edition": edition, "live": True, "seen": seen}, change)

    async def due(self, now: datetime, releases: Mapping[str, int], limit: int) -> list[Delivery]:
        """The deliveries to try now, oldest first: those whose edition and release are known here.

        What is told to a thousand people at once comes after all that somebody waits for.
        """
        if not releases:
            return []
        sayable = [{"edition": edition, "release": {"$lte": release}} for edition, release in releases.items()]
        found: list[Document] = []
        for templates in (_TO_ONE, TO_MANY):
            if len(found) < limit:
                wanted = {"template": {"$in": [*templates]}, "due": {"$lte": now}, "$or": sayable}
                cursor = self.database[DELIVERIES].find(wanted, sort=[("due", 1)])
                found += await cursor.to_list(limit - len(found))
        return [read_delivery(document) for document in found]

    async def put_off_by_clocks(self, now: datetime, limit: int) -> list[Delivery]:
        """Deliveries that wait for a time set by a clock that was ahead of ours."""
        ahead = {"template": {"$in": [*Template]}, "due": {"$gt": now}, "changed": {"$gt": now + CLOCKS_DIFFER}}
        return [read_delivery(one) for one in await self.database[DELIVERIES].find(ahead).to_list(limit)]

    async def being_sent(self) -> list[Delivery]:
        """The deliveries that some process is sending, or was when it died."""
        cursor = self.database[DELIVERIES].find({"state": State.SENDING})
        return [read_delivery(document) for document in await cursor.to_list(None)]

    async def badges(self, wanted: Sequence[tuple[str, int]]) -> Badges:
        """These generations of these people's badges, with their PDF; those that are not here are left out."""
        ids = [badge_id(*one) for one in wanted]
        if not ids:
            return {}
        documents = await self.database[BADGES].find({"_id": {"$in": ids}}).to_list(None)
        files = await self.database[BADGE_FILES].find({"_id": {"$in": ids}}).to_list(None)
        pdfs = {file["_id"]: file["pdf"] for file in files}
        fields = ("registration", "edition", "generation", "code", "link")
        found = [Issued(**{name: one[name] for name in fields}, pdf=pdfs[one["_id"]]) for one in documents]
        return {(badge.registration, badge.generation): badge for badge in found}

    async def known(self, registration: str) -> Known | None:
        """What is known of one registration."""
        document = await self.database[REGISTRATIONS].find_one({"_id": registration})
        return read_known(document) if document else None

    async def delivery(self, id: str) -> Delivery | None:
        """One delivery."""
        document = await self.database[DELIVERIES].find_one({"_id": id})
        return read_delivery(document) if document else None

    async def content(self, id: str) -> Kept | None:
        """What a delivery said, once it has left."""
        document = await self.database[CONTENTS].find_one({"_id": id})
        if document is None:
            return None
        files = tuple(File(**file) for file in document["files"])
        return Kept(document["title"], document["text"], document["html"], files)

    async def of_person(self, registration: str) -> list[Delivery]:
        """The mails of one registration, oldest first."""
        cursor = self.database[DELIVERIES].find({"registration": registration}, sort=[("created", 1), ("_id", 1)])
        return [read_delivery(document) for document in await cursor.to_list(None)]

    async def lost_links(self, addresses: Iterable[str]) -> list[Delivery]:
        """The mails that give every link of these mailboxes, whoever asked for them."""
        wanted = {"words": {"$in": [*addresses]}, "template": Template.LOST_LINK}
        return [read_delivery(document) for document in await self.database[DELIVERIES].find(wanted).to_list(None)]

    async def page(
        self,
        *,
        recipient: str = "",
        state: State | None = None,
        template: Template | None = None,
        held: bool = False,
        after: tuple[datetime, str] | None = None,
        limit: int,
    ) -> Page:
        """A part of the list, newest first. `recipient` is the beginning of names, or an address."""
        wanted = [_search(recipient), _HELD if held else {"state": state} if state else {}]
        wanted.append({"template": template} if template else {})
        if after:
            created, id = after
            wanted.append({"$or": [{"created": {"$lt": created}}, {"created": created, "_id": {"$lt": id}}]})
        cursor = self.database[DELIVERIES].find({"$and": wanted}, sort=[("created", -1), ("_id", -1)])
        documents = await cursor.to_list(limit + 1)
        found = tuple(read_delivery(document) for document in documents[:limit])
        more = len(documents) > limit
        return Page(found, (found[-1].created, found[-1].id) if more else None)

    async def held(self) -> int:
        """How many deliveries wait for a person to decide."""
        return int(await self.database[DELIVERIES].count_documents(_HELD))

    async def counts(self) -> dict[State, int]:
        """How many deliveries stand in each state."""
        groups = self.database[DELIVERIES].aggregate([{"$group": {"_id": "$state", "count": {"$sum": 1}}}])
        found = {group["_id"]: group["count"] for group in await groups.to_list(None)}
        return {state: found.get(state, 0) for state in State}

    async def titles(self, ids: Sequence[str]) -> dict[str, str]:
        """The titles of those of these deliveries that have left."""
        found: Iterable[Document] = (
            await self.database[CONTENTS].find({"_id": {"$in": [*ids]}}, {"title": 1}).to_list(None)
        )
        return {document["_id"]: document["title"] for document in found}
